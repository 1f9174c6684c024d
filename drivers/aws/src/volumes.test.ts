import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Volume } from '@aws-sdk/client-ec2';
import { newToken } from '@cloud-barista/model/ids';
import { diskTypes, iops } from './disk-types.ts';
import { isReserved, tagRule, vmMarks } from './marks.ts';
import { isInstances, toDisk } from './volumes.ts';

const on = (State: string): Volume => ({
  State: 'in-use',
  Attachments: [
    { InstanceId: 'i-1', Device: '/dev/sdf', State: State as 'attached', DeleteOnTermination: false },
  ],
});
const shown = (volume: Volume) => {
  const { state, vm } = toDisk(volume);
  return `${state} ${vm}`;
};

describe('volumes', () => {
  it('tell their state by themselves and by their attachment', () => {
    assert.equal(shown({ State: 'creating' }), 'Creating ');
    assert.equal(shown({ State: 'available', Attachments: [] }), 'Available ');
    assert.equal(shown({ State: 'error' }), 'Failed ');
    assert.equal(shown({ State: 'deleting' }), 'Deleting ');
    assert.equal(shown({ State: 'new-word' as 'error' }), 'Undefined ');
    assert.equal(shown(on('attaching')), 'Attaching i-1');
    assert.equal(shown(on('attached')), 'Attached i-1');
    assert.equal(shown(on('detaching')), 'Detaching i-1');
    assert.equal(shown(on('busy')), 'Detaching i-1');
    assert.equal(shown({ ...on('detached'), State: 'available' }), 'Available ');
  });

  it('that an instance comes with are no data disks', () => {
    const [, volume] = vmMarks('vm', newToken());
    assert.ok(isInstances({ State: 'creating', Tags: volume?.Tags }));
    assert.ok(isInstances({ Attachments: [{ DeleteOnTermination: true }] }));
    assert.ok(!isInstances(on('attached')));
    // Left over by an image that keeps its root disk: nobody else deletes it.
    assert.ok(!isInstances({ State: 'available', Attachments: [], Tags: volume?.Tags }));
  });

  it('of the io kinds are told their IOPS, within io1’s ratio', () => {
    for (const { type, minGb, maxGb } of diskTypes)
      for (const size of [minGb, maxGb]) {
        const { Iops } = iops(type, size);
        if (type.startsWith('io')) assert.ok(Iops !== undefined && Iops >= 100 && Iops <= 50 * size);
        else assert.equal(Iops, undefined);
      }
  });
});

describe('tags', () => {
  it('can’t be marks or AWS’ own', () => {
    const key = new RegExp(`^(?:${tagRule.key})$`, 'u');
    for (const word of ['owner', 'Named', 'cost center', '부서', 'a'.repeat(128)])
      assert.ok(key.test(word) && !isReserved(word), word);
    for (const word of ['Name', 'cb-token', 'cb-vm', 'aws:x', 'AWS:x'])
      assert.ok(!key.test(word) && isReserved(word), word);
    for (const word of ['', 'a'.repeat(129), 'a*b', 'a\nb']) assert.ok(!key.test(word), word);
  });
});
