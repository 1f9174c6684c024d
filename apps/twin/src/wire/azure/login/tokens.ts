/**
 * The identity platform's side: access tokens for an application (client credentials), and the documents by which clients find
 * the endpoint. Tokens are signed JWTs that end after an hour. Source: "Microsoft identity platform and the OAuth 2.0 client
 * credentials flow"; "Microsoft Entra authentication and authorization error codes".
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { World } from '../../../world/world.ts';
import type { Account } from '../account.ts';
import { ok, type Reply } from '../call.ts';
import { ArmError } from '../errors.ts';

export const tokenSeconds = 3599;

const same = (a: string, b: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
};
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const sign = (account: Account, text: string): string =>
  createHmac('sha256', account.signingKey).update(text).digest('base64url');

interface Refusal {
  status: number;
  error: string;
  number: number;
  text: string;
}

function refusal(world: World, account: Account, { status, error, number, text }: Refusal): Reply {
  const stream = `${account.cloud.name}/trace`;
  const trace = world.random.uuid(stream);
  const correlation = world.random.uuid(stream);
  const timestamp = new Date(world.now()).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${number}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [number],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    },
  };
}

/** Basic authentication or the form. RFC 6749, section 2.3.1. */
function clientOf(
  form: URLSearchParams,
  headers: IncomingHttpHeaders,
): { id: string; secret: string | null } {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic === undefined) return { id: form.get('client_id') ?? '', secret: form.get('client_secret') };
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  return { id: decodeURIComponent(id), secret: decodeURIComponent(secret) };
}

/** What a token is for: ARM by any of its names, of which the Twin's own address is one. */
function isManagement(audience: string, armRoot: string): boolean {
  const plain = audience.replace(/\/+$/, '');
  return (
    plain === armRoot ||
    plain === 'https://management.azure.com' ||
    plain === 'https://management.core.windows.net'
  );
}

export interface LoginCall {
  world: World;
  account: Account;
  method: string;
  segments: readonly string[];
  headers: IncomingHttpHeaders;
  raw: Buffer;
  /** http://host/azure/<cloud> */
  root: string;
}

const isTenant = (account: Account, tenant: string) =>
  tenant.toLowerCase() === account.tenantId.toLowerCase();

function token(call: LoginCall, tenant: string, v2: boolean): Reply {
  const { world, account, headers, root } = call;
  const refuse = (status: number, error: string, number: number, text: string) =>
    refusal(world, account, { status, error, number, text });
  const form = new URLSearchParams(call.raw.toString('utf8'));
  if (!isTenant(account, tenant))
    return refuse(
      400,
      'invalid_request',
      90002,
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
    );
  const grant = form.get('grant_type');
  if (grant === null || grant === '')
    return refuse(
      400,
      'invalid_request',
      900144,
      "The request body must contain the following parameter: 'grant_type'.",
    );
  if (grant !== 'client_credentials')
    return refuse(
      400,
      'unsupported_grant_type',
      70003,
      `The app requested an unsupported grant type '${grant}'.`,
    );
  const { id, secret } = clientOf(form, headers);
  if (id === '')
    return refuse(
      400,
      'invalid_request',
      900144,
      "The request body must contain the following parameter: 'client_id'.",
    );
  if (id.toLowerCase() !== account.clientId.toLowerCase())
    return refuse(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${id}' was not found in the directory '${account.cloud.name}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    );
  if (secret === null || secret === '')
    return refuse(
      401,
      'invalid_client',
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    );
  if (!same(secret, account.clientSecret))
    return refuse(
      401,
      'invalid_client',
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${account.clientId}'.`,
    );
  const asked = form.get(v2 ? 'scope' : 'resource');
  if (asked === null || asked === '')
    return refuse(
      400,
      'invalid_request',
      v2 ? 90014 : 900144,
      `The required field '${v2 ? 'scope' : 'resource'}' is missing from the credential. Ensure that you have all the necessary parameters for the login request.`,
    );
  if (v2 && !asked.endsWith('/.default'))
    return refuse(
      400,
      'invalid_scope',
      1002012,
      `The provided value for scope ${asked} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  const audience = v2 ? asked.slice(0, -'/.default'.length) : asked;
  if (!isManagement(audience, `${root}/arm`))
    return refuse(
      400,
      'invalid_resource',
      500011,
      `The resource principal named ${audience} was not found in the tenant named ${account.cloud.name}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
    );
  const now = Math.floor(world.now() / 1000);
  const expires = now + tokenSeconds + 1;
  const text = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode({
    aud: audience,
    iss: `https://sts.windows.net/${account.tenantId}/`,
    iat: now,
    nbf: now,
    exp: expires,
    appid: account.clientId,
    tid: account.tenantId,
    uti: world.random.hex(`${account.cloud.name}/token`, 22),
    ver: '1.0',
  })}`;
  const common = { token_type: 'Bearer', access_token: `${text}.${sign(account, text)}` };
  if (v2) return ok({ ...common, expires_in: tokenSeconds, ext_expires_in: tokenSeconds });
  const seconds = String(tokenSeconds);
  return ok({
    ...common,
    expires_in: seconds,
    ext_expires_in: seconds,
    expires_on: String(expires),
    not_before: String(now),
    resource: asked,
  });
}

function configuration(call: LoginCall, tenant: string, v2: boolean): Reply {
  const login = `${call.root}/login`;
  const oauth = v2 ? `${login}/${tenant}/oauth2/v2.0` : `${login}/${tenant}/oauth2`;
  return ok({
    token_endpoint: `${oauth}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    authorization_endpoint: `${oauth}/authorize`,
    issuer: v2 ? `${login}/${tenant}/v2.0` : `https://sts.windows.net/${tenant}/`,
    response_types_supported: ['token'],
    scopes_supported: ['openid'],
    tenant_region_scope: null,
    cloud_instance_name: new URL(call.root).host,
  });
}

