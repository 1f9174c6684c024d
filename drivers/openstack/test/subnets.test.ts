/** VMs in a VPC of several subnets, where the driver makes the port: what the shared suite, with its one subnet, does not meet. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CloudVm, VmRequest } from '@cloud-barista/driver/vms';
import { contains, parseAddress, parseCidr } from '@cloud-barista/model/cidr';
import { cloudId } from '@cloud-barista/model/ids';
import { gone } from '@cloud-barista/model/state';
import { halves } from '@cloud-barista/suite/driver/halves';
import { createStage, type Stage } from '@cloud-barista/suite/driver/stage';
import type { Subject } from '@cloud-barista/suite/driver/subject';
import { openTwin } from './twin.ts';

describe('a VPC of several subnets', () => {
  let subject: Subject;
  let stage: Stage;
  let template: VmRequest;
  let cidrs: Map<string, string>;

  before(async () => {
    subject = await openTwin(5)();
    stage = await createStage(subject);
    const call = stage.create('vpc');
    const vpc = stage.note(
      call,
      await stage.cloud.vpcs.create(call, {
        name: stage.name('vpc'),
        cidr: '10.50.0.0/16',
        subnets: ['10.50.1.0/24', '10.50.2.0/24'].map(cidr => ({ name: stage.name('net'), cidr, zone: '' })),
      }),
    );
    cidrs = new Map(vpc.subnets.map(subnet => [subnet.id, subnet.cidr]));
    template = { ...(await stage.rig.request()), vpc: vpc.id, subnet: vpc.subnets[1]?.id ?? cloudId('') };
  });
  after(async () => {
    await stage.sweep();
    await stage.close();
    await subject.close();
  });

  it('puts each VM into the subnet asked for, gives it an address, and leaves nothing', async () => {
    const held = await stage.count();
    for (const [subnet, cidr] of cidrs) {
      const call = stage.create('vm');
      const made = await stage.rig.order(
        { ...template, subnet: cloudId(subnet), name: stage.name('vm') },
        call,
      );
      const vm = await stage.rig.usable(made.id, call);
      assert.ok(
        contains(parseCidr(cidr), { base: parseAddress(vm.privateIp) ?? 0, prefix: 32 }),
        `${vm.privateIp} in ${cidr}`,
      );
      assert.deepEqual([vm.subnet, vm.securityGroups], [subnet, template.securityGroups]);
      await stage.rejects(
        stage.cloud.securityGroups.delete(stage.call(), template.securityGroups[0] ?? cloudId('')),
        'failed_precondition',
      );
      await stage.terminate([vm.id]);
    }
    await stage.holds(held, 'no server, port or address left');
  });

  it('whichever answer is lost: the same token leads to one VM, or its mark finds what is left', () =>
    halves<CloudVm>(stage, {
      kind: 'vm',
      lostOnly: true,
      create: (cloud, call, name) => cloud.vms.create(call, { ...template, name }),
      whole: async (made, name) => assert.equal((await stage.rig.reach(made.id, 'Running')).name, name),
      remove: id => stage.terminate([id]),
      absent: id =>
        stage.cloud.vms.get(stage.call(), id).then(
          // Nova shows for a moment what has ended.
          vm => gone.has(vm.state),
          error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
        ),
    }));

  it('an order that is refused leaves no port', async () => {
    const held = await stage.count();
    const call = stage.create('vm');
    const order = stage.rig.order(
      { ...template, keyPair: cloudId('no-such-key'), name: stage.name('vm') },
      call,
    );
    await stage.rejects(order, 'not_found', 'invalid_argument');
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'vm', call.token), []);
    await stage.holds(held, 'no port left');
  });

  it('takes the image and the spec by their names too', async () => {
    const image = await stage.cloud.images.get(stage.call(), template.image);
    const spec = await stage.cloud.specs.get(stage.call(), template.spec);
    const named = { image: cloudId(image.name), spec: cloudId(spec.name), name: stage.name('vm') };
    const vm = await stage.rig.order({ ...template, ...named });
    assert.deepEqual([vm.image, vm.spec], [image.id, spec.id]);
    await stage.terminate([vm.id]);
  });

  it('loses nothing when the VPC is asked to go while VMs stand in it', async () => {
    const vm = await stage.rig.order({ ...template, name: stage.name('vm') });
    await stage.rig.reach(vm.id, 'Running');
    const held = await stage.count();
    await stage.rejects(stage.cloud.vpcs.delete(stage.call(), template.vpc), 'failed_precondition');
    assert.deepEqual(await stage.count(), held);
    await stage.terminate([vm.id]);
  });
});
