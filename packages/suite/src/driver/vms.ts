/** VMs: from the order to the end. The cases share one standing VM where they can: VMs may cost money. */
import assert from 'node:assert/strict';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { contains, parseAddress, parseCidr } from '@cloud-barista/model/cidr';
import { cloudId, newToken, type CloudId } from '@cloud-barista/model/ids';
import { gone, vmStates, type VmState } from '@cloud-barista/model/state';
import { strangerOf, walk } from './expect.ts';
import { halves } from './halves.ts';
import { Meddled } from './road.ts';
import { skip, type It, type Stage } from './stage.ts';

const list = (stage: Stage, limit = 1000) =>
  walk(part => stage.cloud.vms.list({ ...stage.call(), ...part }), limit).then(({ items }) => items);

const inBlock = (cidr: string, ip: string): boolean => {
  const base = parseAddress(ip);
  return base !== undefined && contains(parseCidr(cidr), { base, prefix: 32 });
};

/** What holds of a VM in whatever state. */
function sound(vm: CloudVm): void {
  assert.ok(vmStates.includes(vm.state) && vm.state !== 'Undefined', `state ${vm.state}`);
  for (const ip of [vm.publicIp, vm.privateIp])
    assert.ok(ip === '' || parseAddress(ip) !== undefined, `${ip} is an address`);
  assert.ok(!Number.isNaN(Date.parse(vm.created)), `created ${vm.created}`);
}

const absent = (stage: Stage, id: CloudId): Promise<boolean> =>
  stage.cloud.vms.get(stage.call(), id).then(
    vm => gone.has(vm.state),
    error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
  );

/** Acts, then waits for the state that the act leads to. */
async function act(
  stage: Stage,
  id: CloudId,
  action: 'suspend' | 'resume' | 'reboot',
  to: VmState,
): Promise<CloudVm> {
  await stage.cloud.vms[action](stage.call(), id);
  return stage.rig.reach(id, to);
}

