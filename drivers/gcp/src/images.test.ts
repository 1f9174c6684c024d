/** Image ids and what names tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { locate, readSystem, toImage } from './images.ts';
import { cover } from './vpcs.ts';
import { toSpec } from './specs.ts';

test('an image by its id, its address, its family, or a name of the own project', () => {
  const project = 'ubuntu-os-cloud';
  const image = 'ubuntu-2204-jammy-v20260101';
  const id = `projects/${project}/global/images/${image}`;
  for (const text of [
    id,
    `https://www.googleapis.com/compute/v1/${id}`,
    `https://compute.googleapis.com/compute/v1/${id}`,
    `http://127.0.0.1:1234/gcp/compute/v1/${id}`,
  ])
    assert.deepEqual(locate(text, 'mine'), { project, image });
  assert.deepEqual(locate(`projects/${project}/global/images/family/ubuntu-2204-lts`, 'mine'), {
    project,
    image: 'family/ubuntu-2204-lts',
  });
  assert.deepEqual(locate('golden', 'mine'), { project: 'mine', image: 'golden' });
  for (const bad of ['', 'ami-123/4', '../x', 'projects/a/global/images/b/c', 'Golden image'])
    assert.equal(locate(bad, 'mine'), undefined);
});

test('systems and their versions', () => {
  for (const [name, os, osVersion] of [
    ['ubuntu-2204-jammy-v20260101', 'ubuntu', '22.04'],
    ['ubuntu-minimal-2404-noble-arm64-v20260101', 'ubuntu', '24.04'],
    ['ubuntu-pro-1804-bionic-v20260101', 'ubuntu', '18.04'],
    ['debian-12-bookworm-v20260101', 'debian', '12'],
    ['rocky-linux-9-optimized-gcp-v20260101', 'rocky', '9'],
    ['centos-stream-9-v20260101', 'centos', '9'],
    ['rhel-9-v20260101', 'rhel', '9'],
    ['sles-15-sp6-v20260101-x86-64', 'sles', '15.6'],
    ['opensuse-leap-15-6-v20260101-x86-64', 'opensuse-leap', '15.6'],
    ['cos-stable-117-18613-0-0', 'cos', '117'],
    ['golden', '', ''],
  ] as const)
    assert.deepEqual(readSystem(name), { os, osVersion }, name);
});

test('an image of one’s own tells its system by its family', () => {
  const image = toImage('mine', {
    name: 'golden-7',
    family: 'ubuntu-2204-golden',
    status: 'READY',
    architecture: 'ARM64',
    diskSizeGb: '20',
    creationTimestamp: '2026-01-01T00:00:00.000-08:00',
  });
  assert.deepEqual(image, {
    id: 'projects/mine/global/images/golden-7',
    name: 'golden-7',
    os: 'ubuntu',
    osVersion: '22.04',
    architecture: 'arm64',
    user: 'cb-user',
    available: true,
    created: '2026-01-01T08:00:00.000Z',
    minDiskGb: 20,
  });
});

test('machine types and their GPUs', () => {
  const a2 = {
    name: 'a2-ultragpu-2g',
    guestCpus: 24,
    memoryMb: 348160,
    accelerators: [{ guestAcceleratorType: 'nvidia-a100-80gb', guestAcceleratorCount: 2 }],
  };
  assert.deepEqual(toSpec(a2).gpus, [{ count: 2, vendor: 'nvidia', model: 'a100-80gb', memoryMib: 81920 }]);
  const g = { guestAcceleratorType: 'nvidia-tesla-t4', guestAcceleratorCount: 1 };
  assert.deepEqual(toSpec({ ...a2, accelerators: [g] }).gpus, [
    { count: 1, vendor: 'nvidia', model: 't4', memoryMib: 16384 },
  ]);
  assert.equal(toSpec({ name: 't2a-standard-1', guestCpus: 1, memoryMb: 4096 }).architecture, 'arm64');
  assert.equal(toSpec({ name: 'e2-medium', architecture: 'ARM64' }).architecture, 'arm64');
});

test('the block around the blocks', () => {
  assert.equal(cover([]), '');
  assert.equal(cover(['10.0.1.0/24']), '10.0.1.0/24');
  assert.equal(cover(['10.0.0.0/24', '10.0.3.0/24']), '10.0.0.0/22');
});
