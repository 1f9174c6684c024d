/** Where groups go and why; what is wrong with a file is told with its field, before anything is made. */
import assert from 'node:assert/strict';
import { describe, it, before, after } from 'node:test';
import type { Driver } from '@cloud-barista/driver/driver';
import type { GroupInput } from '@cloud-barista/model/mcis';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import type { Spec } from '@cloud-barista/model/spec';
import { createKeyPair } from '@cloud-barista/spider/key-pairs';
import { createSecurityGroup } from '@cloud-barista/spider/security-groups';
import { createVpc } from '@cloud-barista/spider/vpcs';
import { rulesOf } from '../src/ground.ts';
import { planCreate } from '../src/create.ts';
import { planGroups, reviewMcis } from '../src/plan.ts';
import { stem, vmRecord, byNumber } from '../src/vm-records.ts';
import { call, group, openStage, unreachable, type Stage } from './stage.ts';

const spec = (id: string, name: string, cpu: number, memoryMib: number): Spec => ({
  id,
  name,
  cpu,
  memoryMib,
  diskGb: 0,
  architecture: 'x86_64',
  gpus: [],
});
const offers: Record<string, Spec[]> = {
  seoul: [spec('s-1', 'small', 1, 2048), spec('s-2', 'medium', 4, 8192)],
  tokyo: [spec('17', 'small', 1, 2048)],
  busan: [spec('b-1', 'big', 16, 65_536)],
};
/** Each connection with its own specs; busan without user data, outbound rules and root disks. */
const differing = (driver: Driver): Driver => ({
  ...driver,
  async open(config, road) {
    const connection = (config.credential['mockName'] ?? '').split('-')[0] ?? '';
    const cloud = await driver.open(config, road);
    return {
      ...cloud,
      specs: {
        ...cloud.specs,
        list: async () => ({ items: structuredClone(offers[connection] ?? []) }),
      },
    };
  },
});

let stage: Stage;
before(async () => {
  stage = await openStage({ connections: ['seoul', 'tokyo', 'busan'], wrap: differing });
});
after(() => stage.close());

/** Without a connection: anywhere. */
const anywhere = (name: string, size: number, more: Partial<GroupInput> = {}): GroupInput => {
  const { connection: _, ...rest } = group(name, size, more);
  return rest;
};
const plan = (groups: GroupInput[], range?: string) =>
  planGroups(stage.bug, { mcis: 'web', groups, range }, call);
const refused = async (groups: GroupInput[], expected: Record<string, unknown>) => {
  await assert.rejects(plan(groups), expected);
};

