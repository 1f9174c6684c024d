/** One cloud's account: a tenant, an application in it that may enter, and one subscription with its groups. */
import { digest, type Cloud } from '../../world/clouds.ts';
import type { World } from '../../world/world.ts';
import type { Operation } from './operations.ts';
import { noTags, type Group, type Tags, type VirtualMachine } from './records.ts';
import { createSite, type Site } from './site.ts';

/** A name's digest in the form of a GUID. */
export const stableGuid = (text: string): string => {
  const h = digest(text).toString('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
};

export interface Account {
  readonly cloud: Cloud;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionId: string;
  /** What tokens are signed with; a new one ends all that were given out. */
  signingKey: Buffer;
  /** Tokens whose signature was seen to be right, and when they end. */
  readonly seen: Map<string, number>;
  readonly groups: Map<string, Group>;
  readonly sites: Map<string, Site>;
  /** By vmId, which is also the machine's id. */
  readonly vms: Map<string, VirtualMachine>;
  readonly operations: Map<string, Operation>;
  /** Counters of what quotas are on, by location. */
  readonly usage: Map<string, Map<string, number>>;
  /** The subscription's own. */
  tags: Tags;
  next(): number;
}

export function createAccount(cloud: Cloud): Account {
  const { tenantId = '', clientId = '', clientSecret = '', subscriptionId = '' } = cloud.credentials;
  let last = 0;
  return {
    cloud,
    tenantId,
    clientId,
    clientSecret,
    subscriptionId,
    signingKey: digest(`${cloud.name}/signing-key`),
    seen: new Map(),
    groups: new Map(),
    sites: new Map(),
    vms: new Map(),
    operations: new Map(),
    usage: new Map(),
    tags: noTags,
    next: () => ++last,
  };
}

export function siteOf(account: Account, location: string): Site {
  let site = account.sites.get(location);
  if (!site) {
    site = createSite(account, location);
    account.sites.set(location, site);
  }
  return site;
}

export const used = (account: Account, location: string, name: string): number =>
  account.usage.get(location)?.get(name) ?? 0;

export function use(account: Account, location: string, name: string, more: number): void {
  let counters = account.usage.get(location);
  if (!counters) {
    counters = new Map();
    account.usage.set(location, counters);
  }
  counters.set(name, (counters.get(name) ?? 0) + more);
}

export const newGuid = (world: World, account: Account, kind: string): string =>
  world.random.uuid(`${account.cloud.name}/${kind}`);
