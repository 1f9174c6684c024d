/** Security groups and their rules. */
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import type { Driver } from '@cloud-barista/driver/driver';
import { parseCidr } from '@cloud-barista/model/cidr';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import {
  checkRule,
  ruleKey,
  type SecurityGroup,
  type SecurityGroupInput,
  type SecurityRule,
} from '@cloud-barista/model/security-group';
import { boundId, updateId, type HeldId, type IdRecord } from './claims.ts';
import { makeId } from './make-id.ts';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { Spider, SpiderCall } from './context.ts';
import { idFolder, idKey } from './keys.ts';
import { paged, type PageOptions } from './paged.ts';
import { deleteId } from './remove.ts';

export interface SecurityGroupData {
  vpc: string;
  rules: SecurityRule[];
}

const shown = (connection: string, { value }: HeldId<SecurityGroupData>): SecurityGroup => ({
  name: value.name,
  connection,
  id: value.id,
  vpc: value.data.vpc,
  rules: value.data.rules,
  created: value.created,
});

function checkRules(driver: Driver, rules: readonly SecurityRule[]): void {
  const seen = new Map<string, number>();
  for (const [index, rule] of rules.entries()) {
    const where = `rules[${index}]`;
    checkRule(rule, where);
    parseCidr(rule.cidr, `${where}.cidr`);
    if (rule.direction === 'outbound') requireCapability(driver, 'securityGroup.outbound');
    const key = ruleKey(rule);
    const double = seen.get(key);
    if (double !== undefined)
      throw new BaristaError(
        'invalid_argument',
        `rules[${double}] and ${where} are the same rule (${key}).`,
        { next: 'Leave one of them out.', where },
      );
    seen.set(key, index);
  }
}

export async function createSecurityGroup(
  spider: Spider,
  connection: string,
  input: SecurityGroupInput,
  call: SpiderCall,
): Promise<SecurityGroup> {
  const open = await cloudOf(spider, connection, call.signal);
  checkRules(open.driver, input.rules);
  const vpc = await boundId(spider, connection, 'vpc', input.vpc);
  const held = await makeId<SecurityGroupData>(
    spider,
    {
      connection,
      kind: 'security-group',
      name: input.name,
      rule: 'security-group',
      // Most clouds make the group and its rules by separate requests.
      composite: true,
      data: () => ({ vpc: input.vpc, rules: input.rules }),
      async create(create, { cloud }, record) {
        const made = await cloud.securityGroups.create(create, {
          name: record.cloudName,
          vpc: vpc.value.id as CloudId,
          rules: record.data.rules,
        });
        return { id: made.id, data: record.data };
      },
    },
    call,
  );
  return shown(connection, held);
}

export async function listSecurityGroups(
  spider: Spider,
  connection: string,
  options: PageOptions = {},
): Promise<Page<SecurityGroup>> {
  await connectionOf(spider, connection);
  const held = spider.mirror
    .values<IdRecord<SecurityGroupData>>(idFolder(connection, 'security-group'))
    .filter(one => one.value.id !== '');
  const page = paged(held, one => one.value.name, options);
  return { ...page, items: page.items.map(one => shown(connection, one)) };
}

export const getSecurityGroup = async (
  spider: Spider,
  connection: string,
  name: string,
): Promise<SecurityGroup> =>
  shown(connection, await boundId<SecurityGroupData>(spider, connection, 'security-group', name));
export const deleteSecurityGroup = (
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<void> => deleteId(spider, connection, 'security-group', name, call);

async function change(
  spider: Spider,
  connection: string,
  name: string,
  rules: SecurityRule[],
  call: SpiderCall,
  how: 'addRules' | 'removeRules',
): Promise<SecurityGroup> {
  const open = await cloudOf(spider, connection, call.signal);
  requireCapability(open.driver, 'securityGroup.changeRules');
  checkRules(open.driver, rules);
  return spider.locks.with(idKey(connection, 'security-group', name), call.signal, async () => {
    const held = await boundId<SecurityGroupData>(spider, connection, 'security-group', name);
    await guarded(open, () =>
      open.cloud.securityGroups[how]({ signal: call.signal }, held.value.id as CloudId, rules),
    );
    const named = new Set(rules.map(ruleKey));
    const changed = await updateId<SecurityGroupData>(spider, connection, 'security-group', name, data => ({
      ...data,
      rules: [...data.rules.filter(rule => !named.has(ruleKey(rule))), ...(how === 'addRules' ? rules : [])],
    }));
    return shown(connection, changed);
  });
}

/** Rules that stand already stay. */
export const addRules = (
  spider: Spider,
  connection: string,
  name: string,
  rules: SecurityRule[],
  call: SpiderCall,
): Promise<SecurityGroup> => change(spider, connection, name, rules, call, 'addRules');
/** Rules that do not stand are no error. */
export const removeRules = (
  spider: Spider,
  connection: string,
  name: string,
  rules: SecurityRule[],
  call: SpiderCall,
): Promise<SecurityGroup> => change(spider, connection, name, rules, call, 'removeRules');
