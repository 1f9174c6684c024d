/** What the schema can't say of groups, before any cloud is asked. Throws invalid_argument naming the field. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { GroupInput } from '@cloud-barista/model/mcis';
import { checkRule } from '@cloud-barista/model/security-group';

/** A cloud takes so much. Source: EC2, "Run commands when you launch an instance": 16 KB before encoding. */
const userDataBytes = 16_384;

/** A VM's name is a name: 63 characters at most. */
export function checkVmName(group: string, number: number, where: string): void {
  if (`${group}-${number}`.length > 63)
    throw new BaristaError(
      'invalid_argument',
      `The group name ${JSON.stringify(group)} leaves no room for its VMs' numbers.`,
      { where, next: 'Use at most 58 characters.' },
    );
}

function checkGroup(group: GroupInput, at: string): void {
  const fail = (message: string, next: string, where = at): never => {
    throw new BaristaError('invalid_argument', message, { where, next });
  };
  checkVmName(group.name, group.size, `${at}.name`);
  if (group.spec !== undefined && (group.cpu !== undefined || group.memoryGb !== undefined))
    fail('A group has either spec, or cpu and memoryGb.', 'Leave one of them out.', `${at}.spec`);
  if (group.connection === undefined)
    for (const field of ['spec', 'vpc', 'subnet', 'securityGroups', 'keyPair'] as const)
      if (group[field] !== undefined)
        fail(
          `${field} is a cloud's own, so the group must say which connection it means.`,
          'Add connection.',
          `${at}.${field}`,
        );
  if (group.vpc === undefined)
    for (const field of ['subnet', 'securityGroups'] as const)
      if (group[field] !== undefined)
        fail(`${field} belongs to a vpc.`, `Add vpc, or leave ${field} out.`, `${at}.${field}`);
  if (group.rules !== undefined && group.securityGroups !== undefined)
    fail(
      'rules are for a security group that is made, and this group names its own.',
      'Leave rules or securityGroups out.',
      `${at}.rules`,
    );
  for (const [i, rule] of (group.rules ?? []).entries()) checkRule(rule, `${at}.rules[${i}]`);
  const bytes = Buffer.byteLength(group.userData ?? '');
  if (bytes > userDataBytes)
    fail(
      `The user data has ${bytes} bytes; ${userDataBytes} is the most.`,
      'Let a short script fetch the rest.',
      `${at}.userData`,
    );
}

export function checkGroups(groups: readonly GroupInput[]): void {
  const names = new Set<string>();
  for (const [index, group] of groups.entries()) {
    const at = `groups[${index}]`;
    if (names.has(group.name))
      throw new BaristaError('invalid_argument', `Two groups are called ${JSON.stringify(group.name)}.`, {
        where: `${at}.name`,
        next: 'Give each its own name.',
      });
    names.add(group.name);
    checkGroup(group, at);
  }
}