describe('placement', () => {
  it('takes the connection that is asked for, and says so', async () => {
    const { groups } = await plan([group('a', 1, { connection: 'busan' })]);
    assert.equal(groups[0]?.connection, 'busan');
    assert.equal(groups[0]?.spec, 'b-1');
    assert.equal(groups[0]?.specName, 'big');
    assert.deepEqual(groups[0]?.because, [
      'connection busan: as asked',
      'spec big: smallest with 1 CPU and 1 GiB (it has 16 CPU, 64 GiB)',
      'image mock-vmimage-01 (ubuntu 22.04): newest ubuntu-22.04 for x86_64',
    ]);
  });

  it('goes where the smallest fit is smallest, and says what it was chosen over', async () => {
    const { groups } = await plan([anywhere('a', 1, { cpu: 2, memoryGb: 4 })]);
    assert.equal(groups[0]?.connection, 'seoul');
    assert.deepEqual(groups[0]?.because.slice(0, 3), [
      'connection seoul: smallest fit of 2 (4 CPU, 8 GiB), next busan (16 CPU, 64 GiB)',
      'not by price: MOCK tells none',
      'passed over tokyo: The connection "tokyo" offers no spec with 2 CPUs and 4096 MiB.',
    ]);
  });

  it('spreads over connections that are equal, by the VMs each has so far', async () => {
    const { groups } = await plan([anywhere('a', 3), anywhere('b', 1), anywhere('c', 1), anywhere('d', 2)]);
    assert.deepEqual(
      groups.map(each => each.connection),
      ['seoul', 'tokyo', 'tokyo', 'tokyo'],
    );
  });

  it('is a function of the input: planned twice, the same but for the names', async () => {
    const wanted = [anywhere('a', 3), group('b', 1, { connection: 'tokyo' }), anywhere('c', 2)];
    const plain = async () =>
      (await plan(wanted)).groups.map(({ connection, spec: id, image, because }) => ({
        connection,
        id,
        image,
        because,
      }));
    assert.deepEqual(await plain(), await plain());
  });

  it('puts a cloud that answers badly of late behind its equals, and says so; a better fit it still is', async () => {
    const uneven = await openStage({ connections: ['seoul', 'tokyo'] });
    const { spider } = uneven.bug;
    for (let index = 0; index < 40; index++)
      spider.calls.record({
        provider: 'MOCK',
        connection: 'seoul',
        region: 'r',
        resource: 'vm',
        name: '',
        api: 'RunVm',
        start: spider.now(),
        elapsedMs: 1,
        outcome: index % 4 === 0 ? 'unavailable' : 'ok',
        cause: '',
        attempt: 1,
      });
    const { groups } = await planGroups(
      uneven.bug,
      { mcis: 'm', groups: [anywhere('a', 1), anywhere('b', 1)] },
      call,
    );
    assert.deepEqual(
      groups.map(({ connection }) => connection),
      ['tokyo', 'tokyo'],
    );
    assert.match(
      groups[0]?.because[1] ?? '',
      /^after its equals seoul: quality 0 of 100 by 4\d calls since \d{4}-\S+ \(2\d % failed, 0 % throttled, \S+ × the usual time\)$/,
    );
    const asked = await planGroups(
      uneven.bug,
      { mcis: 'n', groups: [group('a', 1, { connection: 'seoul' })] },
      call,
    );
    assert.equal(asked.groups[0]?.connection, 'seoul');
    await uneven.close();
  });

  it('passes over a cloud that can’t be reached', async () => {
    const lame = await openStage({ connections: ['seoul', 'tokyo'] });
    lame.gate((_, connection) => {
      if (connection === 'seoul') throw unreachable();
    });
    const { groups } = await planGroups(lame.bug, { mcis: 'm', groups: [anywhere('a', 1)] }, call);
    assert.equal(groups[0]?.connection, 'tokyo');
    assert.match(groups[0]?.because[1] ?? '', /^passed over seoul: /);
    await lame.close();
  });

  it('without any connection: what to do', async () => {
    const bare = await openStage({ connections: ['seoul'] });
    await assert.rejects(
      planGroups(bare.bug, { mcis: 'm', groups: [anywhere('a', 1, { cpu: 999 })] }, call),
      { code: 'failed_precondition', where: 'groups[0]', next: /^seoul: .* offers no spec with 999 CPUs/ },
    );
    await bare.close();
  });
});

describe('what is not there is told by its field, with the nearest', () => {
  for (const [what, field, wrong, expected] of [
    ['connection', 'connection', { connection: 'seol' }, /Did you mean "seoul"\?/],
    ['spec', 'spec', { cpu: undefined, memoryGb: undefined, spec: 'smal' }, /Did you mean "small"\?/],
    ['image', 'image', { image: 'ubunto-22.04' }, /Did you mean "ubuntu-22\.04"\?/],
    ['vpc', 'vpc', { vpc: 'nett' }, /Did you mean "net"\?/],
    ['subnet', 'subnet', { vpc: 'net', subnet: 'frond' }, /Did you mean "front"\?/],
    [
      'security group',
      'securityGroups[1]',
      { vpc: 'net', securityGroups: ['ssh', 'htp'] },
      /Did you mean "http"\?/,
    ],
    ['key pair', 'keyPair', { keyPair: 'mykee' }, /Did you mean "mykey"\?/],
  ] as const)
    it(what, async () => {
      await ground();
      const clean = Object.fromEntries(
        Object.entries({ ...group('b', 1), ...wrong }).filter(([, value]) => value !== undefined),
      ) as GroupInput;
      await refused([group('a', 1), clean], {
        code: 'not_found',
        where: `groups[1].${field}`,
        next: expected,
      });
    });
});

