/**
 * Azure at its own wire: Resource Manager below /azure/<cloud>/arm and the identity platform's tokens below
 * /azure/<cloud>/login. From here a request goes to the table of routes.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digest, type Cloud } from '../../world/clouds.ts';
import type { Wire, WireKind, World } from '../../world/world.ts';
import { createAccount, stableGuid, type Account } from './account.ts';
import { checkVersion } from './api-versions.ts';
import type { Call, Reply } from './call.ts';
import { customImageRoutes } from './compute/custom-images.ts';
import { diskRoutes } from './compute/disks.ts';
import { galleryRoutes } from './compute/galleries.ts';
import { images } from './compute/image-catalogue.ts';
import { imageRoutes } from './compute/images.ts';
import { sizeRoutes } from './compute/size-routes.ts';
import { sizes } from './compute/sizes.ts';
import { snapshotRoutes } from './compute/snapshots.ts';
import { sshKeyRoutes } from './compute/ssh-keys.ts';
import { vmRoutes } from './compute/vm-routes.ts';
import { ArmError, groupNotFound } from './errors.ts';
import { faultError } from './faults.ts';
import { checkToken, login } from './login/tokens.ts';
import { interfaceRoutes } from './network/interfaces.ts';
import { publicIpRoutes } from './network/public-ips.ts';
import { usages } from './network/quota.ts';
import { securityGroupRoutes } from './network/security-groups.ts';
import { subnetRoutes } from './network/subnets.ts';
import { vnetRoutes } from './network/virtual-networks.ts';
import { operationRoutes } from './operations.ts';
import { defaultQuotas } from './quotas.ts';
import { prices } from './prices/prices.ts';
import { resourceTypes } from './records.ts';
import { dropGroup, groupRoutes, noSuchType } from './resources/groups.ts';
import { subscriptionRoutes } from './resources/subscriptions.ts';
import { tagRoutes } from './resources/tags.ts';
import { createRouter, route } from './router.ts';

const prefix = '/azure/';

export interface AzureWire extends Wire {
  /** Ends all of the cloud's tokens at once. */
  expireTokens(cloud: Cloud): void;
}

const routes = [
  ...subscriptionRoutes,
  ...groupRoutes,
  ...operationRoutes,
  ...tagRoutes,
  ...vnetRoutes,
  ...subnetRoutes,
  ...securityGroupRoutes,
  ...publicIpRoutes,
  ...interfaceRoutes,
  route('Usages_List', 'GET /subscriptions/{}/providers/Microsoft.Network/locations/{}/usages', usages),
  ...vmRoutes,
  ...diskRoutes,
  ...snapshotRoutes,
  ...customImageRoutes,
  ...galleryRoutes,
  ...sshKeyRoutes,
  ...sizeRoutes,
  ...imageRoutes,
];
const router = createRouter(routes);
const priceOperation = 'RetailPrices_List';

/** The provider and type that a path is about, e.g. Microsoft.Compute and virtualMachines. */
function providerOf(segments: readonly string[]): { namespace: string; type: string } | undefined {
  // The last one: a tag's path goes through the resource's.
  const at = segments.findLastIndex((segment, index) => index >= 2 && segment.toLowerCase() === 'providers');
  const [namespace, type] = [segments[at + 1], segments[at + 2]];
  return at < 0 || namespace === undefined || type === undefined ? undefined : { namespace, type };
}

function send(
  response: ServerResponse,
  method: string,
  { status, body, headers }: Reply,
  own: Record<string, string>,
): void {
  const payload = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'cache-control': 'no-cache',
    ...own,
    ...headers,
    ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
    ...(status !== 204 && { 'content-length': Buffer.byteLength(payload) }),
  });
  if (method === 'HEAD' || status === 204) response.end();
  else response.end(payload);
}

