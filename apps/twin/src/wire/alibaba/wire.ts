/**
 * The Alibaba Cloud wire: the RPC APIs of ECS (2014-05-26), VPC (2016-04-28) and, of STS (2015-04-01), GetCallerIdentity. Each product
 * has an endpoint of its own; here they are /alibaba/<cloud>/ecs, …/vpc and …/sts. A call's region is its RegionId; calls that
 * name only an id find it wherever it is, as ids differ between regions.
 * Sources: ECS, VPC and STS API references; "Request structure and signature".
 */
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digest, type Cloud } from '../../world/clouds.ts';
import type { FaultKind } from '../../world/faults.ts';
import type { Wire, WireKind, World } from '../../world/world.ts';
import { operations, tables, versions, type Service } from './actions.ts';
import { createAuthenticator } from './auth.ts';
import type { Action, Answer, Call } from './call.ts';
import { AliError, missing } from './errors.ts';
import { sweep } from './instance-life.ts';
import { createParams, type Params } from './params.ts';
import { defaultQuotas } from './quotas.ts';
import { regionsOf, usualRegions, zonesOf } from './region-catalogue.ts';
import { describeRegions } from './regions.ts';
import { createSite, type AliSite } from './site.ts';
import { document } from './xml.ts';

type Refusal = Exclude<FaultKind, 'hang' | 'drop'>;
const faults: Readonly<Record<Refusal, () => AliError>> = {
  error: () =>
    new AliError('InternalError', 'The request processing has failed due to some unknown error.', 500),
  capacity: () =>
    new AliError(
      'OperationDenied.NoStock',
      'The requested resource is sold out in the specified zone; try other types of resources or other regions and zones.',
      403,
    ),
  quota: () =>
    new AliError(
      'QuotaExceed.ElasticQuota',
      'The number of the specified ECS instances has exceeded the quota of the specified instance type.',
      403,
    ),
  throttle: () => new AliError('Throttling.User', 'Request was denied due to user flow control.'),
  unavailable: () =>
    new AliError(
      'ServiceUnavailable',
      'The request has failed due to a temporary failure of the server.',
      503,
    ),
};

const place = /^\/alibaba\/([a-z][a-z0-9-]{0,62})\/(ecs|vpc|sts)\/?(?:\?|$)/;

/** Name and value of each pair; the last of a name counts. */
function readForm(text: string): Map<string, string> {
  return new Map(new URLSearchParams(text));
}