const rule: SecurityRule = {
  direction: 'inbound',
  protocol: 'tcp',
  fromPort: 80,
  toPort: 80,
  cidr: '0.0.0.0/0',
};
const spec1: Partial<GroupInput> = { spec: 'small' };
describe('what can’t be is told by its field', () => {
  for (const [what, groups, where] of [
    ['two groups of one name', [group('a', 1), group('a', 1)], 'groups[1].name'],
    ['a name without room for numbers', [group('a'.repeat(61), 10)], 'groups[0].name'],
    ['spec beside cpu', [group('a', 1, spec1)], 'groups[0].spec'],
    ['spec without connection', [only({ ...anywhere('a', 1), ...spec1 })], 'groups[0].spec'],
    ['vpc without connection', [anywhere('a', 1, { vpc: 'net' })], 'groups[0].vpc'],
    ['keyPair without connection', [anywhere('a', 1, { keyPair: 'k' })], 'groups[0].keyPair'],
    ['subnet without vpc', [group('a', 1, { subnet: 'front' })], 'groups[0].subnet'],
    ['securityGroups without vpc', [group('a', 1, { securityGroups: ['x'] })], 'groups[0].securityGroups'],
    [
      'rules beside securityGroups',
      [group('a', 1, { vpc: 'net', securityGroups: ['ssh'], rules: [rule] })],
      'groups[0].rules',
    ],
    [
      'a rule whose ports are swapped',
      [group('a', 1, { rules: [rule, { ...rule, fromPort: 90 }] })],
      'groups[0].rules[1]',
    ],
    [
      'a rule for icmp with ports',
      [group('a', 1, { rules: [{ ...rule, protocol: 'icmp' }] })],
      'groups[0].rules[0]',
    ],
    [
      'user data that is too long in bytes',
      [group('a', 1, { userData: '한'.repeat(6000) })],
      'groups[0].userData',
    ],
    ['a disk that is too small', [group('a', 1, { rootDiskGb: 4 })], 'groups[0].rootDiskGb'],
    [
      'more VMs than a network holds',
      Array.from({ length: 5 }, (_, i) => group(`g${i}`, 1000)),
      'groups[4].size',
    ],
    [
      'a security group of another vpc',
      [group('a', 1, { vpc: 'net', securityGroups: ['elsewhere'] })],
      'groups[0].securityGroups[0]',
    ],
  ] as const)
    it(what, async () => {
      await ground();
      await refused([...groups], { code: 'invalid_argument', where });
    });

  for (const cidr of ['10.0.0.0/24', '11.0.0.0/8', '10.0.0.1/8'])
    it(`cidr ${cidr}`, async () => {
      await assert.rejects(plan([group('a', 1)], cidr), { code: 'invalid_argument', where: 'cidr' });
    });

  it('of several wrong groups the first is told', async () => {
    for (let i = 0; i < 5; i++)
      await refused([group('a', 1, { image: 'nix' }), group('b', 1, { connection: 'nowhere' })], {
        where: 'groups[0].image',
      });
  });

  it('what the driver can’t do, before anything is made', async () => {
    const poor = await openStage({
      connections: ['seoul'],
      wrap: driver => ({
        ...driver,
        capabilities: {
          ...driver.capabilities,
          'vm.userData': 'no metadata service',
          'securityGroup.outbound': 'no',
        },
      }),
    });
    const at = (groups: GroupInput[]) => planGroups(poor.bug, { mcis: 'm', groups }, call);
    await assert.rejects(at([group('a', 1, { userData: '#!/bin/sh' })]), {
      code: 'unimplemented',
      where: 'groups[0].userData',
      message: /no metadata service/,
    });
    await assert.rejects(at([group('a', 1, { rules: [{ ...rule, direction: 'outbound' }] })]), {
      code: 'unimplemented',
      where: 'groups[0].rules',
    });
    await poor.made({ name: 'm', groups: [group('a', 1)] });
    await poor.remove('m');
    await poor.close();
  });
});

function only({ cpu: _cpu, memoryGb: _memory, ...rest }: GroupInput): GroupInput {
  return rest;
}
let grounded: Promise<void> | undefined;
/** What the user has made at seoul beforehand. */
function ground(): Promise<void> {
  return (grounded ??= (async () => {
    const { spider } = stage.bug;
    for (const [name, cidr] of [
      ['net', '10.0.0.0/16'],
      ['other', '10.4.0.0/20'],
    ] as const)
      await createVpc(spider, 'seoul', { name, cidr, subnets: [{ name: 'front', cidr }] }, call);
    for (const [name, vpc] of [
      ['ssh', 'net'],
      ['http', 'net'],
      ['elsewhere', 'other'],
    ] as const)
      await createSecurityGroup(spider, 'seoul', { name, vpc, rules: [rule] }, call);
    await createKeyPair(spider, 'seoul', { name: 'mykey' }, call);
  })());
}

