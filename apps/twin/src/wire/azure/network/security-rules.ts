/** Rules of network security groups. Source: Virtual Network REST API, Security Rules; "Network security groups" (limits of values, default rules). */
import type { Json } from '../call.ts';
import { badRequest } from '../errors.ts';
import { nothing, numberAt, objectAt, textAt, textsAt, wordAt } from '../fields.ts';
import { checkNetworkName } from '../names.ts';
import type { SecurityRule } from '../records.ts';
import { looseCidr } from './cidrs.ts';

const protocols = ['Tcp', 'Udp', 'Icmp', 'Esp', 'Ah', '*'] as const;

function required<T>(value: T | undefined, rule: string, property: string): T {
  if (value !== undefined) return value;
  throw badRequest(
    'SecurityRuleParameterMissing',
    `Security rule ${rule} is missing the required parameter ${property}.`,
  );
}

/** The single word and the list are two properties of the same meaning. */
function words(
  properties: Json,
  one: string,
  many: string,
  rule: string,
): { values: readonly string[]; plural: boolean } {
  const list = textsAt(properties, many, 'properties.');
  if (list && list.length > 0) return { values: list, plural: true };
  return { values: [required(textAt(properties, one, 'properties.'), rule, one)], plural: false };
}

function checkPorts(ranges: readonly string[]): void {
  for (const range of ranges) {
    if (range === '*') continue;
    const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    const [low, high] = [Number(from ?? NaN), Number(to ?? from ?? NaN)];
    if (!(low <= high && high <= 65_535))
      throw badRequest(
        'SecurityRuleInvalidPortRange',
        `Security rule has invalid Port range. Value provided: ${range}. Value should be an integer OR integer range with '-' delimiter. Valid range 0-65535.`,
      );
  }
}

function checkPrefixes(prefixes: readonly string[], plural: boolean): void {
  for (const prefix of prefixes) {
    const good =
      prefix === '*'
        ? !plural
        : looseCidr(prefix) !== undefined ||
          /^[A-Za-z][A-Za-z.]+$/.test(prefix) ||
          /^[0-9a-f:]+(\/\d{1,3})?$/i.test(prefix);
    if (!good)
      throw badRequest(
        'SecurityRuleInvalidAddressPrefix',
        `Security rule has invalid Address prefix. Value provided: ${prefix}`,
      );
  }
}

export function readRule(body: Json, name: string): SecurityRule {
  checkNetworkName(name);
  const properties = objectAt(body, 'properties') ?? nothing;
  const inside = 'properties.';
  const priority = required(numberAt(properties, 'priority', inside), name, 'priority');
  if (priority < 100 || priority > 4096)
    throw badRequest(
      'SecurityRuleInvalidPriority',
      `Security rule has invalid Priority. Value provided: ${priority} Allowed range 100-4096.`,
    );
  const sourcePorts = words(properties, 'sourcePortRange', 'sourcePortRanges', name);
  const destinationPorts = words(properties, 'destinationPortRange', 'destinationPortRanges', name);
  const sources = words(properties, 'sourceAddressPrefix', 'sourceAddressPrefixes', name);
  const destinations = words(properties, 'destinationAddressPrefix', 'destinationAddressPrefixes', name);
  checkPorts(sourcePorts.values);
  checkPorts(destinationPorts.values);
  checkPrefixes(sources.values, sources.plural);
  checkPrefixes(destinations.values, destinations.plural);
  const description = textAt(properties, 'description', inside);
  if (description !== undefined && description.length > 140)
    throw badRequest(
      'SecurityRuleDescriptionTooLong',
      `The description of security rule ${name} is longer than 140 characters.`,
    );
  return {
    name,
    description,
    protocol: required(wordAt(properties, 'protocol', protocols, inside), name, 'protocol'),
    access: required(wordAt(properties, 'access', ['Allow', 'Deny'], inside), name, 'access'),
    direction: required(wordAt(properties, 'direction', ['Inbound', 'Outbound'], inside), name, 'direction'),
    priority,
    sourcePorts: sourcePorts.values,
    destinationPorts: destinationPorts.values,
    sources: sources.values,
    destinations: destinations.values,
    plural: [sourcePorts.plural, destinationPorts.plural, sources.plural, destinations.plural],
  };
}

export function checkConflicts(rules: readonly SecurityRule[]): void {
  const seen = new Map<string, SecurityRule>();
  for (const rule of rules) {
    const key = `${rule.direction} ${rule.priority}`;
    const twin = seen.get(key);
    if (twin)
      throw badRequest(
        'SecurityRuleConflict',
        `Security rule ${rule.name} conflicts with rule ${twin.name}. Rules cannot have the same Priority and Direction.`,
      );
    seen.set(key, rule);
  }
}

const shown = (one: string, many: string, values: readonly string[], plural: boolean | undefined) =>
  plural === true ? { [many]: values } : { [one]: values[0], [many]: [] };

export function ruleView(
  rule: SecurityRule,
  parent: { id: string; etag: string; state: string },
  kind: 'securityRules' | 'defaultSecurityRules',
) {
  const [sourcePorts, destinationPorts, sources, destinations] = rule.plural;
  return {
    name: rule.name,
    id: `${parent.id}/${kind}/${rule.name}`,
    etag: parent.etag,
    type: `Microsoft.Network/networkSecurityGroups/${kind}`,
    properties: {
      provisioningState: parent.state,
      ...(rule.description !== undefined && { description: rule.description }),
      protocol: rule.protocol,
      ...shown('sourcePortRange', 'sourcePortRanges', rule.sourcePorts, sourcePorts),
      ...shown('destinationPortRange', 'destinationPortRanges', rule.destinationPorts, destinationPorts),
      ...shown('sourceAddressPrefix', 'sourceAddressPrefixes', rule.sources, sources),
      ...shown('destinationAddressPrefix', 'destinationAddressPrefixes', rule.destinations, destinations),
      access: rule.access,
      priority: rule.priority,
      direction: rule.direction,
    },
  };
}

const any = ['*'];
const fixed = (
  name: string,
  description: string,
  direction: 'Inbound' | 'Outbound',
  priority: number,
  access: 'Allow' | 'Deny',
  source = '*',
  destination = '*',
): SecurityRule => ({
  name,
  description,
  protocol: '*',
  access,
  direction,
  priority,
  sourcePorts: any,
  destinationPorts: any,
  sources: [source],
  destinations: [destination],
  plural: [],
});

export const defaultRules: readonly SecurityRule[] = [
  fixed(
    'AllowVnetInBound',
    'Allow inbound traffic from all VMs in VNET',
    'Inbound',
    65_000,
    'Allow',
    'VirtualNetwork',
    'VirtualNetwork',
  ),
  fixed(
    'AllowAzureLoadBalancerInBound',
    'Allow inbound traffic from azure load balancer',
    'Inbound',
    65_001,
    'Allow',
    'AzureLoadBalancer',
  ),
  fixed('DenyAllInBound', 'Deny all inbound traffic', 'Inbound', 65_500, 'Deny'),
  fixed(
    'AllowVnetOutBound',
    'Allow outbound traffic from all VMs to all VMs in VNET',
    'Outbound',
    65_000,
    'Allow',
    'VirtualNetwork',
    'VirtualNetwork',
  ),
  fixed(
    'AllowInternetOutBound',
    'Allow outbound traffic from all VMs to Internet',
    'Outbound',
    65_001,
    'Allow',
    '*',
    'Internet',
  ),
  fixed('DenyAllOutBound', 'Deny all outbound traffic', 'Outbound', 65_500, 'Deny'),
];
