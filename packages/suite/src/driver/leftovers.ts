/** The end of a run: all that it made is taken down, and another than the driver counts. */
import assert from 'node:assert/strict';
import { walk } from './expect.ts';
import { gone } from '@cloud-barista/model/state';
import type { It } from './stage.ts';

export function leftoverCases(it: It): void {
  it('nothing of this run is left, and the cloud holds as much as at the start', async stage => {
    await stage.sweep();
    const { cloud } = stage;
    const mine = (item: { name: string }) => item.name.startsWith(stage.prefix);
    const vms = await walk(part => cloud.vms.list({ ...stage.call(), ...part }), 1000);
    const groups = await walk(part => cloud.securityGroups.list({ ...stage.call(), ...part }), 1000);
    const keys = await walk(part => cloud.keyPairs.list({ ...stage.call(), ...part }), 1000);
    const vpcs = await walk(part => cloud.vpcs.list({ ...stage.call(), ...part }), 1000);
    assert.deepEqual(
      vms.items.filter(vm => mine(vm) && !gone.has(vm.state)),
      [],
    );
    assert.deepEqual([...groups.items, ...keys.items, ...vpcs.items].filter(mine), []);
    for (const noun of [cloud.disks, cloud.customImages, cloud.publicIps])
      if (noun) {
        const { items } = await walk<{ id: string; name: string }>(
          part => noun.list({ ...stage.call(), ...part }),
          1000,
        );
        assert.deepEqual(items.filter(mine), []);
      }
    await stage.holds(stage.start, 'the cloud to hold as much as at the start');
  });
}