export function vmCases(it: It): void {
  it('answers an order soon, with Creating or Running; it may be in several groups', async stage => {
    const { vpc, group } = await stage.rig.ground();
    const call = stage.create('security-group');
    const other = stage.note(
      call,
      await stage.cloud.securityGroups.create(call, { name: stage.name('sg'), vpc: vpc.id, rules: [] }),
    );
    const request = await stage.rig.request({ securityGroups: [group.id, other.id] });
    const vm = await stage.rig.order(request);
    sound(vm);
    assert.ok(['Creating', 'Running'].includes(vm.state), vm.state);
    assert.equal(vm.name, request.name);
    const running = await stage.rig.reach(vm.id, 'Running');
    assert.deepEqual([...running.securityGroups].sort(), [group.id, other.id].sort());
    await stage.terminate([vm.id]);
    assert.ok(await absent(stage, vm.id));
    await stage.remove('security-group', other.id);
  });

  it('comes to be Running, with a public address and a private one inside its subnet', async stage => {
    const vm = await stage.rig.standing();
    const { vpc, subnet, cidr, group, key } = await stage.rig.ground();
    sound(vm);
    assert.equal(vm.image, stage.subject.image);
    assert.equal(vm.spec, stage.subject.spec);
    assert.ok(inBlock(cidr, vm.privateIp), `${vm.privateIp} is in ${cidr}`);
    assert.ok(vm.publicIp !== '');
    assert.ok(stage.subject.oneAddress === true || vm.publicIp !== vm.privateIp);
    assert.deepEqual(vm.securityGroups, [group.id]);
    for (const [is, should] of [
      [vm.vpc, vpc.id],
      [vm.subnet, subnet],
      [vm.keyPair, key.id],
    ] as const)
      assert.ok(is === should || is === '', `${is} is ${should}`);
    const { zone } = stage.driver.regionOf(stage.subject.config);
    if (zone !== '') assert.equal(vm.zone, zone);
  });

  it('is the same by get, list and in bulk', async stage => {
    const vm = await stage.rig.standing();
    assert.deepEqual(await stage.cloud.vms.get(stage.call(), vm.id), vm);
    assert.deepEqual(
      (await list(stage)).find(listed => listed.id === vm.id),
      vm,
    );
    assert.deepEqual(await stage.cloud.vms.getMany(stage.call(), [vm.id]), [vm]);
    assert.deepEqual(await stage.cloud.vms.getMany(stage.call(), []), []);
  });

  it('completing it twice does no harm', async stage => {
    const { cloud } = stage;
    const complete = cloud.vms.complete?.bind(cloud.vms) ?? skip('VMs need no completing here');
    const vm = await stage.rig.standing();
    const before = await stage.count();
    const call = { ...stage.call(), token: newToken(), again: true };
    assert.equal((await complete(call, vm.id)).publicIp, vm.publicIp);
    assert.equal((await complete(call, vm.id)).publicIp, vm.publicIp);
    await stage.holds(before, 'no second public address');
  });

  it('completing it, with any answer lost, is finished by completing it again', async stage => {
    if (!stage.cloud.vms.complete) skip('VMs need no completing here');
    const before = await stage.count();
    for (let number = 1, broke = true; broke; number++) {
      assert.ok(number < 30);
      broke = false;
      const call = stage.create('vm');
      const vm = await stage.rig.order({}, call);
      await stage.rig.reach(vm.id, 'Running');
      const { cloud } = await stage.open({
        after: now => {
          if (now !== number) return;
          broke = true;
          throw new Meddled('The suite lost the answer.');
        },
      });
      await cloud.vms
        .complete?.({ ...stage.call(), token: call.token, again: false }, vm.id)
        .catch((error: unknown) => {
          if (!broke) throw error;
        });
      const done = await stage.cloud.vms.complete?.(
        { ...stage.call(), token: call.token, again: true },
        vm.id,
      );
      assert.ok(done && done.publicIp !== '');
      await stage.terminate([vm.id]);
    }
    await stage.holds(before, 'no address of a VM whose completing broke');
  });

  it(
    'suspends and resumes, and is reached again',
    async stage => {
      const vm = await stage.rig.standing();
      const suspended = await act(stage, vm.id, 'suspend', 'Suspended');
      assert.equal(suspended.privateIp, vm.privateIp, 'it keeps its private address');
      await act(stage, vm.id, 'resume', 'Running');
      const back = await stage.rig.standing();
      assert.equal(back.privateIp, vm.privateIp);
    },
    'vm.suspend',
  );

  it(
    'reboots to Running, with the same addresses',
    async stage => {
      const vm = await stage.rig.standing();
      const back = await act(stage, vm.id, 'reboot', 'Running');
      assert.deepEqual([back.publicIp, back.privateIp], [vm.publicIp, vm.privateIp]);
    },
    'vm.reboot',
  );

  it(
    'refuses what its state forbids: rebooting a suspended one',
    async stage => {
      if (!stage.can('vm.suspend')) skip('VMs are not suspended here');
      const vm = await stage.rig.standing();
      await act(stage, vm.id, 'suspend', 'Suspended');
      try {
        await stage.rejects(stage.cloud.vms.reboot(stage.call(), vm.id), 'failed_precondition');
        assert.equal((await stage.cloud.vms.get(stage.call(), vm.id)).state, 'Suspended');
      } finally {
        await act(stage, vm.id, 'resume', 'Running');
      }
    },
    'vm.reboot',
  );

  it('ends: terminating twice succeeds, nothing can be done with it, and it costs nothing', async stage => {
    const { vms } = stage.cloud;
    await stage.rig.ground();
    const before = await stage.count();
    const call = stage.create('vm');
    const vm = await stage.rig.order({}, call);
    await stage.rig.usable(vm.id, call);
    await vms.terminate(stage.call(), vm.id);
    await vms.terminate(stage.call(), vm.id);
    await stage.terminate([vm.id]);
    await vms.terminate(stage.call(), vm.id);
    assert.ok(await absent(stage, vm.id));
    const listed = (await list(stage)).filter(listed => listed.id === vm.id);
    assert.ok(
      listed.every(listed => gone.has(listed.state)),
      'listed, if at all, as gone',
    );
    if (stage.can('vm.suspend')) {
      await stage.rejects(vms.suspend(stage.call(), vm.id), 'failed_precondition', 'not_found');
      await stage.rejects(vms.resume(stage.call(), vm.id), 'failed_precondition', 'not_found');
    }
    if (stage.can('vm.reboot'))
      await stage.rejects(vms.reboot(stage.call(), vm.id), 'failed_precondition', 'not_found');
    await stage.holds(before, 'nothing left of the VM: no address, no interface, no disk');
  });

  it('returns the same one for the same token, and finds it by its mark', async stage => {
    const token = newToken();
    const request = await stage.rig.request();
    const vm = await stage.rig.order(request, stage.create('vm', token));
    const again = await stage.cloud.vms.create(stage.create('vm', token, true), request);
    assert.equal(again.id, vm.id);
    assert.equal((await list(stage)).filter(listed => listed.name === request.name).length, 1);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'vm', token), [vm.id]);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'vm', newToken()), []);
    await stage.terminate([vm.id]);
  });

  it('whichever answer is lost: the same token leads to one VM, or its mark finds it to be ended', async stage => {
    const template = await stage.rig.request();
    await halves<CloudVm>(stage, {
      kind: 'vm',
      lostOnly: true,
      create: (cloud, call, name) => cloud.vms.create(call, { ...template, name }),
      async whole(made, name) {
        assert.equal((await list(stage)).filter(vm => vm.name === name).length, 1);
        assert.equal((await stage.rig.reach(made.id, 'Running')).name, name);
      },
      remove: id => stage.terminate([id]),
      absent: id => absent(stage, id),
    });
  });

  it('many at once, each with its own token: as many VMs; paged by 2 and in bulk', async stage => {
    const many = stage.subject.vmsAtOnce ?? 20;
    await stage.rig.ground();
    const calls = Array.from({ length: many }, () => stage.create('vm'));
    const made = await Promise.all(
      calls.map(async call => {
        const request = await stage.rig.request();
        // Ordering again when the cloud throttles is the caller's part, done here with the same token.
        let again = false;
        const vm = await stage.until(
          `the order for ${request.name} to be taken`,
          () =>
            stage.cloud.vms
              .create({ ...stage.call(), token: call.token, again }, request)
              .catch((error: unknown) => {
                again = true;
                return stage.rejects(Promise.reject(error), 'unavailable').then(() => undefined);
              }),
          vm => vm !== undefined,
        );
        assert.ok(vm);
        return stage.note(call, vm);
      }),
    );
    const ids = made.map(vm => vm.id);
    assert.equal(new Set(ids).size, many, 'each its own VM');
    await Promise.all(ids.map((id, index) => stage.rig.usable(id, calls[index] ?? stage.create('vm'))));

    const bulk = await stage.cloud.vms.getMany(stage.call(), [cloudId(strangerOf(ids[0] ?? '')), ...ids]);
    assert.deepEqual(
      bulk.map(vm => vm.id).sort(),
      [...ids].sort(),
      'in bulk: all of them, the absent left out',
    );
    for (const key of ['publicIp', 'privateIp'] as const)
      assert.equal(new Set(bulk.map(vm => vm[key])).size, many, `each its own ${key}`);

    for (const limit of [2, 7, 1000]) {
      const listed = (await list(stage, limit)).filter(vm => ids.includes(vm.id));
      assert.equal(listed.length, many, `all of them at limit ${limit}`);
    }
    await stage.terminate(ids);
  });

  it(
    'takes user data: 16 KiB, in any script',
    async stage => {
      const script = '#!/bin/sh\n# 첫 부팅 ☕ "quotes" $vars `ticks` <xml> & more\ntouch /tmp/booted\n';
      for (const userData of [
        script,
        `${script}#`.padEnd(16_384 - Buffer.byteLength(script) + script.length, 'x'),
      ]) {
        assert.ok(Buffer.byteLength(userData) <= 16_384);
        const vm = await stage.rig.order({ userData });
        await stage.rig.reach(vm.id, 'Running');
        await stage.terminate([vm.id]);
      }
    },
    'vm.userData',
  );

  it(
    'takes a root disk of the size asked for',
    async stage => {
      const vm = await stage.rig.order({ rootDiskGb: 40 });
      await stage.rig.reach(vm.id, 'Running');
      await stage.terminate([vm.id]);
    },
    'vm.rootDisk',
  );

  for (const part of ['image', 'spec', 'subnet', 'keyPair', 'securityGroups'] as const)
    it(`refuses an unknown ${part}, and makes nothing`, async stage => {
      const request = await stage.rig.request();
      const before = await stage.count();
      const call = stage.create('vm');
      const wrong = request[part];
      const change =
        typeof wrong === 'string'
          ? { [part]: cloudId(strangerOf(wrong)) }
          : { [part]: wrong.map(id => cloudId(strangerOf(id))) };
      await stage.rejects(stage.rig.order(change, call), 'not_found', 'invalid_argument');
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'vm', call.token), []);
      await stage.holds(before, 'nothing made');
    });

  it('says not_found of a VM that never was', async stage => {
    const { vms } = stage.cloud;
    const vm = await stage.rig.standing();
    const stranger = cloudId(strangerOf(vm.id));
    await stage.rejects(vms.get(stage.call(), stranger), 'not_found');
    if (stage.can('vm.suspend')) await stage.rejects(vms.suspend(stage.call(), stranger), 'not_found');
    if (stage.can('vm.reboot')) await stage.rejects(vms.reboot(stage.call(), stranger), 'not_found');
    await vms.terminate(stage.call(), stranger);
  });
}
