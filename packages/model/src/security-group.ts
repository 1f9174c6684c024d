/** A security group: which traffic reaches a VM and leaves it. What no rule allows is refused. */
import type { Static } from 'typebox';
import { BaristaError } from './errors.ts';
import { Cidr, closed, Name, oneOf, Time } from './schema.ts';
import { Type } from './type.ts';

const Port = Type.Integer({ minimum: 0, maximum: 65535 });
/** `fromPort`/`toPort` are for tcp and udp only; absent means all. */
export const SecurityRule = closed({
  direction: oneOf(['inbound', 'outbound']),
  protocol: oneOf(['tcp', 'udp', 'icmp', 'all']),
  fromPort: Type.Optional(Port),
  toPort: Type.Optional(Port),
  cidr: Cidr,
});
export type SecurityRule = Static<typeof SecurityRule>;

export const SecurityGroupInput = closed({
  name: Name,
  vpc: Name,
  rules: Type.Array(SecurityRule, { maxItems: 100 }),
});
export type SecurityGroupInput = Static<typeof SecurityGroupInput>;
export const SecurityGroup = closed({
  name: Name,
  connection: Name,
  id: Type.String({ description: "the cloud's id" }),
  vpc: Type.String(),
  rules: Type.Array(SecurityRule),
  created: Time,
});
export type SecurityGroup = Static<typeof SecurityGroup>;

/** What the schema can't say: ports only where the protocol has them, and in order. Throws invalid_argument. */
export function checkRule(rule: SecurityRule, where: string): void {
  const { fromPort, toPort, protocol } = rule;
  const fail = (message: string, next: string) => {
    throw new BaristaError('invalid_argument', message, { next, where });
  };
  const hasPorts = fromPort !== undefined || toPort !== undefined;
  if (hasPorts && protocol !== 'tcp' && protocol !== 'udp')
    fail(`A rule for ${protocol} has no ports.`, 'Leave fromPort and toPort out.');
  if (hasPorts && (fromPort === undefined || toPort === undefined))
    fail('A rule needs both fromPort and toPort, or neither.', 'Give both; they may be equal.');
  if (fromPort !== undefined && toPort !== undefined && fromPort > toPort)
    fail(`fromPort ${fromPort} is above toPort ${toPort}.`, 'Swap them.');
}

/** Two rules that allow the same have one key, whatever order their fields stand in. */
export const ruleKey = (rule: SecurityRule): string =>
  [rule.direction, rule.protocol, rule.fromPort ?? '*', rule.toPort ?? '*', rule.cidr].join(' ');