export function createAlibabaWire(world: World): Wire {
  /** By the cloud itself, so that one removed and added anew under its name begins empty. */
  const sites = new WeakMap<Cloud, Map<string, AliSite>>();
  const authenticator = createAuthenticator(world.now);

  const sitesOf = (cloud: Cloud): Map<string, AliSite> => {
    let regions = sites.get(cloud);
    if (!regions) {
      regions = new Map();
      sites.set(cloud, regions);
    }
    return regions;
  };

  function siteOf(cloud: Cloud, region: string): AliSite {
    if (!regionsOf(cloud).includes(region))
      throw new AliError('InvalidRegionId.NotFound', 'The specified RegionId does not exist.', 404);
    const regions = sitesOf(cloud);
    let site = regions.get(region);
    if (!site) {
      site = createSite(world, cloud, region);
      regions.set(region, site);
    }
    return site;
  }

  const callOf = (cloud: Cloud, params: Params): Call => ({
    world,
    params,
    get site() {
      return siteOf(cloud, params.required('RegionId'));
    },
    get sites() {
      const region = params.text('RegionId');
      return region === undefined ? [...sitesOf(cloud).values()] : [siteOf(cloud, region)];
    },
  });

  function handlerOf(cloud: Cloud, service: Service, action: string): Action {
    if (service === 'sts') {
      if (action === 'GetCallerIdentity') return () => identity(cloud);
    } else {
      if (action === 'DescribeRegions') return call => describeRegions(service)(call, regionsOf(cloud));
      const table = tables[service];
      const handler = Object.hasOwn(table, action) ? table[action] : undefined;
      if (handler) return handler;
    }
    throw new AliError(
      'InvalidAction.NotFound',
      'Specified api is not found, please check your url and method.',
      404,
    );
  }

  /** What the action answers; undefined where a fault lets the client wait or cuts it off. */
  async function carryOut(
    cloud: Cloud,
    service: Service,
    action: string,
    params: Params,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Answer | undefined> {
    const handler = handlerOf(cloud, service, action);
    const fault = await world.faults.before(
      cloud.name,
      action,
      action === 'RunInstances' || action === 'CreateInstance',
    );
    if (fault === 'hang') {
      if (!response.destroyed && !request.socket.destroyed) await once(response, 'close');
      return undefined;
    }
    if (fault !== undefined && fault !== 'drop') throw faults[fault]();
    for (const site of sitesOf(cloud).values()) sweep(world, site);
    try {
      const answer = await handler(callOf(cloud, params));
      return fault === 'drop' ? undefined : answer;
    } finally {
      if (fault === 'drop') request.socket.destroy();
    }
  }

  function send(
    response: ServerResponse,
    status: number,
    requestId: string,
    root: string,
    xml: boolean,
    value: Answer,
  ): void {
    if (response.destroyed || response.headersSent) return;
    const text = xml ? document(root, value) : JSON.stringify(value);
    response.writeHead(status, {
      'Content-Type': xml ? 'text/xml;charset=utf-8' : 'application/json;charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
      'x-acs-request-id': requestId,
      Date: new Date(world.now()).toUTCString(),
    });
    response.end(text);
  }

  async function handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const requestId = randomUUID().toUpperCase();
    const url = request.url ?? '/';
    const [, name = '', product = 'ecs'] = place.exec(url) ?? [];
    const service = product as Service;
    let xml = false;
    let host = `${service}.aliyuncs.com`;
    try {
      const cut = url.indexOf('?');
      const path = cut < 0 ? url : url.slice(0, cut);
      const query = readForm(cut < 0 ? '' : url.slice(cut + 1));
      const isForm =
        request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
      const form = isForm ? readForm(body.toString()) : new Map<string, string>();
      const pairs = new Map([...query, ...form]);
      const v3 = request.headers.authorization !== undefined;
      xml = (pairs.get('Format') ?? (v3 ? 'JSON' : 'XML')).toUpperCase() === 'XML';
      const region = pairs.get('RegionId');
      if (region !== undefined && /^[a-z0-9-]{1,40}$/.test(region))
        host = `${service}.${region}.aliyuncs.com`;
      if (request.method !== 'GET' && request.method !== 'POST')
        throw new AliError('UnsupportedHTTPMethod', 'This http method is not supported.');
      const cloud = world.clouds('alibaba').find(each => each.name === name);
      if (!cloud)
        throw new AliError('InvalidAccessKeyId.NotFound', 'Specified access key is not found.', 404);
      const header = (field: string): string => {
        const value = request.headers[field];
        return typeof value === 'string' ? value : '';
      };
      const action = (v3 ? header('x-acs-action') : pairs.get('Action')) ?? '';
      if (action === '') throw missing(v3 ? 'x-acs-action' : 'Action');
      const version = (v3 ? header('x-acs-version') : pairs.get('Version')) ?? '';
      if (version === '') throw missing(v3 ? 'x-acs-version' : 'Version');
      authenticator.check({ request, cloud, paths: [path, '/'], query, form, body });
      if (version !== versions[service])
        throw new AliError('InvalidVersion', 'Specified parameter Version is not valid.');
      const answer = await carryOut(cloud, service, action, createParams(pairs), request, response);
      if (answer)
        send(response, 200, requestId, `${action}Response`, xml, { RequestId: requestId, ...answer });
    } catch (error) {
      if (!(error instanceof AliError)) world.onError(error);
      const known = error instanceof AliError ? error : faults.error();
      send(response, known.status, requestId, 'Error', xml, {
        RequestId: requestId,
        HostId: host,
        Code: known.code,
        Message: known.message,
        Recommend: `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(known.code)}&product=${service === 'ecs' ? 'Ecs' : service === 'vpc' ? 'Vpc' : 'Sts'}&requestId=${requestId}`,
      });
    }
  }

  return {
    kind: 'alibaba',
    matches: request => place.test(request.url ?? ''),
    handle,

    counts(cloud) {
      const sum = {
        vpcs: 0,
        vSwitches: 0,
        securityGroups: 0,
        keyPairs: 0,
        instances: 0,
        eips: 0,
        disks: 0,
        snapshots: 0,
        images: 0,
      };
      for (const site of sitesOf(cloud).values()) {
        sweep(world, site);
        sum.vpcs += site.vpcs.size;
        sum.vSwitches += site.vSwitches.size;
        sum.securityGroups += site.groups.size;
        sum.keyPairs += site.keyPairs.size;
        sum.instances += site.instances.size;
        sum.eips += site.eips.size;
        // An instance's own system disk is part of it.
        for (const { type, instance } of site.disks.values()) if (type === 'data' || !instance) sum.disks++;
        sum.snapshots += site.snapshots.size;
        sum.images += site.images.size;
      }
      return sum;
    },

    reset(cloud) {
      for (const site of sitesOf(cloud).values()) {
        for (const { machine, eip } of site.instances.values()) {
          const ip = eip ? '' : machine.publicIp;
          world.machines.terminate(machine);
          world.machines.forget(machine);
          if (ip !== '') world.addresses.release(ip);
        }
        for (const eip of site.eips.values()) world.addresses.release(eip.ip);
        for (const { capture } of site.snapshots.values())
          if (capture !== undefined) world.machines.discard(capture);
      }
      sites.delete(cloud);
    },

    env: cloud => ({
      // The vendor's CLI takes its endpoint by --endpoint, a call at a time.
      ALIBABA_CLOUD_ACCESS_KEY_ID: cloud.credentials['accessKeyId'] ?? '',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: cloud.credentials['accessKeySecret'] ?? '',
      ALIBABA_CLOUD_REGION_ID: cloud.regions[0] ?? '',
    }),

    connection: (cloud, region, base) => ({
      credential: {
        accessKeyId: cloud.credentials['accessKeyId'] ?? '',
        accessKeySecret: cloud.credentials['accessKeySecret'] ?? '',
      },
      region: { region, zone: zonesOf(region)[0] ?? '', endpoint: `${base}/alibaba/${cloud.name}` },
    }),
  };
}

