import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { DiskState } from '@cloud-barista/model/disk';
import { stateOf, toDisk, type ManagedDisk } from './disk-view.ts';
import type { Model } from './vm-view.ts';

const vmId = '/subscriptions/s/resourceGroups/GROUP/providers/Microsoft.Compute/virtualMachines/web';
const disk = (provisioningState: string, diskState?: string, managedBy?: string): ManagedDisk => ({
  name: 'data',
  sku: { name: 'Premium_LRS' },
  zones: ['2'],
  tags: { 'CB-Token': 'tok_x' },
  ...(managedBy !== undefined && { managedBy }),
  properties: { provisioningState, diskSizeGB: 64, ...(diskState !== undefined && { diskState }) },
});

const cases: [string, string | undefined, string | undefined, DiskState][] = [
  ['Creating', undefined, undefined, 'Creating'],
  ['Updating', undefined, undefined, 'Creating'],
  ['Failed', undefined, undefined, 'Failed'],
  ['Succeeded', 'Unattached', undefined, 'Available'],
  ['Updating', 'Unattached', undefined, 'Available'],
  ['Failed', 'Unattached', undefined, 'Available'],
  ['Succeeded', 'Attached', vmId, 'Attached'],
  ['Succeeded', 'Reserved', vmId, 'Attached'],
  ['Succeeded', 'ActiveSAS', vmId, 'Attached'],
  ['Succeeded', 'ActiveSAS', undefined, 'Available'],
  ['Succeeded', 'ActiveUpload', undefined, 'Creating'],
  ['Deleting', 'Unattached', undefined, 'Deleting'],
  ['Succeeded', 'Levitating', undefined, 'Undefined'],
];
for (const [provisioning, state, managedBy, wanted] of cases)
  it(`${provisioning}, ${state ?? 'no state'}${managedBy === undefined ? '' : ', of a VM'}: ${wanted}`, () => {
    assert.equal(stateOf(disk(provisioning, state, managedBy)), wanted);
  });

it('tells the VM by its whole id, and the device by the name that stays', () => {
  const vm = (diskControllerType: string): Model => ({
    name: 'web',
    tags: { 'cb-group-1': 'a', 'cb-group-2': 'b' },
    properties: {
      storageProfile: { diskControllerType, dataDisks: [{ lun: 3, managedDisk: { id: '/DISKS/DATA' } }] },
    },
  });
  const attached = disk('Succeeded', 'Attached', vmId);
  const shown = toDisk(attached, vm('SCSI'));
  assert.deepEqual([shown.vm, shown.device], ['web+groups', '/dev/disk/azure/scsi1/lun3']);
  assert.deepEqual([shown.type, shown.sizeGb, shown.zone, shown.token], ['Premium_LRS', 64, '2', 'tok_x']);
  assert.equal(toDisk(attached, vm('NVMe')).device, '/dev/disk/azure/data/by-lun/3');
  const lost = toDisk(attached, undefined);
  assert.deepEqual([lost.vm, lost.device], ['web', '']);
  const free = toDisk(disk('Succeeded', 'Unattached'), undefined);
  assert.deepEqual([free.vm, free.device], ['', '']);
});
