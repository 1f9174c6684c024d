/**
 * Our rules as Cloudit's and back. Cloudit's know tcp, udp and all, and ports "22", "8000-8100" and "1-65535" (all of them; "0" says the
 * same). They know no ICMP: such a rule is kept as one that lets nothing through – from the loopback block, which no wire carries –
 * and that says by its name what it stands for.
 */
import { parseAddress } from '@cloud-barista/model/cidr';
import { BaristaError } from '@cloud-barista/model/errors';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import type { Rule } from './fields.ts';

const allPorts = '1-65535';
const icmpName = /^(?:in|out)bound-icmp-(\d+\.\d+\.\d+\.\d+)_(\d+)$/;

/** "443-443" is "443"; zero is no port that traffic goes to. */
function portOf({ fromPort, toPort }: SecurityRule): string {
  if (fromPort === undefined || toPort === undefined) return allPorts;
  if (toPort === 0)
    throw new BaristaError('invalid_argument', 'Cloudit has no rule for port 0 alone.', {
      next: 'Give the ports that are to be open, or none for all of them.',
      where: 'rules',
    });
  const from = Math.max(1, fromPort);
  return from === toPort ? String(from) : `${from}-${toPort}`;
}

export function wireRule(rule: SecurityRule): Omit<Rule, 'id'> {
  const { direction, protocol, cidr } = rule;
  const [address = '0.0.0.0', prefix = '0'] = cidr.split('/');
  const block = `${address}_${prefix}`;
  if (protocol === 'icmp') {
    const value = parseAddress(address) ?? 0;
    // Each block its own, for Cloudit refuses a rule that stands already.
    return {
      name: `${direction}-icmp-${block}`,
      type: direction,
      port: String(Number(prefix) * 256 + (value & 255) + 1),
      target: `127.${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}/32`,
      protocol: 'tcp',
    };
  }
  const port = portOf(rule);
  const name = [direction, protocol, ...(port === allPorts ? [] : [port]), block].join('-');
  return { name: name.slice(0, 45), type: direction, port, target: cidr, protocol };
}

/** undefined for what we have no word for. */
export function readRule(rule: Rule): SecurityRule | undefined {
  const direction = rule.type.toLowerCase();
  const protocol = rule.protocol.toLowerCase();
  if (direction !== 'inbound' && direction !== 'outbound') return undefined;
  const icmp = icmpName.exec(rule.name);
  if (icmp && rule.target.startsWith('127.'))
    return { direction, protocol: 'icmp', cidr: `${icmp[1]}/${icmp[2]}` };
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'all') return undefined;
  const cidr = rule.target.includes('/') ? rule.target : `${rule.target}/32`;
  const base = { direction, protocol, cidr } as const;
  const [from = '', to = from] = String(rule.port).split('-');
  const [fromPort, toPort] = [Number(from), Number(to)];
  const all = toPort === 0 || (fromPort <= 1 && toPort === 65535) || from === '';
  return protocol === 'all' || all ? base : { ...base, fromPort, toPort };
}

/** Two rules that are one in Cloudit. */
export const wireKey = ({ type, port, target, protocol }: Omit<Rule, 'id'>): string =>
  [type.toLowerCase(), protocol.toLowerCase(), port, target].join(' ');
export const ourKey = (rule: SecurityRule): string => wireKey(wireRule(rule));

export const readRules = (rules: readonly Rule[] | undefined): SecurityRule[] => [
  ...new Map(
    (rules ?? []).flatMap(rule => readRule(rule) ?? []).map(rule => [ruleKey(rule), rule] as const),
  ).values(),
];
