import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskStateOf, isRoot, readVolume, type Volume } from './volumes.ts';

const volume: Volume = {
  id: 'v',
  name: 'data',
  status: 'available',
  size: 10,
  volume_type: 'fast',
  availability_zone: 'nova',
  created_at: '2026-11-21T08:00:00.000000',
  bootable: 'false',
  metadata: { 'cb-token': 'tok_a' },
  attachments: [],
};
const at = (device: string) => [{ server_id: 's', device }];

test('a volume is a disk, its time in UTC', () => {
  const disk = { id: 'v', name: 'data', type: 'fast', sizeGb: 10, zone: 'nova', token: 'tok_a' };
  const created = '2026-11-21T08:00:00.000000Z';
  assert.deepEqual(readVolume(volume), { ...disk, state: 'Available', vm: '', device: '', created });
  assert.deepEqual(readVolume({ ...volume, status: 'in-use', attachments: at('/dev/vdb') }), {
    ...disk,
    state: 'Attached',
    vm: 's',
    device: '/dev/vdb',
    created,
  });
  const bare: Volume = { id: 'v', name: null, status: 'available', size: 1, volume_type: null };
  assert.deepEqual(readVolume(bare), {
    id: 'v',
    name: '',
    state: 'Available',
    type: '',
    sizeGb: 1,
    zone: '',
    vm: '',
    device: '',
    created: '',
  });
});

test('every way to fail is Failed, a word not known Undefined', () => {
  for (const status of ['error', 'error_deleting', 'error_extending', 'error_restoring'])
    assert.equal(diskStateOf(status), 'Failed');
  for (const status of ['maintenance', 'awaiting-transfer', 'retyping', ''])
    assert.equal(diskStateOf(status), 'Undefined');
  assert.equal(diskStateOf('reserved'), 'Attaching');
});

test('what VMs start from is told from data disks', () => {
  const plain: Volume = { ...volume, metadata: {} };
  const cases: [boolean, Volume][] = [
    [true, { ...plain, name: '', status: 'in-use', bootable: 'true', attachments: at('/dev/vda') }],
    [true, { ...plain, status: 'in-use', bootable: 'true', attachments: at('/dev/xvda') }],
    // Nova is making one, or deleting one.
    [true, { ...plain, name: '', status: 'downloading' }],
    [true, { ...plain, name: null, status: 'reserved' }],
    [true, { ...plain, name: '', status: 'deleting', bootable: 'true' }],
    // Bootable, but not what this VM started from; kept when its VM went.
    [false, { ...plain, status: 'in-use', bootable: 'true', attachments: at('/dev/vdb') }],
    [false, { ...plain, name: '', bootable: 'true' }],
    [false, { ...plain, status: 'creating' }],
    [false, { ...volume, name: '', status: 'creating' }],
  ];
  for (const [root, one] of cases) assert.equal(isRoot(one), root, JSON.stringify(one));
});