export function createAzureWire(world: World): AzureWire {
  const accounts = new WeakMap<Cloud, Account>();
  const accountOf = (cloud: Cloud): Account => {
    let account = accounts.get(cloud);
    if (!account) {
      account = createAccount(cloud);
      accounts.set(cloud, account);
    }
    return account;
  };

  async function arm(
    bare: Call,
    segments: readonly string[],
    root: string,
  ): Promise<Reply | 'hang' | 'drop'> {
    const { account, method, headers } = bare;
    checkToken(world, account, headers.authorization, root);
    const provider = providerOf(segments);
    const apiVersion = checkVersion(bare.query.get('api-version'), provider, account.cloud.regions);
    const [first, subscription, third, group] = segments;
    if (first?.toLowerCase() === 'subscriptions' && subscription !== undefined) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(subscription))
        throw new ArmError(
          400,
          'InvalidSubscriptionId',
          `The provided subscription identifier '${subscription}' is malformed or invalid.`,
        );
      if (subscription.toLowerCase() !== account.subscriptionId.toLowerCase())
        throw new ArmError(
          404,
          'SubscriptionNotFound',
          `The subscription '${subscription}' could not be found.`,
        );
    }
    const match = router.find(method, segments);
    if (!match) {
      if (
        third?.toLowerCase() === 'resourcegroups' &&
        group !== undefined &&
        !account.groups.has(group.toLowerCase())
      )
        throw groupNotFound(group);
      if (provider) throw noSuchType(provider.namespace, provider.type, apiVersion);
      throw new ArmError(404, 'NotFound', `The resource '${bare.path}' was not found.`);
    }
    if (!match.route)
      throw new ArmError(
        405,
        'HttpMethodNotSupported',
        `The HTTP method '${method}' is not supported at scope '${bare.path}'.`,
        {
          headers: { allow: match.methods.join(', ') },
        },
      );
    const { operation, createsVm, handler } = match.route;
    const fault = await world.faults.before(account.cloud.name, operation, createsVm);
    if (fault === 'hang') return 'hang';
    const late = createsVm && (fault === 'error' || fault === 'capacity') ? fault : undefined;
    if (fault !== undefined && fault !== 'drop' && late === undefined)
      throw faultError(fault, { subscription: account.subscriptionId, operation });
    const reply = await handler({ ...bare, params: match.params, apiVersion, late });
    return fault === 'drop' ? 'drop' : reply;
  }

  /** prices.azure.com, which asks nobody who they are. */
  async function priceList(call: Call): Promise<Reply | 'hang' | 'drop'> {
    const { account, method, query, root, path } = call;
    if (method !== 'GET')
      throw new ArmError(405, 'MethodNotAllowed', `The price list takes GET, not ${method}.`, {
        headers: { allow: 'GET' },
      });
    const fault = await world.faults.before(account.cloud.name, priceOperation, false);
    if (fault === 'hang' || fault === 'drop') return fault;
    if (fault !== undefined)
      throw faultError(fault, { subscription: account.subscriptionId, operation: priceOperation });
    return prices(account.cloud.regions, query, `${root}${path}`);
  }

  async function handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const requestId = randomUUID();
    const correlation = headers['x-ms-correlation-request-id'];
    const own: Record<string, string> = {
      'x-ms-request-id': requestId,
      'x-ms-correlation-request-id':
        typeof correlation === 'string' && /^[\w-]{1,64}$/.test(correlation) ? correlation : requestId,
      'x-content-type-options': 'nosniff',
    };
    const client = headers['x-ms-client-request-id'];
    if (
      typeof client === 'string' &&
      headers['x-ms-return-client-request-id'] === 'true' &&
      /^[\w-]{1,64}$/.test(client)
    )
      own['x-ms-client-request-id'] = client;
    let reply: Reply;
    try {
      let parts: string[];
      try {
        parts = path.slice(prefix.length).split('/').filter(Boolean).map(decodeURIComponent);
      } catch {
        throw new ArmError(400, 'BadRequest', 'The request path is not well encoded.');
      }
      const [name, area, ...segments] = parts;
      const cloud = world.clouds('azure').find(each => each.name === name);
      if (!cloud) {
        const known = world
          .clouds('azure')
          .map(each => each.name)
          .join(', ');
        throw new ArmError(
          404,
          'NotFound',
          `The Twin has no Azure cloud of this name; it has: ${known || 'none'}.`,
        );
      }
      const account = accountOf(cloud);
      const root = `http://${headers.host ?? '127.0.0.1'}${prefix}${cloud.name}`;
      if (area === 'login') {
        const answer = login({ world, account, method, segments, headers, raw: body, root });
        if (!answer) throw new ArmError(404, 'NotFound', `The identity platform has no ${path}.`);
        reply = answer;
      } else if (area === 'arm') {
        own[
          `x-ms-ratelimit-remaining-subscription-${method === 'GET' || method === 'HEAD' ? 'reads' : method === 'DELETE' ? 'deletes' : 'writes'}`
        ] = '11999';
        const query = new Map(
          [...new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))].map(([key, value]) => [
            key.toLowerCase(),
            value,
          ]),
        );
        const armRoot = `${root}/arm`;
        const call: Call = {
          world,
          account,
          method,
          params: [],
          query,
          headers,
          raw: body,
          root: armRoot,
          path: path.slice(`${prefix}${name}/arm`.length),
          apiVersion: '',
          late: undefined,
        };
        const place = segments.join('/').toLowerCase();
        const answer =
          place === 'metadata/endpoints'
            ? metadata(root)
            : place === 'api/retail/prices'
              ? await priceList(call)
              : await arm(call, segments, root);
        if (answer === 'hang') return;
        if (answer === 'drop') {
          request.socket.destroy();
          return;
        }
        reply = answer;
      } else
        throw new ArmError(
          404,
          'NotFound',
          'Resource Manager answers below /arm, the identity platform below /login.',
        );
    } catch (error) {
      const known =
        error instanceof ArmError
          ? error
          : new ArmError(500, 'InternalServerError', 'The server encountered an internal error.');
      if (!(error instanceof ArmError)) world.onError(error);
      reply = {
        status: known.status,
        headers: known.headers,
        body: known.body,
      };
    }
    if (!response.destroyed) send(response, method, reply, own);
  }

  return {
    kind: 'azure',
    matches: request => request.url?.startsWith(prefix) === true,
    handle,
    counts(cloud) {
      const account = accountOf(cloud);
      const counts: Record<string, number> = { resourceGroups: account.groups.size };
      for (const type of resourceTypes) {
        counts[type] = 0;
        if (type === 'virtualNetworks') counts['subnets'] = 0;
      }
      for (const { resources } of account.groups.values()) {
        for (const type of resourceTypes) counts[type] = (counts[type] ?? 0) + resources[type].size;
        for (const vnet of resources.virtualNetworks.values())
          counts['subnets'] = (counts['subnets'] ?? 0) + vnet.subnets.size;
      }
      return counts;
    },
    reset(cloud) {
      const account = accountOf(cloud);
      for (const vm of account.vms.values()) if (vm.machine) world.machines.terminate(vm.machine);
      for (const group of account.groups.values()) dropGroup(world, group);
      accounts.delete(cloud);
    },
    expireTokens(cloud) {
      const account = accountOf(cloud);
      account.seen.clear();
      account.signingKey = digest(`${cloud.name}/signing-key/${randomUUID()}`);
    },
    env(cloud, base) {
      const { tenantId, clientId, clientSecret, subscriptionId } = accountOf(cloud);
      const root = `${base}${prefix}${cloud.name}`;
      return {
        AZURE_TENANT_ID: tenantId,
        AZURE_CLIENT_ID: clientId,
        AZURE_CLIENT_SECRET: clientSecret,
        AZURE_SUBSCRIPTION_ID: subscriptionId,
        AZURE_AUTHORITY_HOST: `${root}/login`,
        // For `az rest --url "$AZURE_RESOURCE_MANAGER/subscriptions/…" --skip-authorization-header --headers "Authorization=Bearer …"`.
        AZURE_RESOURCE_MANAGER: `${root}/arm`,
      };
    },
    connection(cloud, region, base) {
      const { tenantId, clientId, clientSecret, subscriptionId } = accountOf(cloud);
      const root = `${base}${prefix}${cloud.name}`;
      return {
        credential: { tenantId, clientId, clientSecret, subscriptionId },
        region: { region, endpoint: `${root}/arm`, authority: `${root}/login` },
      };
    },
  };
}

