/** Security groups: exactly the rules asked for, whatever the cloud adds by itself. */
import assert from 'node:assert/strict';
import type { CloudSecurityGroup } from '@cloud-barista/driver/security-groups';
import { newToken, type CloudId } from '@cloud-barista/model/ids';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import { walk } from './expect.ts';
import { halves } from './halves.ts';
import { skip, type It, type Stage } from './stage.ts';

const inbound: SecurityRule[] = [
  { direction: 'inbound', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '0.0.0.0/0' },
  { direction: 'inbound', protocol: 'tcp', fromPort: 8000, toPort: 8100, cidr: '198.51.100.0/24' },
  { direction: 'inbound', protocol: 'udp', fromPort: 53, toPort: 53, cidr: '10.0.0.0/8' },
  { direction: 'inbound', protocol: 'udp', cidr: '192.0.2.7/32' },
  { direction: 'inbound', protocol: 'tcp', cidr: '203.0.113.0/24' },
  { direction: 'inbound', protocol: 'icmp', cidr: '0.0.0.0/0' },
  { direction: 'inbound', protocol: 'all', cidr: '10.77.0.0/16' },
];
const outbound: SecurityRule[] = [
  { direction: 'outbound', protocol: 'tcp', fromPort: 443, toPort: 443, cidr: '0.0.0.0/0' },
  { direction: 'outbound', protocol: 'udp', fromPort: 1024, toPort: 65535, cidr: '198.51.100.0/24' },
  { direction: 'outbound', protocol: 'icmp', cidr: '0.0.0.0/0' },
  { direction: 'outbound', protocol: 'all', cidr: '10.77.0.0/16' },
];

/** All ports, said as 0 to 65535, as 1 to 65535 or not at all, are one thing. */
const key = (rule: SecurityRule): string => {
  const { fromPort, toPort, ...rest } = rule;
  return ruleKey((fromPort ?? 0) <= 1 && (toPort ?? 65535) === 65535 ? rest : rule);
};
const keys = (rules: readonly SecurityRule[]): string[] => rules.map(key).sort();

async function make(
  stage: Stage,
  rules: SecurityRule[],
  name = stage.name('sg'),
): Promise<CloudSecurityGroup> {
  const { vpc } = await stage.rig.ground();
  const call = stage.create('security-group');
  return stage.note(call, await stage.cloud.securityGroups.create(call, { name, vpc: vpc.id, rules }));
}

async function has(stage: Stage, id: CloudId, rules: readonly SecurityRule[]): Promise<void> {
  const group = await stage.cloud.securityGroups.get(stage.call(), id);
  assert.deepEqual(keys(group.rules), keys(rules), 'exactly the rules asked for');
}

const list = (stage: Stage, limit = 1000) =>
  walk(part => stage.cloud.securityGroups.list({ ...stage.call(), ...part }), limit).then(
    ({ items }) => items,
  );