/** STS: each account has one RAM user, named as its cloud. */
function identity(cloud: Cloud): Answer {
  const account = cloud.credentials['accountId'] ?? '';
  const user = digest(`${cloud.name}/user`).readUIntBE(0, 6).toString().padStart(18, '2').slice(0, 18);
  return {
    IdentityType: 'RAMUser',
    AccountId: account,
    UserId: user,
    PrincipalId: user,
    Arn: `acs:ram::${account}:user/${cloud.name}`,
  };
}

export const alibaba: WireKind = {
  kind: 'alibaba',
  place: 'Alibaba Cloud answers at /alibaba/<cloud>/ecs, /vpc and /sts',
  regions: usualRegions,
  credentials: name => ({
    accessKeyId: `LTAI5t${digest(`${name}/alibaba-id`)
      .toString('base64url')
      .replaceAll(/[^A-Za-z0-9]/g, '')
      .slice(0, 18)}`,
    accessKeySecret: digest(`${name}/alibaba-secret`)
      .toString('base64url')
      .replaceAll(/[^A-Za-z0-9]/g, 'x')
      .slice(0, 30),
    accountId: `1${(digest(`${name}/alibaba-account`).readUIntBE(0, 6) % 1e15).toString().padStart(15, '0')}`,
  }),
  quotas: defaultQuotas,
  operations,
  recordedError: ({ cause, message, status }) => new AliError(cause, message, status),
  open: createAlibabaWire,
};
