/** VPCs and subnets: making, completing what is half made, paging, deleting, what may not be deleted. */
import assert from 'node:assert/strict';
import type { CloudVpc, VpcRequest } from '@cloud-barista/driver/vpcs';
import { contains, overlaps, parseCidr } from '@cloud-barista/model/cidr';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { walk } from './expect.ts';
import { halves } from './halves.ts';
import { Meddled } from './road.ts';
import { skip, type It, type Stage } from './stage.ts';

const request = (stage: Stage, name = stage.name('vpc')): VpcRequest => ({
  name,
  cidr: '10.42.0.0/16',
  subnets: [
    { name: `${name}-b`, cidr: '10.42.2.0/24', zone: '' },
    { name: `${name}-a`, cidr: '10.42.1.0/24', zone: '' },
  ],
});

async function make(stage: Stage, asked = request(stage)): Promise<CloudVpc> {
  const call = stage.create('vpc');
  return stage.note(call, await stage.cloud.vpcs.create(call, asked));
}

const list = (stage: Stage, limit = 1000) =>
  walk(part => stage.cloud.vpcs.list({ ...stage.call(), ...part }), limit).then(({ items }) => items);
const subnetsOf = (vpc: CloudVpc) => vpc.subnets.map(({ name, cidr }) => `${name} ${cidr}`);

/** Blocks are as asked for; where the cloud chooses them, inside the VPC's, and none overlaps another. */
function blocksHold(stage: Stage, vpc: CloudVpc, asked: Pick<VpcRequest, 'cidr' | 'subnets'>): void {
  if (stage.can('vpc.cidr')) {
    assert.equal(vpc.cidr, asked.cidr);
    assert.deepEqual(subnetsOf(vpc), asked.subnets.map(({ name, cidr }) => `${name} ${cidr}`).sort());
    return;
  }
  const blocks = vpc.subnets.map(subnet => parseCidr(subnet.cidr));
  for (const [index, block] of blocks.entries()) {
    assert.ok(contains(parseCidr(vpc.cidr), block), `${subnetsOf(vpc)[index]} is inside ${vpc.cidr}`);
    assert.ok(!blocks.slice(0, index).some(other => overlaps(other, block)), subnetsOf(vpc).join(', '));
  }
}

function matches(stage: Stage, vpc: CloudVpc, asked: VpcRequest): void {
  assert.equal(vpc.name, asked.name);
  assert.deepEqual(
    vpc.subnets.map(subnet => subnet.name),
    asked.subnets.map(subnet => subnet.name).sort(),
    'its subnets, ordered by name',
  );
  blocksHold(stage, vpc, asked);
  assert.equal(new Set(vpc.subnets.map(subnet => subnet.id)).size, asked.subnets.length);
}

