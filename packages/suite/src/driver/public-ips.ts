/** Public addresses of one's own: they outlive the VMs that carry them. */
import assert from 'node:assert/strict';
import type { CloudPublicIp, PublicIps } from '@cloud-barista/driver/public-ips';
import { parseAddress } from '@cloud-barista/model/cidr';
import { newToken, cloudId } from '@cloud-barista/model/ids';
import { strangerOf, walk } from './expect.ts';
import { halves } from './halves.ts';
import { skip, type It, type Stage } from './stage.ts';

const ipsOf = (stage: Stage): PublicIps => stage.cloud.publicIps ?? skip('no public addresses of one’s own');
const list = (stage: Stage, limit = 1000) =>
  walk(part => ipsOf(stage).list({ ...stage.call(), ...part }), limit).then(({ items }) => items);

async function make(stage: Stage, call = stage.create('public-ip'), name = stage.name('ip')) {
  return stage.note(call, await ipsOf(stage).create(call, { name }));
}

export function publicIpCases(it: It): void {
  it(
    'makes one with its address; get and list show it; deleted, it is gone',
    async stage => {
      const ips = ipsOf(stage);
      const before = await stage.count();
      const name = stage.name('ip');
      const call = stage.create('public-ip');
      const made = await make(stage, call, name);
      assert.equal(made.name, name);
      assert.ok(parseAddress(made.address) !== undefined, made.address);
      assert.equal(made.vm, '');
      assert.ok(made.token === undefined || made.token === call.token, 'it shows the token it was made with');
      assert.deepEqual(await ips.get(stage.call(), made.id), made);
      assert.deepEqual(
        (await list(stage)).filter(ip => ip.id === made.id),
        [made],
      );
      await stage.remove('public-ip', made.id);
      await stage.rejects(ips.get(stage.call(), made.id), 'not_found');
      await ips.delete(stage.call(), made.id);
      await stage.holds(before, 'nothing left of the address');
    },
    'publicIp',
  );

  it(
    'the addresses that VMs come with are none of them',
    async stage => {
      const { publicIp } = await stage.rig.standing();
      assert.deepEqual(
        (await list(stage)).filter(ip => ip.address === publicIp),
        [],
      );
    },
    'publicIp',
  );

  it(
    'a VM carries it, is ended, and leaves it; carried it can’t be deleted',
    async stage => {
      const ips = ipsOf(stage);
      const { vms } = stage.cloud;
      const before = await stage.count();
      const made = await make(stage);
      const call = stage.create('vm');
      const vm = await stage.rig.usable((await stage.rig.order({}, call)).id, call);
      await ips.associate(stage.call(), made.id, vm.id);
      assert.equal((await vms.get(stage.call(), vm.id)).publicIp, made.address);
      assert.equal((await ips.get(stage.call(), made.id)).vm, vm.id);
      await ips.associate(stage.call(), made.id, vm.id);
      await stage.rejects(ips.delete(stage.call(), made.id), 'failed_precondition');
      const standing = await stage.rig.standing();
      await stage.rejects(ips.associate(stage.call(), made.id, standing.id), 'failed_precondition');
      await ips.dissociate(stage.call(), made.id, standing.id);
      assert.equal(
        (await ips.get(stage.call(), made.id)).vm,
        vm.id,
        'taken from another VM: nothing happens',
      );

      await ips.dissociate(stage.call(), made.id, vm.id);
      assert.equal((await ips.get(stage.call(), made.id)).vm, '');
      await ips.dissociate(stage.call(), made.id, vm.id);
      assert.notEqual((await vms.get(stage.call(), vm.id)).publicIp, made.address);

      await ips.associate(stage.call(), made.id, vm.id);
      await stage.terminate([vm.id]);
      await stage.until(
        'the address to be carried by none',
        () => ips.get(stage.call(), made.id),
        ip => ip.vm === '',
      );
      await stage.remove('public-ip', made.id);
      await stage.holds(before, 'nothing left: not of the VM’s first address either');
    },
    'publicIp',
  );

  it(
    'returns the same one for the same token, and finds it by its mark',
    async stage => {
      const token = newToken();
      const name = stage.name('ip');
      const made = await make(stage, stage.create('public-ip', token), name);
      const again = await make(stage, stage.create('public-ip', token, true), name);
      assert.deepEqual(again, made);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'public-ip', token), [made.id]);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'public-ip', newToken()), []);
      await stage.remove('public-ip', made.id);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'public-ip', token), []);
    },
    'publicIp',
  );

  it(
    'broken at any request: the same token completes it, or its mark finds it to be undone',
    async stage => {
      await halves<CloudPublicIp>(stage, {
        kind: 'public-ip',
        create: (cloud, call, name) =>
          (cloud.publicIps ?? skip('no public addresses')).create(call, { name }),
        async whole(made, name) {
          assert.equal(made.name, name);
        },
        remove: id => stage.remove('public-ip', id),
        absent: id =>
          ipsOf(stage)
            .get(stage.call(), id)
            .then(
              () => false,
              error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
            ),
      });
    },
    'publicIp',
  );

  it(
    'refuses a VM that is none',
    async stage => {
      const made = await make(stage);
      const stranger = cloudId(strangerOf((await stage.rig.standing()).id));
      await stage.rejects(
        ipsOf(stage).associate(stage.call(), made.id, stranger),
        'not_found',
        'invalid_argument',
      );
      await stage.remove('public-ip', made.id);
    },
    'publicIp',
  );
}
