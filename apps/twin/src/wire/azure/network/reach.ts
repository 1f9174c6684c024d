/**
 * Whether the internet reaches TCP `port` of an interface: the subnet's group and the interface's have to let it through, each by
 * its rules in their order; a Standard public address without any group is closed. Source: "How network security groups filter
 * network traffic"; "Public IP addresses", Security.
 */
import { contains, parseAddress, type Cidr } from '@cloud-barista/model/cidr';
import type { IpConfiguration, SecurityGroup, SecurityRule } from '../records.ts';
import { looseCidr } from './cidrs.ts';

/** Where the client on the internet is taken to sit (RFC 5737), beside the loopback address that it really has. */
const clients: Cidr[] = ['203.0.113.1', '127.0.0.1'].map(address => ({
  base: parseAddress(address) ?? 0,
  prefix: 32,
}));

function covers(prefix: string, address: Cidr, tags: readonly string[]): boolean {
  if (prefix === '*' || tags.includes(prefix.toLowerCase())) return true;
  const block = looseCidr(prefix);
  return block !== undefined && contains(block, address);
}

const inRange = (range: string, port: number): boolean => {
  if (range === '*') return true;
  const [from = '', to = from] = range.split('-');
  return Number(from) <= port && port <= Number(to);
};

function applies(rule: SecurityRule, from: Cidr, to: Cidr, port: number): boolean {
  return (
    rule.direction === 'Inbound' &&
    (rule.protocol === '*' || rule.protocol === 'Tcp') &&
    rule.destinationPorts.some(range => inRange(range, port)) &&
    rule.sources.some(prefix => covers(prefix, from, ['internet'])) &&
    rule.destinations.some(prefix => covers(prefix, to, ['virtualnetwork']))
  );
}

/** The first rule that applies decides; the default rules let nothing in from the internet. */
function lets(group: SecurityGroup, from: Cidr, to: Cidr, port: number): boolean {
  let first: SecurityRule | undefined;
  for (const rule of group.rules.values())
    if ((first === undefined || rule.priority < first.priority) && applies(rule, from, to, port))
      first = rule;
  return first?.access === 'Allow';
}

export function opens(configuration: IpConfiguration, port: number): boolean {
  const { nic, subnet, publicIp, address } = configuration;
  const groups = [subnet.nsg, nic.nsg].filter(group => group !== undefined);
  if (groups.length === 0) return publicIp?.sku === 'Basic';
  const to = { base: address, prefix: 32 };
  return clients.some(from => groups.every(group => lets(group, from, to, port)));
}
