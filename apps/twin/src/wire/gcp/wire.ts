/**
 * Google Compute Engine v1 at its own wire: the token endpoint at /gcp/<cloud>/token and the API below
 * /gcp/<cloud>/compute/v1. From here a request goes to its method in the table (methods.ts). Source: Compute Engine API reference, REST v1.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digest, type Cloud } from '../../world/clouds.ts';
import type { Wire, WireKind, World } from '../../world/world.ts';
import { createAccount, type Account } from './account.ts';
import {
  authorize,
  billingFault,
  billingOperations,
  billingRoute,
  listServices,
  listSkus,
  type BillingOperation,
} from './billing.ts';
import { parseBody, type Json } from './body.ts';
import type { Call } from './call.ts';
import { countAll } from './counts.ts';
import {
  badToken,
  errorBody,
  forbidden,
  GcpError,
  invalid,
  loginRequired,
  narrowScope,
  notFound,
} from './errors.ts';
import { faultError } from './faults.ts';
import { select } from './fields.ts';
import { isImageProject } from './images.ts';
import { keyPairOf } from './key.ts';
import { routes } from './methods.ts';
import { operationView, repeated, sweep } from './operations.ts';
import { defaultQuotas } from './quotas.ts';
import { usualRegions, zonesOf } from './regions.ts';
import { createRouter, type Route } from './router.ts';
import { grantToken, type Token } from './token.ts';

const prefix = '/gcp/';
const find = createRouter(routes);
/** Where Google's token endpoint is and was. */
const tokenPaths = new Set(['token', 'o/oauth2/token', 'oauth2/v4/token']);
/** What has a VM to find a host for, and so may find none. */
const boots = new Set(['instances.insert', 'instances.start', 'instances.resume']);

interface Answer {
  status: number;
  body: Json | undefined;
  headers?: Record<string, string>;
}

/** No such method: the front end's page. */
const noSuchPage =
  '<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> <ins>That’s an error.</ins>\n<p>The requested URL was not found on this server. <ins>That’s all we know.</ins>\n';

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.destroyed || response.headersSent) return;
  const text = body === undefined ? noSuchPage : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': body === undefined ? 'text/html; charset=UTF-8' : 'application/json; charset=UTF-8',
    'cache-control': 'private',
    vary: 'Origin, X-Origin, Referer',
    ...headers,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function permissionOf(operation: string): string {
  const [noun = '', verb = ''] = operation.split('.');
  const words: Record<string, string> = { aggregatedList: 'list', insert: 'create', getFromFamily: 'get' };
  return `compute.${noun}.${words[verb] ?? verb}`;
}

/** Undefined without one; "" is a header of another kind. */
function bearerOf(request: IncomingMessage, query: URLSearchParams): string | undefined {
  const given = request.headers.authorization;
  if (given === undefined) return query.get('access_token') ?? undefined;
  return /^Bearer +(\S+)$/i.exec(given)?.[1] ?? '';
}

function authenticate(
  world: World,
  account: Account,
  request: IncomingMessage,
  query: URLSearchParams,
): Token {
  const bearer = bearerOf(request, query);
  if (bearer === undefined) throw loginRequired();
  const token = account.tokens.get(bearer);
  if (!token || token.expiresAt <= world.now()) throw badToken();
  return token;
}

/** What `fields` asks for. */
function inPart(view: Json, query: URLSearchParams): Json {
  const fields = query.get('fields');
  return fields === null || fields === '' ? view : (select(view, fields) as Json);
}

