/**
 * Rules as network security groups have them, and back ("Network security groups", "Security Rules - Create Or Update").
 *
 * Every group comes with defaults behind all other rules: traffic inside the virtual network is allowed both ways, and all
 * traffic out. A group of ours ends with exactly the rules asked for, so two rules of the last priority refuse what the defaults
 * allow; they are not shown. The default by which Azure's load balancers probe VMs (AllowAzureLoadBalancerInBound) is left
 * standing, and so is what Azure lets past every group: DHCP, DNS and metadata at 168.63.129.16 and 169.254.169.254.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';

export interface NsgRule {
  name: string;
  properties: {
    priority: number;
    direction: string;
    access: string;
    protocol: string;
    sourceAddressPrefix?: string;
    sourceAddressPrefixes?: string[];
    sourcePortRange?: string;
    sourcePortRanges?: string[];
    destinationAddressPrefix?: string;
    destinationAddressPrefixes?: string[];
    destinationPortRange?: string;
    destinationPortRanges?: string[];
  };
}

const firstPriority = 100;
const lastPriority = 4096;

const closing = (name: string, direction: string, source: string): NsgRule => ({
  name,
  properties: {
    priority: lastPriority,
    direction,
    access: 'Deny',
    protocol: '*',
    sourceAddressPrefix: source,
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: '*',
  },
});
/** What every group of ours has behind its rules. Inbound, the internet is refused by default already. */
const closings: readonly NsgRule[] = [
  closing('cb-close-inbound', 'Inbound', 'VirtualNetwork'),
  closing('cb-close-outbound', 'Outbound', '*'),
];

const protocols = { tcp: 'Tcp', udp: 'Udp', icmp: 'Icmp', all: '*' } as const;

/** All ports said as 0 to 65535 and not said at all are one thing to Azure: `*`. */
function normal(rule: SecurityRule): SecurityRule {
  const { direction, protocol, fromPort, toPort, cidr } = rule;
  const all = fromPort === undefined || toPort === undefined || (fromPort === 0 && toPort === 65535);
  return all ? { direction, protocol, cidr } : { direction, protocol, fromPort, toPort, cidr };
}
export const keyOf = (rule: SecurityRule): string => ruleKey(normal(rule));

/** A rule's name says what it allows, so that a group holds it once. */
const nameFor = ({ direction, protocol, fromPort, toPort, cidr }: SecurityRule): string =>
  [direction, protocol, ...(fromPort === undefined ? [] : [fromPort, toPort]), cidr.replace('/', '_')].join(
    '-',
  );

function toNsgRule(rule: SecurityRule, priority: number): NsgRule {
  const { direction, protocol, fromPort, toPort, cidr } = normal(rule);
  const inbound = direction === 'inbound';
  return {
    name: nameFor(normal(rule)),
    properties: {
      priority,
      direction: inbound ? 'Inbound' : 'Outbound',
      access: 'Allow',
      protocol: protocols[protocol],
      sourceAddressPrefix: inbound ? cidr : '*',
      sourcePortRange: '*',
      destinationAddressPrefix: inbound ? '*' : cidr,
      destinationPortRange:
        fromPort === undefined ? '*' : fromPort === toPort ? `${fromPort}` : `${fromPort}-${toPort}`,
    },
  };
}

const many = (one: string | undefined, several: readonly string[] | undefined): readonly string[] =>
  several !== undefined && several.length > 0 ? several : one !== undefined && one !== '' ? [one] : ['*'];

/** A prefix as a block. undefined: a service tag such as VirtualNetwork, which is no block. */
function blockOf(prefix: string): string | undefined {
  if (/^(\*|any|internet)$/i.test(prefix)) return '0.0.0.0/0';
  if (!/^[\d.]+(\/\d+)?$/.test(prefix)) return undefined;
  return prefix.includes('/') ? prefix : `${prefix}/32`;
}

/** What an NSG's rule allows in our words: none where it refuses or says what we have no word for; several where it says several. */
export function readRule({ properties: rule }: NsgRule): SecurityRule[] {
  const protocol = (Object.keys(protocols) as (keyof typeof protocols)[]).find(
    word => protocols[word].toLowerCase() === rule.protocol.toLowerCase(),
  );
  const direction = rule.direction.toLowerCase() === 'inbound' ? 'inbound' : 'outbound';
  if (rule.access.toLowerCase() !== 'allow' || protocol === undefined) return [];
  const prefixes =
    direction === 'inbound'
      ? many(rule.sourceAddressPrefix, rule.sourceAddressPrefixes)
      : many(rule.destinationAddressPrefix, rule.destinationAddressPrefixes);
  const found: SecurityRule[] = [];
  for (const prefix of prefixes)
    for (const range of many(rule.destinationPortRange, rule.destinationPortRanges)) {
      const cidr = blockOf(prefix);
      if (cidr === undefined) continue;
      const [from = '', to = from] = range.split('-');
      const ports = range === '*' ? {} : { fromPort: Number(from), toPort: Number(to) };
      found.push(normal({ direction, protocol, cidr, ...ports }));
    }
  return found;
}

/** Those of a group in our words, each once. */
export function readRules(rules: readonly NsgRule[]): SecurityRule[] {
  const found = new Map(rules.flatMap(readRule).map(rule => [ruleKey(rule), rule]));
  return [...found.values()];
}

/** A group's rules with `added` among them and `removed` not; what stands keeps its priority, new ones take the first free. */
export function changed(
  standing: readonly NsgRule[],
  added: readonly SecurityRule[],
  removed: readonly SecurityRule[] = [],
): NsgRule[] {
  const leaving = new Set(removed.map(keyOf));
  const rules: NsgRule[] = [];
  const wanted: SecurityRule[] = [];
  for (const rule of standing) {
    const says = readRule(rule);
    // A rule of other hands that says several things at once is taken apart before a part of it goes.
    if (!says.some(one => leaving.has(ruleKey(one)))) rules.push(rule);
    else wanted.push(...says.filter(one => !leaving.has(ruleKey(one))));
  }
  wanted.push(...added);
  const has = new Set(rules.flatMap(readRule).map(ruleKey));
  const used = { inbound: new Set<number>(), outbound: new Set<number>() };
  for (const { properties } of rules)
    used[properties.direction.toLowerCase() === 'inbound' ? 'inbound' : 'outbound'].add(properties.priority);
  for (const rule of wanted) {
    const key = keyOf(rule);
    if (has.has(key)) continue;
    has.add(key);
    let priority = firstPriority;
    while (used[rule.direction].has(priority)) priority++;
    if (priority >= lastPriority)
      throw new BaristaError(
        'resource_exhausted',
        'The security group has no free priority for another rule.',
      );
    used[rule.direction].add(priority);
    rules.push(toNsgRule(rule, priority));
  }
  return rules;
}

/** A new group's rules. */
export const fresh = (rules: readonly SecurityRule[]): NsgRule[] => changed(closings, rules);
