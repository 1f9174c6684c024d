/** One cloud's project: who may enter, the tokens given out, and the regions' resources. */
import type { Cloud } from '../../world/clouds.ts';
import type { World } from '../../world/world.ts';
import { createSite, type Site } from './site.ts';
import { stableHex } from './text.ts';

/** keystone.conf [token] expiration: 3600 s. */
export const tokenMs = 60 * 60_000;

export interface Token {
  readonly id: string;
  readonly methods: readonly string[];
  readonly scope: 'project' | 'domain' | 'system' | 'unscoped';
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly auditId: string;
}

export interface AppCredential {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

export interface Account {
  readonly cloud: Cloud;
  readonly username: string;
  readonly userId: string;
  readonly projectName: string;
  readonly projectId: string;
  readonly domainName: string;
  readonly domainId: string;
  readonly tokens: Map<string, Token>;
  readonly appCredentials: Map<string, AppCredential>;
  readonly sites: Map<string, Site>;
  /** Set by the project's own administrator over the wire. */
  readonly quotas: Map<string, number>;
}

export function createAccount(cloud: Cloud): Account {
  const { username = 'admin', project = 'demo', domain = 'Default' } = cloud.credentials;
  return {
    cloud,
    username,
    userId: stableHex(`${cloud.name}/user/${username}`),
    projectName: project,
    projectId: stableHex(`${cloud.name}/project/${project}`),
    domainName: domain,
    // Keystone's bootstrap domain has this very id.
    domainId: domain === 'Default' ? 'default' : stableHex(`${cloud.name}/domain/${domain}`),
    tokens: new Map(),
    appCredentials: new Map(),
    sites: new Map(),
    quotas: new Map(),
  };
}

export function siteOf(world: World, account: Account, region: string): Site {
  let site = account.sites.get(region);
  if (!site) {
    site = createSite(world, account.cloud, region);
    account.sites.set(region, site);
  }
  return site;
}

export function issueToken(
  world: World,
  account: Account,
  methods: readonly string[],
  scope: Token['scope'],
  notAfter = Infinity,
): Token {
  const now = world.now();
  // Tokens lie in the order of their end, nearly: the ended ones at the head go.
  for (const [id, token] of account.tokens) {
    if (token.expiresAt > now) break;
    account.tokens.delete(id);
  }
  const stream = `${account.cloud.name}/token`;
  const token: Token = {
    id: `gAAAAA${world.random.hex(stream, 60)}${world.random.hex(stream, 60)}`,
    methods,
    scope,
    issuedAt: now,
    expiresAt: Math.min(now + tokenMs, notAfter),
    auditId: world.random.hex(stream, 22),
  };
  account.tokens.set(token.id, token);
  return token;
}

/** Undefined where it is unknown, revoked or past its hour. */
export function findToken(world: World, account: Account, id: string | undefined): Token | undefined {
  const token = id === undefined ? undefined : account.tokens.get(id);
  return token && token.expiresAt > world.now() ? token : undefined;
}