describe('networks', () => {
  it('one a connection, with what its groups lack and no more', async () => {
    await ground();
    const all = { vpc: 'net', securityGroups: ['ssh'], keyPair: 'mykey' };
    const nets = async (...groups: GroupInput[]) =>
      (await plan(groups)).networks.map(({ connection, vpc, keyPair }) => [
        connection,
        vpc !== '',
        keyPair !== '',
      ]);
    assert.deepEqual(await nets(group('a', 1), group('b', 1)), [['seoul', true, true]]);
    assert.deepEqual(await nets(group('a', 1, all)), [['seoul', false, false]]);
    assert.deepEqual(await nets(group('a', 1, { ...all, vpc: 'net' }), group('b', 1, { keyPair: 'mykey' })), [
      ['seoul', true, false],
    ]);
    assert.deepEqual(await nets(group('a', 1, { vpc: 'net' }), group('b', 1, { connection: 'tokyo' })), [
      ['seoul', false, true],
      ['tokyo', true, true],
    ]);
  });

  it('never overlap a vpc that the MCIS uses', async () => {
    await ground();
    const input = {
      name: 'm',
      groups: [group('a', 1, { vpc: 'net' }), group('b', 1, { connection: 'tokyo' })],
    };
    const review = await reviewMcis(stage.bug, 'default', input, call);
    assert.deepEqual(
      review.connections.map(({ connection, cidr, reusesNetwork, vmCount }) => ({
        connection,
        cidr,
        reusesNetwork,
        vmCount,
      })),
      [
        { connection: 'seoul', cidr: '', reusesNetwork: true, vmCount: 1 },
        { connection: 'tokyo', cidr: '10.1.0.0/20', reusesNetwork: false, vmCount: 1 },
      ],
      '10.0.0.0/16 is the vpc’s',
    );
  });

  it('a review makes nothing and takes nothing', async () => {
    await ground();
    const before = stage.standing();
    const sent = stage.sent.filter(request => /^(Create|Run|Delete|Import)/.test(request.api)).length;
    const review = await reviewMcis(stage.bug, 'default', { name: 'm', groups: [anywhere('a', 2)] }, call);
    assert.equal(review.vmCount, 2);
    assert.equal(review.groups[0]?.specName, 'small');
    assert.deepEqual(stage.standing(), before);
    assert.equal(stage.sent.filter(request => /^(Create|Run|Delete|Import)/.test(request.api)).length, sent);
    assert.equal((await stage.store.list({ prefix: '/tumblebug/blocks/' })).entries.length, 0);
  });

  it('are exhausted at once when the range is', async () => {
    await assert.rejects(
      planCreate(
        stage.bug,
        'default',
        {
          name: 'm',
          cidr: '192.168.0.0/20',
          groups: [group('a', 1), group('b', 1, { connection: 'tokyo' })],
        },
        call,
      ),
      { code: 'resource_exhausted', where: 'cidr', message: /for tokyo/ },
    );
  });

  it('have SSH, pings and the way out open, and the group’s own rules once', () => {
    const ssh: SecurityRule = { ...rule, fromPort: 22, toPort: 22 };
    assert.equal(rulesOf({}, true).length, 3);
    assert.equal(rulesOf({}, false).length, 2);
    assert.equal(rulesOf({ rules: [rule, ssh, rule] }, true).length, 4);
  });
});

describe('names', () => {
  it('groups whose names begin alike have VMs and security groups apart', async () => {
    const long = 'x'.repeat(50);
    const names = [`${long}a`, `${long}b`];
    const { groups } = await plan(names.map(name => group(name, 1)));
    assert.equal(new Set(groups.map(each => each.securityGroups[0])).size, 2);
    const origin = { namespace: 'n', name: 'm', holder: 'tok_abcdefghijklmnop', created: '' };
    const vms = groups.map(each => vmRecord(origin, each, 1000));
    assert.equal(new Set(vms.map(vm => vm.vmName)).size, 2);
    for (const name of [...vms.map(vm => vm.vmName), ...groups.flatMap(each => each.securityGroups)])
      assert.match(name, /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
  });

  it('a stem keeps names apart and is a name', () => {
    assert.equal(stem('web', 40), 'web');
    assert.notEqual(stem('a'.repeat(60), 40), stem('a'.repeat(61), 40));
    assert.match(stem(`${'a-'.repeat(30)}b`, 40), /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/);
  });

  it('VMs are ordered by group, then number', () => {
    const names = ['web-10', 'web-2', 'web-1-1', 'web-1', 'a-3', 'web-1-20', 'web-1-3'];
    assert.deepEqual(names.sort(byNumber), [
      'a-3',
      'web-1',
      'web-2',
      'web-10',
      'web-1-1',
      'web-1-3',
      'web-1-20',
    ]);
  });
});
