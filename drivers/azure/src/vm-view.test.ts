import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { VmState } from '@cloud-barista/model/state';
import { hasOwnGroup, idOf, idOfNic, imageOf, stateOf, toVm, vmName, type Model } from './vm-view.ts';

const model = (provisioningState: string, codes: string[], disk = true): Model => ({
  name: 'web',
  properties: {
    provisioningState,
    storageProfile: { osDisk: disk ? { managedDisk: { id: '/disks/1' } } : {} },
    instanceView: { statuses: codes.map(code => ({ code })) },
  },
});

const cases: [string, string[], boolean, VmState][] = [
  ['Creating', [], false, 'Creating'],
  ['Creating', ['ProvisioningState/creating', 'PowerState/running'], true, 'Creating'],
  ['Succeeded', ['ProvisioningState/succeeded', 'PowerState/running'], true, 'Running'],
  ['Updating', ['PowerState/deallocating'], true, 'Suspending'],
  ['Succeeded', ['PowerState/deallocated'], true, 'Suspended'],
  ['Succeeded', ['PowerState/stopped'], true, 'Suspended'],
  ['Updating', ['PowerState/starting'], true, 'Resuming'],
  ['Deleting', ['PowerState/running'], true, 'Terminating'],
  ['Failed', [], false, 'Failed'],
  ['Failed', ['ProvisioningState/failed/AllocationFailed'], true, 'Failed'],
  ['Failed', ['ProvisioningState/failed/AllocationFailed', 'PowerState/deallocated'], false, 'Failed'],
  ['Failed', ['ProvisioningState/failed/AllocationFailed', 'PowerState/deallocated'], true, 'Suspended'],
  ['Failed', ['ProvisioningState/failed/InternalOperationError', 'PowerState/running'], true, 'Running'],
  ['Failed', ['ProvisioningState/failed/OSProvisioningTimedOut', 'PowerState/running'], true, 'Failed'],
  ['Succeeded', ['PowerState/levitating'], true, 'Undefined'],
  ['Moving', ['PowerState/running'], true, 'Undefined'],
];
for (const [provisioning, codes, disk, state] of cases)
  it(`${provisioning}, ${codes.join(' ') || 'nothing'}${disk ? '' : ', no disk'}: ${state}`, () => {
    assert.equal(stateOf(model(provisioning, codes, disk)), state);
  });

it('an id tells whether the VM has a group of its own', () => {
  for (const [groups, own] of [
    [['a'], false],
    [['a', 'b'], true],
    [[], false],
  ] as const) {
    const id = idOf('web-1', groups);
    assert.equal(vmName(id), 'web-1');
    assert.equal(hasOwnGroup(id), own);
  }
});

const id = (type: string, name: string) =>
  `/subscriptions/s/resourceGroups/GROUP/providers/Microsoft.Network/${type}/${name}`;
const nic = (group: string) => ({
  name: 'web-nic',
  properties: {
    networkSecurityGroup: { id: id('networkSecurityGroups', group) },
    ipConfigurations: [
      {
        properties: {
          primary: true,
          privateIPAddress: '10.0.0.4',
          subnet: { id: id('virtualNetworks', 'net/subnets/a') },
        },
      },
    ],
  },
});

it('puts model and interface together; what the interface has is the truth', () => {
  const ours: Model = {
    ...model('Succeeded', ['PowerState/running']),
    tags: { 'CB-Group-1': 'one', 'cb-group-2': 'two', 'cb-key': 'key', 'cb-subnet': 'net/a' },
    zones: ['2'],
  };
  const whole = toVm(ours, nic('WEB_groups'), '192.0.2.1');
  assert.deepEqual(whole.securityGroups, ['one', 'two'], 'the group that stands for both is not shown');
  assert.deepEqual([whole.vpc, whole.subnet, whole.keyPair, whole.zone], ['net', 'net/a', 'key', '2']);
  assert.deepEqual([whole.privateIp, whole.publicIp], ['10.0.0.4', '192.0.2.1']);
  assert.deepEqual(toVm(ours, nic('other'), '').securityGroups, ['other']);
  const young = toVm(ours, undefined, '');
  assert.deepEqual([young.securityGroups, young.subnet, young.privateIp], [['one', 'two'], 'net/a', '']);
  assert.ok(!Number.isNaN(Date.parse(young.created)));
});

it('an interface tells its VM, and by its group whether that one has a group of its own', () => {
  const of = (group: string, vm: string) => {
    const one = nic(group);
    return { ...one, properties: { ...one.properties, virtualMachine: { id: id('virtualMachines', vm) } } };
  };
  assert.equal(idOfNic(of('one', 'web')), 'web');
  assert.equal(idOfNic(of('WEB_groups', 'web')), 'web+groups');
  assert.equal(idOfNic(nic('one')), '');
  assert.equal(idOfNic(undefined), '');
});

it('an image is told by its URN; a custom one by its name where it is of the VM’s group, else by its id', () => {
  const inGroup = (group: string, type: string, name: string) =>
    `/subscriptions/s/resourceGroups/${group}/providers/Microsoft.Compute/${type}/${name}`;
  const of = (reference: Record<string, string>): string =>
    imageOf({
      name: 'web',
      id: inGroup('GROUP', 'virtualMachines', 'web'),
      properties: { storageProfile: { imageReference: reference } },
    });
  assert.equal(of({ publisher: 'p', offer: 'o', sku: 's', version: '1.0.0' }), 'p:o:s:1.0.0');
  assert.equal(of({ id: inGroup('group', 'images', 'mine') }), 'mine');
  const other = inGroup('other', 'images', 'theirs');
  assert.equal(of({ id: other }), other);
  assert.equal(of({}), '');
});
