/**
 * Who may call what. Tokens are shown once and kept as SHA-256 digests (they are 256 random bits: no stretching needed).
 * On the loopback a call without a token is its owner's, who could read the data directory anyway; a page in the owner's browser is
 * not, so the Host must be a local name and a foreign Origin is refused (DNS rebinding, cross-site requests).
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { roles, type Role } from '@cloud-barista/api/define';
import { BaristaError } from '@cloud-barista/model/errors';
import { newSuffix } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import { collection } from '@cloud-barista/store/collection';
import type { Store } from '@cloud-barista/store/store';
import type { Handlers } from '@cloud-barista/api/handlers';

interface TokenRecord {
  name: string;
  role: Role;
  digest: string;
  created: string;
}

const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');
const isLocalName = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
const hostOf = (authority: string) => authority.replace(/:\d+$/, '').toLowerCase();

/** User and password of HTTP Basic (RFC 7617); undefined where the header is another. */
export function basicOf(authorization: string | undefined): { user: string; password: string } | undefined {
  const [scheme, word] = (authorization ?? '').split(' ');
  if (word === undefined || scheme?.toLowerCase() !== 'basic') return undefined;
  const text = Buffer.from(word, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

export interface Auth {
  /** Throws unauthenticated or permission_denied. */
  authorize(headers: IncomingHttpHeaders, needs: Role): void;
  handlers: Pick<Handlers, 'token.create' | 'token.list' | 'token.delete'>;
  /** Makes the first admin token and leaves it in `<dataDir>/admin-token` (0600) where there is none yet; its path. */
  ensureAdminToken(dataDir: string): Promise<string>;
  close(): void;
}

export async function openAuth(options: { store: Store; open: boolean; now?: () => number }): Promise<Auth> {
  const { store, open, now = Date.now } = options;
  const tokens = collection<TokenRecord>(store, '/server/tokens/', 'token');
  const byDigest = new Map<string, TokenRecord>();
  const reload = async () => {
    const all = await tokens.all();
    byDigest.clear();
    for (const record of all) byDigest.set(record.digest, record);
  };
  await reload();
  // Another server on the same store may make and revoke tokens too. A watch that was cut has missed some: begin with a look.
  const closing = new AbortController();
  const follow = async () => {
    while (!closing.signal.aborted)
      try {
        const changes = store.watch('/server/tokens/', { signal: closing.signal });
        await reload();
        for await (const _change of changes) await reload();
      } catch {
        await sleep(1000, undefined, { ref: false, signal: closing.signal }).catch(() => {});
      }
  };
  void follow();

  const newToken = () => `cb_${randomBytes(32).toString('base64url')}`;
  async function create(name: string, role: Role, token: string): Promise<TokenRecord & { token: string }> {
    const record: TokenRecord = {
      name,
      role,
      digest: digestOf(token),
      created: new Date(now()).toISOString(),
    };
    await tokens.create(name, record);
    byDigest.set(record.digest, record);
    return { ...record, token };
  }
  const view = ({ name, role, created }: TokenRecord) => ({ name, role, created });

  function roleOf(headers: IncomingHttpHeaders): Role {
    const [scheme, word] = (headers.authorization ?? '').split(' ');
    // Clients that know only users and passwords give the token as the password, whoever the user.
    const token = scheme?.toLowerCase() === 'bearer' ? word : basicOf(headers.authorization)?.password;
    if (token !== undefined) {
      const known = byDigest.get(digestOf(token));
      if (known) return known.role;
      throw new BaristaError('unauthenticated', 'The token is not known here.', {
        next: 'Ask an admin for a token: barista create token NAME --role ROLE.',
      });
    }
    if (!open)
      throw new BaristaError('unauthenticated', 'This server wants a token.', {
        next: 'Give one: barista config set token TOKEN (the first stands in the file admin-token of the data directory).',
      });
    if (!isLocalName(hostOf(headers.host ?? '')))
      throw new BaristaError(
        'permission_denied',
        `The host name ${JSON.stringify(headers.host ?? '')} is not this machine's.`,
        {
          next: 'Call the server at 127.0.0.1 or localhost.',
        },
      );
    if (headers.origin !== undefined && !isLocalName(hostOf(headers.origin.replace(/^https?:\/\//, ''))))
      throw new BaristaError('permission_denied', 'A page of another site may not call this server.', {
        next: 'Use a token.',
      });
    return 'admin';
  }

  return {
    authorize(headers, needs) {
      const role = roleOf(headers);
      if (roles.indexOf(role) < roles.indexOf(needs))
        throw new BaristaError('permission_denied', `This needs the role ${needs}; the token has ${role}.`, {
          next: 'Ask an admin.',
        });
    },
    async ensureAdminToken(dataDir) {
      const path = join(dataDir, 'admin-token');
      if (![...byDigest.values()].some(record => record.role === 'admin')) {
        // The file first: a crash between the two leaves a file that the next start writes again, not a lock without a key.
        const token = newToken();
        await writeFile(path, `${token}\n`, { mode: 0o600 });
        await chmod(path, 0o600);
        const name = (await tokens.get('first-admin')) ? `first-admin-${newSuffix(4)}` : 'first-admin';
        await create(name, 'admin', token);
      }
      return path;
    },
    handlers: {
      'token.create': async ({ body }) => {
        const { token, ...record } = await create(body.name, body.role, newToken());
        return { ...view(record), token };
      },
      'token.list': async ({ cursor, limit = 100 }) => {
        const page = await tokens.page({ cursor, limit });
        return { ...page, items: page.items.map(view) };
      },
      'token.delete': async ({ token }) => {
        const record = await tokens.get(token);
        if (!record)
          throw new BaristaError('not_found', `The token ${JSON.stringify(token)} does not exist.`, {
            where: 'token',
            next: suggest(
              token,
              [...byDigest.values()].map(each => each.name),
              'List them: barista get tokens',
            ),
          });
        await tokens.delete(token);
        byDigest.delete(record.value.digest);
        return {};
      },
    },
    close: () => closing.abort(),
  };
}
