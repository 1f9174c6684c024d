/**
 * The AWS wire: EC2's Query API (of STS, GetCallerIdentity; the price list) as the real services speak it, over the world.
 * Source: EC2 API reference, version 2016-11-15. A request names its account by access key and its region by the scope of its
 * signature; there is nothing in its path.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digest, type Cloud } from '../../world/clouds.ts';
import type { FaultKind } from '../../world/faults.ts';
import type { Wire, WireKind, World } from '../../world/world.ts';
import { callerIdentity } from './account.ts';
import { actions } from './actions.ts';
import { createAuthenticator, rawQuery, scopeOf, type Scope, type Service } from './auth.ts';
import { Ec2Error } from './errors.ts';
import { checkFresh, withoutFresh } from './freshness.ts';
import { sweep } from './instance-life.ts';
import { PricingError, pricingOperations } from './pricing/operations.ts';
import { operationOf, pricingAnswer, pricingCode, pricingFailure, pricingFaults } from './pricing/service.ts';
import { parseQuery, type Params } from './query.ts';
import { defaultQuotas } from './quotas.ts';
import { createSite, type AwsSite } from './site.ts';
import { ec2Answer, ec2Failure, stsAnswer, stsFailure, type Members } from './xml.ts';

const version = '2016-11-15';

type Refusal = Exclude<FaultKind, 'hang' | 'drop'>;
const faults: Readonly<Record<Refusal, () => Ec2Error>> = {
  error: () => new Ec2Error('InternalError', 'An internal error has occurred'),
  capacity: () =>
    new Ec2Error(
      'InsufficientInstanceCapacity',
      'We currently do not have sufficient capacity in the Availability Zone you requested. Our system will be working on provisioning additional capacity.',
    ),
  quota: () =>
    new Ec2Error(
      'VcpuLimitExceeded',
      'You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that the specified instance type belongs to.',
    ),
  throttle: () => new Ec2Error('RequestLimitExceeded', 'Request limit exceeded.'),
  unavailable: () => new Ec2Error('Unavailable', 'The service is unavailable. Please try again shortly.'),
};

const serviceOf = (scope: Scope | undefined, params: Params | undefined): Service => {
  if (scope) return scope.service === 'sts' || scope.service === 'pricing' ? scope.service : 'ec2';
  return params?.text('Action') === 'GetCallerIdentity' ? 'sts' : 'ec2';
};

export function createAwsWire(world: World): Wire {
  /** By the cloud itself, so that one removed and added anew under its name begins empty. */
  const sites = new WeakMap<Cloud, Map<string, AwsSite>>();
  const authenticator = createAuthenticator(() => world.clouds('aws'), world.now);

  const sitesOf = (cloud: Cloud): Map<string, AwsSite> => {
    let regions = sites.get(cloud);
    if (!regions) {
      regions = new Map();
      sites.set(cloud, regions);
    }
    return regions;
  };

  const siteOf = (cloud: Cloud, region: string): AwsSite => {
    const regions = sitesOf(cloud);
    let site = regions.get(region);
    if (!site) {
      site = createSite(world, cloud, region);
      regions.set(region, site);
    }
    return site;
  };

  function send(
    response: ServerResponse,
    status: number,
    requestId: string,
    text: string,
    type = 'text/xml;charset=UTF-8',
  ): void {
    if (response.destroyed || response.headersSent) return;
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(text),
      'x-amzn-RequestId': requestId,
      // Clients set their clocks by it.
      Date: new Date(world.now()).toUTCString(),
      Server: 'AmazonEC2',
    });
    response.end(text);
  }

  /** What the action answers; undefined where a fault lets the client wait or cuts it off. */
  async function carryOut(
    cloud: Cloud,
    region: string,
    params: Params,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Members | undefined> {
    const action = params.text('Action') ?? '';
    const handler = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!handler)
      throw new Ec2Error('InvalidAction', `The action ${action} is not valid for this web service.`);
    const fault = await world.faults.before(cloud.name, action, action === 'RunInstances');
    if (fault === 'hang') {
      if (!response.destroyed && !request.socket.destroyed) await once(response, 'close');
      return undefined;
    }
    if (fault !== undefined && fault !== 'drop') throw faults[fault]();
    const site = siteOf(cloud, region);
    sweep(world, site);
    try {
      const call = { world, site, params, action };
      checkFresh(call);
      const members = withoutFresh(call, await handler(call));
      // What only reads has no step where a dry run could end: all of it would have succeeded.
      if (params.boolean('DryRun') === true)
        throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
      return fault === 'drop' ? undefined : members;
    } finally {
      if (fault === 'drop') request.socket.destroy();
    }
  }

  /** The price list is another protocol: JSON, and the operation in a header. */
  async function answerPricing(
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    scope: Scope,
  ): Promise<void> {
    const requestId = randomUUID();
    const print = (status: number, text: string) =>
      send(response, status, requestId, text, 'application/x-amz-json-1.1');
    try {
      const cloud = authenticator.check(request, body, scope, 'pricing');
      const target = request.headers['x-amz-target'];
      const operation = operationOf(typeof target === 'string' ? target : undefined);
      const fault = await world.faults.before(cloud.name, operation);
      if (fault === 'hang') {
        if (!response.destroyed && !request.socket.destroyed) await once(response, 'close');
      } else if (fault === 'drop') request.socket.destroy();
      else if (fault !== undefined) throw pricingFaults[fault]();
      else print(200, pricingAnswer(operation, body.toString()));
    } catch (error) {
      if (error instanceof PricingError) print(error.status, pricingFailure(error.code, error.message));
      else if (error instanceof Ec2Error) print(400, pricingFailure(pricingCode(error.code), error.message));
      else {
        world.onError(error);
        print(500, pricingFailure('InternalErrorException', 'An error on the server occurred.'));
      }
    }
  }

  async function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    let service: Service = 'ec2';
    try {
      const scope = scopeOf(request);
      if (scope?.service === 'pricing') return await answerPricing(request, body, response, scope);
      const form = request.method === 'POST' ? body.toString() : '';
      const params = parseQuery(rawQuery(request), form);
      service = serviceOf(scope, params);
      if (!scope) throw new Ec2Error('MissingAuthenticationToken', 'Request is missing Authentication Token');
      const cloud = authenticator.check(request, body, scope, service);
      const action = params.text('Action');
      if (action === undefined || action === '')
        throw new Ec2Error('MissingAction', 'The request must contain the parameter Action');
      if (service === 'sts') {
        if (action !== 'GetCallerIdentity')
          throw new Ec2Error('InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
        return send(response, 200, requestId, stsAnswer(action, requestId, callerIdentity(cloud)));
      }
      const members = await carryOut(cloud, scope.region, params, request, response);
      if (!members) return;
      const asked = params.text('Version') ?? version;
      send(
        response,
        200,
        requestId,
        ec2Answer(action, /^\d{4}-\d\d-\d\d$/.test(asked) ? asked : version, requestId, members),
      );
    } catch (error) {
      if (!(error instanceof Ec2Error)) world.onError(error);
      const known =
        error instanceof Ec2Error ? error : new Ec2Error('InternalError', 'An internal error has occurred');
      const print = service === 'sts' ? stsFailure : ec2Failure;
      send(response, known.status, requestId, print(known.code, known.message, requestId));
    }
  }

  return {
    kind: 'aws',
    matches(request) {
      const { authorization } = request.headers;
      if (authorization?.startsWith('AWS4-HMAC-SHA256')) return true;
      const url = request.url ?? '/';
      if (url !== '/' && !url.startsWith('/?')) return false;
      if (request.method === 'POST')
        return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
      return /[?&](?:Action|X-Amz-Credential)=/.test(url);
    },
    handle: answer,

    counts(cloud) {
      const sum = {
        vpcs: 0,
        subnets: 0,
        internetGateways: 0,
        routeTables: 0,
        securityGroups: 0,
        keyPairs: 0,
        instances: 0,
        addresses: 0,
      };
      let volumes = 0;
      let snapshots = 0;
      let images = 0;
      for (const site of sitesOf(cloud).values()) {
        sweep(world, site);
        for (const vpc of site.vpcs.values()) if (!vpc.isDefault) sum.vpcs++;
        for (const subnet of site.subnets.values()) if (!subnet.isDefault) sum.subnets++;
        for (const gateway of site.gateways.values()) if (!gateway.isDefault) sum.internetGateways++;
        for (const table of site.routeTables.values()) if (!table.isMain) sum.routeTables++;
        for (const group of site.groups.values()) if (!group.isDefault) sum.securityGroups++;
        sum.keyPairs += site.keyPairs.size;
        for (const { machine } of site.instances.values())
          if (machine.state !== 'terminated') sum.instances++;
        sum.addresses += site.addresses.size;
        for (const { attachments } of site.volumes.values())
          if (!attachments.some(one => one.deleteOnTermination)) volumes++;
        for (const { volumes: records, disks, machine } of site.instances.values())
          if (!records && machine.state !== 'terminated')
            volumes += disks.filter(disk => !disk.deleteOnTermination).length;
        snapshots += site.snapshots.size;
        images += site.ownImages.size;
      }
      // Volumes that go with their instance do not stand for themselves.
      return {
        ...sum,
        ...(volumes > 0 ? { volumes } : {}),
        ...(snapshots > 0 ? { snapshots } : {}),
        ...(images > 0 ? { images } : {}),
      };
    },

    reset(cloud) {
      for (const site of sitesOf(cloud).values()) {
        for (const { machine, address } of site.instances.values()) {
          const ip = address ? '' : machine.publicIp;
          world.machines.terminate(machine);
          world.machines.forget(machine);
          if (ip !== '') world.addresses.release(ip);
        }
        for (const address of site.addresses.values()) world.addresses.release(address.ip);
        for (const { captured } of site.ownImages.values()) world.machines.discard(captured);
      }
      sites.delete(cloud);
    },

    env: (cloud, base) => ({
      // Read by awscli 2.13 and later, and by the SDKs; older ones (Debian's 2.9) take --endpoint-url.
      AWS_ENDPOINT_URL: base,
      AWS_ACCESS_KEY_ID: cloud.credentials['accessKeyId'] ?? '',
      AWS_SECRET_ACCESS_KEY: cloud.credentials['secretAccessKey'] ?? '',
      AWS_DEFAULT_REGION: cloud.regions[0] ?? '',
      AWS_REGION: cloud.regions[0] ?? '',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
    }),

    connection: (cloud, region, base) => ({
      credential: {
        accessKeyId: cloud.credentials['accessKeyId'] ?? '',
        secretAccessKey: cloud.credentials['secretAccessKey'] ?? '',
      },
      region: { region, endpoint: base },
    }),
  };
}

export const aws: WireKind = {
  kind: 'aws',
  place: 'EC2 (and STS, the price list) answers at /',
  regions: ['ap-northeast-2', 'us-east-1', 'us-west-2', 'eu-west-1'],
  credentials: name => ({
    accessKeyId: `AKIA${digest(`${name}/id`).toString('hex').toUpperCase().slice(0, 16)}`,
    secretAccessKey: digest(`${name}/secret`).toString('base64url').slice(0, 40),
    accountId: (digest(`${name}/account`).readUIntBE(0, 6) % 1e12).toString().padStart(12, '0'),
  }),
  quotas: defaultQuotas,
  operations: [...Object.keys(actions), ...Object.keys(pricingOperations)],
  recordedError: ({ cause, message }) => new Ec2Error(cause, message),
  open: createAwsWire,
};