/** Undefined: no such document. `segments` are behind /login. */
export function login(call: LoginCall): Reply | undefined {
  const { method, segments } = call;
  const [tenant = '', ...rest] = segments;
  const path = rest.join('/').toLowerCase();
  if (method === 'POST' && path === 'oauth2/v2.0/token') return token(call, tenant, true);
  if (method === 'POST' && path === 'oauth2/token') return token(call, tenant, false);
  if (method !== 'GET') return undefined;
  switch (path) {
    case 'v2.0/.well-known/openid-configuration':
    case '.well-known/openid-configuration':
      if (isTenant(call.account, tenant) || tenant === 'common' || tenant === 'organizations')
        return configuration(call, tenant, path.startsWith('v2.0'));
      return refusal(call.world, call.account, {
        status: 400,
        error: 'invalid_tenant',
        number: 90002,
        text: `Tenant '${tenant}' not found.`,
      });
    case 'discovery/instance': {
      const { host } = new URL(call.root);
      return ok({
        tenant_discovery_endpoint: `${call.root}/login/${call.account.tenantId}/v2.0/.well-known/openid-configuration`,
        'api-version': '1.1',
        metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
      });
    }
    default:
      return undefined;
  }
}

const unauthorized = (code: string, message: string, authority: string, error = 'invalid_token') =>
  new ArmError(401, code, message, {
    headers: {
      'www-authenticate': `Bearer authorization_uri="${authority}", error="${error}", error_description="${message.replaceAll('"', "'")}"`,
    },
  });

/** Throws 401 where the request carries no token that holds. */
export function checkToken(
  world: World,
  account: Account,
  authorization: string | undefined,
  root: string,
): void {
  const authority = `${root}/login/${account.tenantId}`;
  if (authorization === undefined)
    throw unauthorized(
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing.",
      authority,
    );
  const given = /^Bearer +([\w.-]+)$/i.exec(authorization)?.[1];
  if (given === undefined)
    throw unauthorized(
      'AuthenticationFailedInvalidHeader',
      "Authentication failed. The 'Authorization' header is provided in an invalid format.",
      authority,
    );
  let expires = account.seen.get(given);
  if (expires === undefined) {
    const cut = given.lastIndexOf('.');
    const text = given.slice(0, Math.max(cut, 0));
    if (cut < 0 || !same(given.slice(cut + 1), sign(account, text)))
      throw unauthorized('InvalidAuthenticationToken', 'The access token is invalid.', authority);
    const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp: number;
    };
    expires = claims.exp * 1000;
    if (account.seen.size >= 1000) account.seen.clear();
    account.seen.set(given, expires);
  }
  const now = world.now();
  if (expires > now) return;
  const show = (time: number) => new Date(time).toISOString();
  throw unauthorized(
    'ExpiredAuthenticationToken',
    `The access token expiry UTC time '${show(expires)}' is earlier than current UTC time '${show(now)}'.`,
    authority,
  );
}
