/** /v3/auth: tokens, and what one may do with them. Source: Identity API v3, "Authentication and token management". */
import { timingSafeEqual, createHash } from 'node:crypto';
import { findToken, issueToken, type Account, type AppCredential, type Token } from '../account.ts';
import { isObject, jsonBody, type Call } from '../call.ts';
import { badRequest, notFound, unauthenticated } from '../errors.ts';
import { noContent, ok, type Reply } from '../reply.ts';
import { route, type Route } from '../router.ts';
import { zonedMicros } from '../text.ts';
import { catalog } from './catalog.ts';
import { domainView, projectView, roles } from './directory.ts';

function part(from: Record<string, unknown>, key: string, inside: string): Record<string, unknown> {
  const value = from[key];
  if (isObject(value)) return value;
  throw badRequest(
    `Expecting to find ${key} in ${inside}. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.`,
  );
}

const same = (a: unknown, b: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return typeof a === 'string' && timingSafeEqual(digest(a), digest(b));
};

/** By id, or by name: domains' names don't mind case. */
function isDomain(account: Account, domain: unknown): boolean {
  if (!isObject(domain)) return false;
  if (domain['id'] !== undefined) return domain['id'] === account.domainId;
  return (
    typeof domain['name'] === 'string' && domain['name'].toLowerCase() === account.domainName.toLowerCase()
  );
}

function isUser(account: Account, user: Record<string, unknown>): boolean {
  if (user['id'] !== undefined) return user['id'] === account.userId;
  return user['name'] === account.username && isDomain(account, user['domain']);
}

type Proof =
  | { by: 'password' }
  | { by: 'token'; token: Token }
  | { by: 'application_credential'; credential: AppCredential };

function prove(call: Call, identity: Record<string, unknown>): { proof: Proof; methods: string[] } {
  const { account, world } = call;
  const { methods } = identity;
  if (!Array.isArray(methods) || methods.length === 0)
    throw badRequest("Invalid input for field 'identity': 'methods' is a required property");
  let proof: Proof | undefined;
  for (const method of methods) {
    switch (method) {
      case 'password': {
        const user = part(part(identity, 'password', 'identity'), 'user', 'password');
        if (!isUser(account, user) || !same(user['password'], account.cloud.credentials['password'] ?? ''))
          throw unauthenticated();
        proof ??= { by: 'password' };
        break;
      }
      case 'token': {
        const { id } = part(identity, 'token', 'identity');
        const token = findToken(world, account, typeof id === 'string' ? id : undefined);
        if (!token) throw unauthenticated();
        proof ??= { by: 'token', token };
        break;
      }
      case 'application_credential': {
        const credential = appCredential(account, part(identity, 'application_credential', 'identity'));
        if (!credential || (credential.expiresAt ?? Infinity) <= world.now()) throw unauthenticated();
        proof ??= { by: 'application_credential', credential };
        break;
      }
      default:
        throw unauthenticated();
    }
  }
  if (!proof) throw unauthenticated();
  return { proof, methods: methods.map(String) };
}

function appCredential(account: Account, given: Record<string, unknown>): AppCredential | undefined {
  const { id, name, user, secret } = given;
  const found =
    typeof id === 'string'
      ? account.appCredentials.get(id)
      : isObject(user) && isUser(account, user)
        ? [...account.appCredentials.values()].find(each => each.name === name)
        : undefined;
  return found && same(secret, found.secret) ? found : undefined;
}

/** Without a scope it is the user's default project's; whoever wants none says so. */
function scopeOf(account: Account, given: unknown): Token['scope'] {
  if (given === undefined || given === null) return 'project';
  if (given === 'unscoped') return 'unscoped';
  if (!isObject(given)) throw badRequest("Invalid input for field 'scope'");
  if (given['project'] !== undefined) {
    const project = part(given, 'project', 'scope');
    const known =
      project['id'] === undefined
        ? project['name'] === account.projectName && isDomain(account, project['domain'])
        : project['id'] === account.projectId;
    if (known) return 'project';
    throw unauthenticated();
  }
  if (given['domain'] !== undefined) {
    if (isDomain(account, given['domain'])) return 'domain';
    throw unauthenticated();
  }
  if (isObject(given['system']) && given['system']['all'] === true) return 'system';
  if (isObject(given['OS-TRUST:trust'])) throw unauthenticated();
  return 'project';
}

export function tokenView(call: Call, token: Token) {
  const { account, query, root } = call;
  const domain = { id: account.domainId, name: account.domainName };
  return {
    methods: token.methods,
    user: { domain, id: account.userId, name: account.username, password_expires_at: null },
    audit_ids: [token.auditId],
    expires_at: zonedMicros(token.expiresAt),
    issued_at: zonedMicros(token.issuedAt),
    ...(token.scope === 'project' && {
      project: { domain, id: account.projectId, name: account.projectName },
      is_domain: false,
    }),
    ...(token.scope === 'domain' && { domain }),
    ...(token.scope === 'system' && { system: { all: true } }),
    ...(token.scope !== 'unscoped' && { roles: roles(account) }),
    ...(token.scope !== 'unscoped' && !query.has('nocatalog') && { catalog: catalog(account, root) }),
  };
}

function issue(call: Call): Reply {
  const { account, world } = call;
  const auth = part(jsonBody(call), 'auth', 'request body');
  const { identity } = auth;
  if (!isObject(identity)) throw badRequest("'identity' is a required property");
  const { proof, methods } = prove(call, identity);
  // An application credential is bound to its project; a token made from a token ends with it.
  const scope = proof.by === 'application_credential' ? 'project' : scopeOf(account, auth['scope']);
  const notAfter =
    proof.by === 'token'
      ? proof.token.expiresAt
      : proof.by === 'application_credential'
        ? proof.credential.expiresAt
        : undefined;
  const all = proof.by === 'token' ? [...new Set([...methods, ...proof.token.methods])] : methods;
  const token = issueToken(world, account, all, scope, notAfter);
  return {
    status: 201,
    headers: { 'x-subject-token': token.id },
    body: { token: tokenView(call, token) },
  };
}

function subject(call: Call): Token {
  const id = call.headers['x-subject-token'];
  const token = findToken(call.world, call.account, typeof id === 'string' ? id : undefined);
  if (!token) throw notFound('Could not find token.');
  return token;
}

const validate = (call: Call): Reply => {
  const token = subject(call);
  return {
    status: 200,
    headers: { 'x-subject-token': token.id },
    body: { token: tokenView(call, token) },
  };
};

const page = (call: Call, plural: string, rows: readonly unknown[]): Reply =>
  ok({
    [plural]: rows,
    links: { self: `${call.root}/identity/v3/auth/${plural}`, previous: null, next: null },
  });

export const tokenRoutes: readonly Route<Call>[] = [
  route('POST /auth/tokens', issue, { open: true }),
  route('GET /auth/tokens', validate),
  route('HEAD /auth/tokens', validate),
  route('DELETE /auth/tokens', call => {
    call.account.tokens.delete(subject(call).id);
    return noContent;
  }),
  route('GET /auth/catalog', call =>
    ok({
      catalog: catalog(call.account, call.root),
      links: { self: `${call.root}/identity/v3/auth/catalog` },
    }),
  ),
  route('GET /auth/projects', call => page(call, 'projects', [projectView(call.account, call.root)])),
  route('GET /auth/domains', call => page(call, 'domains', [domainView(call.account, call.root)])),
  route('GET /auth/system', call =>
    ok({ system: [{ all: true }], links: { self: `${call.root}/identity/v3/auth/system` } }),
  ),
];
