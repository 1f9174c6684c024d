/** A project in one region, as its machines see it: what they use up of the quotas, and whether the internet reaches one. */
import { contains, parseAddress, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import type { Machine, Site } from '../../world/machines.ts';
import type { Account } from './account.ts';
import type { Firewall, FirewallRule, Instance } from './records.ts';

/** Where the client on the internet is taken to sit (RFC 5737), beside the loopback address that it really has. */
const clients: readonly Cidr[] = ['203.0.113.1', '127.0.0.1'].map(address => ({
  base: parseAddress(address) ?? 0,
  prefix: 32,
}));

export interface GcpSite extends Site {
  /** By the machine's id. */
  readonly byMachine: Map<string, Instance>;
  readonly usage: {
    cpus: number;
    addressesInUse: number;
    diskGb: number;
    ssdGb: number;
    /** By accelerator type. */
    readonly gpus: Map<string, number>;
  };
}

export function createSite(account: Account, region: string): GcpSite {
  const site: GcpSite = {
    cloud: account.cloud,
    region,
    byMachine: new Map(),
    usage: { cpus: 0, addressesInUse: 0, diskGb: 0, ssdGb: 0, gpus: new Map() },
    reachable: (machine, port) => reachable(site, machine, port),
  };
  return site;
}

const names = (rule: FirewallRule, port: number): boolean => {
  if (!['tcp', 'all', '6'].includes(rule.IPProtocol.toLowerCase())) return false;
  if (!rule.ports || rule.ports.length === 0) return true;
  return rule.ports.some(range => {
    const [least = '', most = least] = range.split('-');
    return Number(least) <= port && port <= Number(most);
  });
};

function applies(rule: Firewall, instance: Instance): boolean {
  if (rule.direction !== 'INGRESS' || rule.disabled) return false;
  if (rule.targetTags.length > 0 && !rule.targetTags.some(tag => instance.tags.includes(tag))) return false;
  if (
    rule.targetServiceAccounts.length > 0 &&
    !instance.serviceAccounts.some(each => rule.targetServiceAccounts.includes(each.email))
  )
    return false;
  return rule.sourceRanges.some(range => {
    const block = tryCidr(range);
    return block !== undefined && clients.some(client => contains(block, client));
  });
}

/** "VPC firewall rules": the lowest number wins, deny before allow at the same, and what none names is denied. */
function reachable(site: GcpSite, machine: Machine, port: number): boolean {
  const instance = site.byMachine.get(machine.id);
  if (!instance || machine.publicIp === '') return false;
  let best = Infinity;
  let open = false;
  for (const rule of instance.network.firewalls.values()) {
    if (rule.priority > best || !applies(rule, instance)) continue;
    const denies = rule.denied.some(each => names(each, port));
    if (!denies && !rule.allowed.some(each => names(each, port))) continue;
    open = rule.priority === best ? open && !denies : !denies;
    best = rule.priority;
  }
  return open;
}