export function vpcCases(it: It): void {
  it('makes one with its subnets; get and list show it; deleted, it is gone', async stage => {
    const { vpcs } = stage.cloud;
    const before = await stage.count();
    const asked = request(stage);
    const made = await make(stage, asked);
    matches(stage, made, asked);
    assert.deepEqual(await vpcs.get(stage.call(), made.id), made);
    assert.deepEqual(
      (await list(stage)).filter(vpc => vpc.id === made.id),
      [made],
    );

    await stage.remove('vpc', made.id);
    await stage.rejects(vpcs.get(stage.call(), made.id), 'not_found');
    assert.ok(!(await list(stage)).some(vpc => vpc.id === made.id), 'no longer listed');
    await vpcs.delete(stage.call(), made.id);
    await stage.holds(before, 'nothing left of the VPC');
  });

  it('makes one without subnets', async stage => {
    const asked = { ...request(stage), subnets: [] };
    const made = await make(stage, asked);
    matches(stage, made, asked);
    await stage.remove('vpc', made.id);
  });

  it('pages the list by 1 and by 2, ordered, each once', async stage => {
    await stage.rig.ground();
    const made = await make(stage);
    const ids = (await list(stage)).map(vpc => vpc.id);
    assert.ok(ids.includes(made.id) && ids.length >= 2);
    for (const limit of [1, 2])
      assert.deepEqual(
        (await list(stage, limit)).map(vpc => vpc.id),
        ids,
      );
    await stage.remove('vpc', made.id);
  });

  it('returns the same one for the same token, and finds it by its mark', async stage => {
    const { vpcs } = stage.cloud;
    const token = newToken();
    const asked = request(stage);
    const call = stage.create('vpc', token);
    const made = stage.note(call, await vpcs.create(call, asked));
    const again = await vpcs.create(stage.create('vpc', token, true), asked);
    assert.deepEqual(again, made);
    assert.equal((await list(stage)).filter(vpc => vpc.name === asked.name).length, 1);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'vpc', token), [made.id]);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'vpc', newToken()), []);
    await stage.remove('vpc', made.id);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'vpc', token), []);
  });

  it('broken at any request: the same token completes it, or its mark finds it to be undone', stage =>
    halves<CloudVpc>(stage, {
      kind: 'vpc',
      create: (cloud, call, name) => cloud.vpcs.create(call, request(stage, name)),
      async whole(made, name) {
        matches(stage, made, request(stage, name));
        assert.deepEqual(await stage.cloud.vpcs.get(stage.call(), made.id), made);
        assert.equal((await list(stage)).filter(vpc => vpc.name === name).length, 1);
      },
      remove: id => stage.remove('vpc', id),
      absent: id =>
        stage.cloud.vpcs.get(stage.call(), id).then(
          () => false,
          error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
        ),
    }));

  it('deleting, broken at any request, is finished by deleting again', async stage => {
    const before = await stage.count();
    for (let number = 1, broke = true; broke; number++) {
      assert.ok(number < 60);
      broke = false;
      const made = await make(stage);
      const { cloud } = await stage.open({
        after: now => {
          if (now !== number) return;
          broke = true;
          throw new Meddled('The suite lost the answer.');
        },
      });
      await cloud.vpcs.delete(stage.call(), made.id).catch((error: unknown) => {
        if (!broke) throw error;
      });
      await stage.remove('vpc', made.id);
      await stage.rejects(stage.cloud.vpcs.get(stage.call(), made.id), 'not_found');
    }
    await stage.holds(before, 'nothing left of VPCs whose deletion broke');
  });

  it('same name: already_exists where names are unique, else another VPC', async stage => {
    const asked = request(stage);
    const made = await make(stage, asked);
    if (stage.driver.names.vpc.unique) await stage.rejects(make(stage, asked), 'already_exists');
    else {
      const other = await make(stage, asked);
      assert.notEqual(other.id, made.id);
      await stage.remove('vpc', other.id);
    }
    await stage.remove('vpc', made.id);
  });

  it(
    'adds a subnet, once for one token, and takes it away',
    async stage => {
      const { vpcs } = stage.cloud;
      const made = await make(stage);
      const call = { ...stage.call(), token: newToken(), again: false };
      const asked = { name: stage.name('net'), cidr: '10.42.3.0/24', zone: '' };
      const added = await vpcs.addSubnet(call, made.id, asked);
      if (stage.can('vpc.cidr')) assert.equal(added.cidr, asked.cidr);
      assert.equal(added.name, asked.name);
      const again = await vpcs.addSubnet({ ...call, ...stage.call(), again: true }, made.id, asked);
      assert.equal(again.id, added.id);
      const now = await vpcs.get(stage.call(), made.id);
      assert.equal(now.subnets.length, 3);
      blocksHold(stage, now, { ...request(stage), subnets: [...made.subnets, asked] });

      await vpcs.removeSubnet(stage.call(), made.id, added.id);
      await vpcs.removeSubnet(stage.call(), made.id, added.id);
      assert.deepEqual((await vpcs.get(stage.call(), made.id)).subnets, made.subnets);
      await stage.remove('vpc', made.id);
    },
    'vpc.addSubnet',
  );

  it(
    'adding a subnet, broken at any request, is completed by the same token',
    async stage => {
      const made = await make(stage);
      const before = await stage.count();
      for (const when of ['before', 'after'] as const)
        for (let number = 1, broke = true; broke; number++) {
          assert.ok(number < 60);
          broke = false;
          const { cloud } = await stage.open({
            [when]: (now: number) => {
              if (now !== number) return;
              broke = true;
              throw new Meddled('The suite broke the request.');
            },
          });
          const token = newToken();
          const asked = { name: stage.name('net'), cidr: '10.42.4.0/24', zone: '' };
          await cloud.vpcs
            .addSubnet({ ...stage.call(), token, again: false }, made.id, asked)
            .catch((error: unknown) => {
              if (!broke) throw error;
            });
          const added = await stage.cloud.vpcs.addSubnet(
            { ...stage.call(), token, again: true },
            made.id,
            asked,
          );
          assert.equal((await stage.cloud.vpcs.get(stage.call(), made.id)).subnets.length, 3);
          await stage.cloud.vpcs.removeSubnet(stage.call(), made.id, added.id);
        }
      await stage.holds(before, 'nothing left of subnets whose adding broke');
      await stage.remove('vpc', made.id);
    },
    'vpc.addSubnet',
  );

  it(
    'refuses a subnet that overlaps another',
    async stage => {
      if (!stage.can('vpc.cidr')) skip('the cloud chooses the blocks here');
      const made = await make(stage);
      const call = { ...stage.call(), token: newToken(), again: false };
      await stage.rejects(
        stage.cloud.vpcs.addSubnet(call, made.id, {
          name: stage.name('net'),
          cidr: '10.42.1.128/25',
          zone: '',
        }),
        'invalid_argument',
        'failed_precondition',
        'already_exists',
      );
      assert.deepEqual(await stage.cloud.vpcs.get(stage.call(), made.id), made);
      await stage.remove('vpc', made.id);
    },
    'vpc.addSubnet',
  );

  it(
    'adds no subnet to a VPC that is gone, and removes none of it',
    async stage => {
      const made = await make(stage);
      const [subnet] = made.subnets;
      await stage.remove('vpc', made.id);
      const call = { ...stage.call(), token: newToken(), again: false };
      const asked = { name: stage.name('net'), cidr: '10.42.3.0/24', zone: '' };
      await stage.rejects(stage.cloud.vpcs.addSubnet(call, made.id, asked), 'not_found');
      await stage.cloud.vpcs.removeSubnet(stage.call(), made.id, subnet?.id ?? cloudId('none'));
    },
    'vpc.addSubnet',
  );

  it('is not deleted while a security group is in it, and loses nothing by the attempt', async stage => {
    const made = await make(stage);
    const call = stage.create('security-group');
    const group = stage.note(
      call,
      await stage.cloud.securityGroups.create(call, { name: stage.name('sg'), vpc: made.id, rules: [] }),
    );
    try {
      if (group.vpc === '') skip('groups belong to no VPC here');
      await stage.rejects(stage.cloud.vpcs.delete(stage.call(), made.id), 'failed_precondition');
      assert.deepEqual(await stage.cloud.vpcs.get(stage.call(), made.id), made);
    } finally {
      await stage.remove('security-group', group.id);
      await stage.remove('vpc', made.id);
    }
  });

  it('is not deleted while a VM stands in it, nor is its subnet, and nothing is lost by the attempt', async stage => {
    const { vpcs } = stage.cloud;
    const vm = await stage.rig.standing();
    const { vpc, subnet, cidr } = await stage.rig.ground();
    const before = await stage.count();
    await stage.rejects(vpcs.delete(stage.call(), vpc.id), 'failed_precondition');
    await stage.rejects(vpcs.removeSubnet(stage.call(), vpc.id, subnet), 'failed_precondition');
    const now = await vpcs.get(stage.call(), vpc.id);
    assert.deepEqual(
      subnetsOf(now).map(text => text.split(' ')[1]),
      [cidr],
    );
    const still = await stage.cloud.vms.get(stage.call(), vm.id);
    assert.deepEqual([still.state, still.publicIp], ['Running', vm.publicIp], 'the VM goes on');
    if (before) assert.deepEqual(await stage.count(), before);
  });
}