/** How clients that know a cloud by its ARM address find the rest. Source: Azure Stack, "Connect to ARM endpoints": /metadata/endpoints. */
const metadata = (root: string): Reply => ({
  status: 200,
  body: {
    name: 'CloudTwin',
    resourceManager: `${root}/arm`,
    authentication: {
      loginEndpoint: `${root}/login`,
      audiences: [`${root}/arm`, 'https://management.azure.com'],
      tenant: 'common',
    },
    suffixes: {},
  },
});

export const azure: WireKind = {
  kind: 'azure',
  place:
    'Azure Resource Manager at /azure/<cloud>/arm (the retail prices below it), its login at /azure/<cloud>/login',
  regions: ['koreacentral', 'eastus', 'westeurope', 'japaneast'],
  credentials: name => ({
    tenantId: stableGuid(`${name}/tenant`),
    clientId: stableGuid(`${name}/client`),
    clientSecret: digest(`${name}/client-secret`).toString('base64url').slice(0, 40),
    subscriptionId: stableGuid(`${name}/subscription`),
  }),
  quotas: {
    ...defaultQuotas,
    // How many marketplace images a location lists, up to 20,000.
    images: images.length,
    ...Object.fromEntries(sizes.map(({ family }) => [family, defaultQuotas.familyCores])),
  },
  operations: [...new Set([...routes.map(({ operation }) => operation), priceOperation])],
  recordedError: ({ cause, message, status }) => new ArmError(status, cause, message),
  open: createAzureWire,
};
