/**
 * The token endpoint: an assertion signed with the service account's key against an access token of an hour.
 * Source: "Using OAuth 2.0 for server to server applications"; RFC 7523.
 */
import { verify } from 'node:crypto';
import type { World } from '../../world/world.ts';
import type { Account } from './account.ts';
import { isObject } from './body.ts';
import { keyPairOf } from './key.ts';

const lifeMs = 3600_000;
const skewMs = 300_000;
const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Google takes the addresses of its old token endpoints as well. */
const audiences = new Set([
  'https://oauth2.googleapis.com/token',
  'https://accounts.google.com/o/oauth2/token',
  'https://www.googleapis.com/oauth2/v4/token',
]);

export interface TokenAnswer {
  status: number;
  body: Record<string, unknown>;
}

const refuse = (error: string, error_description: string, status = 400): TokenAnswer => ({
  status,
  body: { error, error_description },
});
const badGrant = (why: string) => refuse('invalid_grant', why);

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const scopePrefix = 'https://www.googleapis.com/auth/';

export interface Token {
  readonly expiresAt: number;
  readonly access: 'full' | 'read' | 'none';
  /** Whether the price list may be read with it. */
  readonly billing: boolean;
}

const billingScopes = new Set([
  'cloud-platform',
  'cloud-platform.read-only',
  'cloud-billing',
  'cloud-billing.readonly',
]);

function accessOf(scopes: readonly string[]): Token['access'] {
  const names = new Set(scopes.map(scope => scope.slice(scopePrefix.length)));
  if (names.has('cloud-platform') || names.has('compute')) return 'full';
  return names.has('compute.readonly') || names.has('cloud-platform.read-only') ? 'read' : 'none';
}

/** `uri` is the endpoint's own address. */
export function grantToken(world: World, account: Account, form: URLSearchParams, uri: string): TokenAnswer {
  const type = form.get('grant_type');
  if (type === null) return refuse('invalid_request', 'Required parameter is missing: grant_type');
  if (type !== grant) return refuse('unsupported_grant_type', `Invalid grant_type: ${type}`);
  const assertion = form.get('assertion');
  if (assertion === null || assertion === '')
    return refuse('invalid_request', 'Required parameter is missing: assertion');
  const [head = '', claims = '', signature = '', rest] = assertion.split('.');
  const header = decode(head);
  const claim = decode(claims);
  if (!header || !claim || signature === '' || rest !== undefined) return badGrant('Invalid JWT.');
  if (header['alg'] !== 'RS256') return badGrant('Invalid JWT: unsupported algorithm.');
  if (claim['iss'] !== account.clientEmail) return badGrant('Invalid grant: account not found');
  const { publicKey } = keyPairOf(account.cloud.name, account.cloud.credentials['privateKey']);
  const signed = Buffer.from(`${head}.${claims}`);
  if (!verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url')))
    return badGrant('Invalid JWT Signature.');
  const { aud, iat, exp, scope } = claim;
  if (typeof aud !== 'string' || (aud !== uri && !audiences.has(aud)))
    return badGrant('Invalid JWT: Failed audience check.');
  const now = world.now();
  if (
    typeof iat !== 'number' ||
    typeof exp !== 'number' ||
    iat * 1000 > now + skewMs ||
    exp * 1000 < now - skewMs ||
    exp <= iat ||
    (exp - iat) * 1000 > lifeMs
  )
    return badGrant(
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
    );
  const scopes = typeof scope === 'string' ? scope.split(' ').filter(each => each !== '') : [];
  if (scopes.length === 0 || scopes.some(each => !each.startsWith(scopePrefix)))
    return refuse('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  // Tokens lie in the order of their end.
  for (const [id, token] of account.tokens) {
    if (token.expiresAt > now) break;
    account.tokens.delete(id);
  }
  const id = `ya29.c.${Buffer.from(world.random.hex(`${account.cloud.name}/token`, 64), 'hex').toString('base64url')}`;
  account.tokens.set(id, {
    expiresAt: now + lifeMs - 1000,
    access: accessOf(scopes),
    billing: scopes.some(each => billingScopes.has(each.slice(scopePrefix.length))),
  });
  return { status: 200, body: { access_token: id, expires_in: 3599, token_type: 'Bearer' } };
}