export function securityGroupCases(it: It): void {
  it('makes one with exactly the rules asked for; get and list show it; deleted, it is gone', async stage => {
    const { securityGroups } = stage.cloud;
    const { vpc } = await stage.rig.ground();
    const before = await stage.count();
    const name = stage.name('sg');
    const made = await make(stage, inbound, name);
    assert.equal(made.name, name);
    assert.ok(made.vpc === vpc.id || made.vpc === '', `in VPC ${made.vpc}`);
    assert.deepEqual(keys(made.rules), keys(inbound));
    await has(stage, made.id, inbound);
    const listed = (await list(stage)).filter(group => group.id === made.id);
    assert.deepEqual(
      listed.map(group => keys(group.rules)),
      [keys(inbound)],
    );

    await stage.remove('security-group', made.id);
    await stage.rejects(securityGroups.get(stage.call(), made.id), 'not_found');
    assert.ok(!(await list(stage)).some(group => group.id === made.id));
    await securityGroups.delete(stage.call(), made.id);
    await stage.holds(before, 'nothing left of the group');
  });

  it('makes one without rules: none is there', async stage => {
    const made = await make(stage, []);
    await has(stage, made.id, []);
    await stage.remove('security-group', made.id);
  });

  it(
    'makes one with rules both ways',
    async stage => {
      const made = await make(stage, [...inbound, ...outbound]);
      await has(stage, made.id, [...inbound, ...outbound]);
      await stage.remove('security-group', made.id);
    },
    'securityGroup.outbound',
  );

  it(
    'keeps the rule that clouds add by themselves, where it was asked for',
    async stage => {
      const rule: SecurityRule = { direction: 'outbound', protocol: 'all', cidr: '0.0.0.0/0' };
      const made = await make(stage, [rule]);
      await has(stage, made.id, [rule]);
      await stage.remove('security-group', made.id);
    },
    'securityGroup.outbound',
  );

  it('pages the list by 1 and by 2, ordered, each once', async stage => {
    const made = [await make(stage, []), await make(stage, []), await make(stage, [])];
    const ids = (await list(stage)).map(group => group.id);
    for (const { id } of made) assert.ok(ids.includes(id));
    for (const limit of [1, 2])
      assert.deepEqual(
        (await list(stage, limit)).map(group => group.id),
        ids,
      );
    for (const { id } of made) await stage.remove('security-group', id);
  });

  it('returns the same one for the same token, and finds it by its mark', async stage => {
    const { vpc } = await stage.rig.ground();
    const token = newToken();
    const asked = { name: stage.name('sg'), vpc: vpc.id, rules: inbound };
    const call = stage.create('security-group', token);
    const made = stage.note(call, await stage.cloud.securityGroups.create(call, asked));
    const again = await stage.cloud.securityGroups.create(stage.create('security-group', token, true), asked);
    assert.equal(again.id, made.id);
    assert.deepEqual(keys(again.rules), keys(inbound));
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'security-group', token), [made.id]);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'security-group', newToken()), []);
    await stage.remove('security-group', made.id);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'security-group', token), []);
  });

  it('broken at any request: the same token completes it, or its mark finds it to be undone', async stage => {
    const { vpc } = await stage.rig.ground();
    const rules = stage.can('securityGroup.outbound') ? [...inbound, ...outbound] : inbound;
    await halves<CloudSecurityGroup>(stage, {
      kind: 'security-group',
      create: (cloud, call, name) => cloud.securityGroups.create(call, { name, vpc: vpc.id, rules }),
      whole: made => has(stage, made.id, rules),
      remove: id => stage.remove('security-group', id),
      absent: id =>
        stage.cloud.securityGroups.get(stage.call(), id).then(
          () => false,
          error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
        ),
    });
  });

  it('same name: already_exists where names are unique', async stage => {
    if (!stage.driver.names['security-group'].unique) skip('names need not be unique here');
    const name = stage.name('sg');
    const made = await make(stage, [], name);
    await stage.rejects(make(stage, [], name), 'already_exists');
    await stage.remove('security-group', made.id);
  });

  it(
    'adds rules, those that stand already among them, and takes some away, absent ones among them',
    async stage => {
      const { securityGroups } = stage.cloud;
      const [first, second, third] = inbound;
      assert.ok(first && second && third);
      const made = await make(stage, [first]);
      await securityGroups.addRules(stage.call(), made.id, [first, second]);
      await has(stage, made.id, [first, second]);
      await securityGroups.addRules(stage.call(), made.id, [first, second]);
      await has(stage, made.id, [first, second]);
      await securityGroups.removeRules(stage.call(), made.id, [third, first]);
      await has(stage, made.id, [second]);
      await securityGroups.removeRules(stage.call(), made.id, [third, first]);
      await has(stage, made.id, [second]);
      await securityGroups.addRules(stage.call(), made.id, inbound);
      await has(stage, made.id, inbound);
      await securityGroups.removeRules(stage.call(), made.id, inbound);
      await has(stage, made.id, []);
      await stage.remove('security-group', made.id);
    },
    'securityGroup.changeRules',
  );

  it(
    'changes outbound rules, and inbound ones of the same form stay',
    async stage => {
      if (!stage.can('securityGroup.changeRules')) skip('rules do not change here');
      const { securityGroups } = stage.cloud;
      const twins: SecurityRule[] = outbound.map(rule => ({ ...rule, direction: 'inbound' }));
      const made = await make(stage, twins);
      await securityGroups.addRules(stage.call(), made.id, outbound);
      await has(stage, made.id, [...twins, ...outbound]);
      await securityGroups.removeRules(stage.call(), made.id, outbound);
      await has(stage, made.id, twins);
      await stage.remove('security-group', made.id);
    },
    'securityGroup.outbound',
  );

  it(
    'says not_found where rules are to be added to a group that is gone',
    async stage => {
      const made = await make(stage, []);
      await stage.remove('security-group', made.id);
      await stage.rejects(stage.cloud.securityGroups.addRules(stage.call(), made.id, inbound), 'not_found');
    },
    'securityGroup.changeRules',
  );

  it('is not deleted while a VM uses it', async stage => {
    await stage.rig.standing();
    const { group } = await stage.rig.ground();
    await stage.rejects(stage.cloud.securityGroups.delete(stage.call(), group.id), 'failed_precondition');
    await has(stage, group.id, group.rules);
  });
}