export function createGcpWire(world: World): Wire {
  const accounts = new WeakMap<Cloud, Account>();
  const accountOf = (cloud: Cloud): Account => {
    let account = accounts.get(cloud);
    if (!account) accounts.set(cloud, (account = createAccount(world, cloud)));
    return account;
  };

  async function token(account: Account, request: IncomingMessage, body: Buffer, uri: string) {
    if (request.method !== 'POST') return { status: 404, body: undefined };
    const fault = await world.faults.before(account.cloud.name, 'token');
    if (fault === 'hang' || fault === 'drop') return fault;
    if (fault !== undefined) {
      const { status, message } = faultError(fault);
      return { status, body: { error: 'internal_failure', error_description: message } };
    }
    const json = request.headers['content-type']?.startsWith('application/json') === true;
    const entries = json
      ? Object.entries(parseBody(body)).map(([key, value]): [string, string] => [key, String(value)])
      : [...new URLSearchParams(body.toString())];
    return grantToken(world, account, new URLSearchParams(entries), uri);
  }

  /** What the method answers; a fault's word where the client is left waiting or cut off. */
  async function perform(route: Route, call: Call, read: () => Json): Promise<Answer | 'hang' | 'drop'> {
    const fault = await world.faults.before(call.account.cloud.name, route.operation, route.createsVm);
    if (fault === 'hang') return fault;
    const late =
      (fault === 'capacity' && boots.has(route.operation)) || (fault === 'error' && route.createsVm)
        ? fault
        : undefined;
    if (fault !== undefined && fault !== 'drop' && !late) throw faultError(fault);
    sweep(world, call.account);
    const earlier = route.reads ? undefined : repeated(call);
    let json: Json | undefined;
    const full: Call = {
      ...call,
      late,
      // Methods without a body take no notice of one, whatever it is.
      get body() {
        return (json ??= read());
      },
    };
    const result = earlier ?? (await route.handler(full));
    if (fault === 'drop') return fault;
    const view =
      'view' in result ? result.view : 'list' in result ? result.list : operationView(full, result);
    return { status: 200, body: inPart(view, call.query) };
  }

  async function api(
    account: Account,
    request: IncomingMessage,
    parts: readonly string[],
    query: URLSearchParams,
    body: Buffer,
    root: string,
  ): Promise<Answer | 'hang' | 'drop'> {
    const [, version = '', word, project = '', ...rest] = parts;
    if (!/^(v1|beta)$/.test(version) || word !== 'projects' || project === '')
      return { status: 404, body: undefined };
    const match = find(request.method ?? 'GET', rest);
    const route = match?.route;
    if (!match || !route) return { status: 404, body: undefined };
    const { access } = authenticate(world, account, request, query);
    if (access === 'none' || (access === 'read' && !route.reads)) throw narrowScope();
    const mine = project === account.projectId || project === account.projectNumber;
    const isPublic = route.operation.startsWith('images.') && route.reads && isImageProject(project);
    if (!mine && !isPublic) throw forbidden(permissionOf(route.operation), `projects/${project}`);
    const { zone, region, name } = match;
    if (zone !== '' && !account.zones.includes(zone)) throw invalid('zone', zone, 'Unknown zone.');
    if (region !== '' && !account.regions.includes(region))
      throw invalid('region', region, 'Unknown region.');
    const call: Call = {
      world,
      account,
      project: mine ? account.projectId : project,
      base: `${root}/compute/${version}`,
      zone,
      region,
      name,
      body: {},
      query,
      late: undefined,
    };
    return perform(route, call, () => parseBody(body));
  }

  async function billing(
    account: Account,
    request: IncomingMessage,
    { operation, service }: { operation: BillingOperation; service: string },
    query: URLSearchParams,
  ): Promise<Answer | 'hang' | 'drop'> {
    if (request.method !== 'GET') return { status: 404, body: undefined };
    const header = request.headers['x-goog-api-key'];
    const key = query.get('key') ?? (typeof header === 'string' ? header : undefined);
    authorize(world, account, bearerOf(request, query), key);
    const fault = await world.faults.before(account.cloud.name, operation);
    if (fault === 'hang' || fault === 'drop') return fault;
    if (fault !== undefined) throw billingFault(fault);
    const view = operation === 'services.list' ? listServices(query) : listSkus(world, service, query);
    return { status: 200, body: inPart(view, query) };
  }

  async function answer(request: IncomingMessage, body: Buffer): Promise<Answer | 'hang' | 'drop'> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://twin');
    const [name = '', ...parts] = pathname
      .slice(prefix.length)
      .split('/')
      .filter(part => part !== '')
      .map(part => decodeURIComponent(part));
    const cloud = world.clouds('gcp').find(each => each.name === name);
    if (!cloud) throw notFound(`clouds/${name}`);
    const account = accountOf(cloud);
    const root = `http://${request.headers.host ?? '127.0.0.1'}${prefix}${cloud.name}`;
    if (tokenPaths.has(parts.join('/'))) return token(account, request, body, `${root}/token`);
    const prices = billingRoute(parts[0] === 'compute' ? parts.slice(2) : parts);
    if (prices) return billing(account, request, prices, searchParams);
    if (parts[0] !== 'compute') return { status: 404, body: undefined };
    return api(account, request, parts, searchParams, body, root);
  }

  async function handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    try {
      const result = await answer(request, body);
      if (result === 'drop') request.socket.destroy();
      else if (result !== 'hang') send(response, result);
      else if (!response.destroyed && !request.socket.destroyed) await once(response, 'close');
    } catch (error) {
      const known =
        error instanceof GcpError
          ? error
          : error instanceof URIError
            ? new GcpError(400, 'badRequest', 'Bad Request')
            : new GcpError(500, 'internalError', 'Internal Error');
      if (!(error instanceof GcpError) && !(error instanceof URIError)) world.onError(error);
      send(response, {
        status: known.status,
        body: errorBody(known),
        ...(known.detail.headers && { headers: known.detail.headers }),
      });
    }
  }

  const keyFile = (cloud: Cloud, base: string) => {
    const { clientEmail, projectId } = accountOf(cloud);
    const { privateKey, id } = keyPairOf(cloud.name, cloud.credentials['privateKey']);
    return {
      type: 'service_account',
      project_id: projectId,
      private_key_id: id,
      private_key: privateKey,
      client_email: clientEmail,
      token_uri: `${base}${prefix}${cloud.name}/token`,
    };
  };

  return {
    kind: 'gcp',
    matches: request => request.url?.startsWith(prefix) === true,
    handle,
    counts(cloud) {
      const account = accountOf(cloud);
      sweep(world, account);
      return countAll(account);
    },
    reset(cloud) {
      const account = accountOf(cloud);
      for (const zone of account.instances.values())
        for (const { machine, accessConfig } of zone.values()) {
          const ip = accessConfig?.address ? '' : machine.publicIp;
          world.machines.terminate(machine);
          world.machines.forget(machine);
          if (ip !== '') world.addresses.release(ip);
        }
      for (const { type, ip } of account.addresses.values())
        if (type === 'EXTERNAL') world.addresses.release(ip);
      for (const key of account.captures.keys()) world.machines.discard(key);
      // Who is signed in stays so.
      const next = createAccount(world, cloud);
      for (const [id, each] of account.tokens) next.tokens.set(id, each);
      accounts.set(cloud, next);
    },
    env(cloud, base) {
      const { projectId } = accountOf(cloud);
      const endpoint = `${base}${prefix}${cloud.name}/compute/v1/`;
      const [region = ''] = cloud.regions;
      return {
        GOOGLE_CLOUD_PROJECT: projectId,
        CLOUDSDK_CORE_PROJECT: projectId,
        CLOUDSDK_COMPUTE_REGION: region,
        CLOUDSDK_COMPUTE_ZONE: zonesOf(region)[0] ?? '',
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: endpoint,
        // Terraform's: the key file's content itself.
        GOOGLE_COMPUTE_CUSTOM_ENDPOINT: endpoint,
        GOOGLE_CREDENTIALS: JSON.stringify(keyFile(cloud, base)),
      };
    },
    connection(cloud, region, base) {
      const file = keyFile(cloud, base);
      return {
        credential: {
          projectId: file.project_id,
          clientEmail: file.client_email,
          privateKey: file.private_key,
        },
        region: {
          region,
          zone: zonesOf(region)[0] ?? '',
          endpoint: `${base}${prefix}${cloud.name}/compute/v1`,
          tokenUri: file.token_uri,
        },
      };
    },
  };
}

export const gcp: WireKind = {
  kind: 'gcp',
  place: 'Compute Engine at /gcp/<cloud>/compute/v1, the price list at /gcp/<cloud>/v1/services',
  regions: usualRegions,
  // The private key is made from the name as well, when it is first needed (key.ts).
  credentials(name) {
    const projectId = `${name.slice(0, 20)}-${digest(`${name}/project`).toString('hex').slice(0, 6)}`;
    return {
      projectId,
      clientEmail: `cloud-barista@${projectId}.iam.gserviceaccount.com`,
      // For the price list alone.
      apiKey: `AIza${digest(`${name}/api-key`).toString('base64url').slice(0, 35)}`,
    };
  },
  quotas: defaultQuotas,
  operations: ['token', ...routes.map(each => each.operation), ...billingOperations],
  recordedError: ({ cause, message, status, quota }) =>
    new GcpError(quota === true ? 403 : status, cause, message),
  open: createGcpWire,
};
