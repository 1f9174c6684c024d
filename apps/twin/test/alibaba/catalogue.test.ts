/** How many system images a cloud offers is the cloud's to set; any page of them is the same, whichever way it is come to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTwin } from './server.ts';

test('a catalogue of 2,000 images, and one of none', async () => {
  const twin = await startTwin({ quotas: { images: 2000 } });
  try {
    const ids = new Set<string>();
    for (let PageNumber = 1; PageNumber <= 20; PageNumber++) {
      const { Images, TotalCount } = await twin.ok('ecs', 'DescribeImages', { PageNumber, PageSize: 100 });
      assert.equal(TotalCount, 2000);
      for (const { ImageId } of Images.Image) ids.add(ImageId);
    }
    assert.equal(ids.size, 2000);
    const ubuntu = await twin.ok('ecs', 'DescribeImages', { ImageName: 'ubuntu_22_04_arm64*' });
    assert.ok(ubuntu.TotalCount > 50);
    const [last] = [...ids].slice(-1);
    const { Images } = await twin.ok('ecs', 'DescribeImages', { ImageId: `${last},m-0` });
    assert.equal(Images.Image.length, 1);
    // Machines boot of the earlier ones too.
    await twin.fails(
      'ecs',
      'RunInstances',
      { ImageId: String(last), InstanceType: 'ecs.none.large', VSwitchId: 'vsw-0' },
      'InvalidInstanceType.ValueNotSupported',
    );
    await twin.fails('ecs', 'DescribeImages', { Status: 'Lost' }, 'InvalidStatus.ValueNotSupported');
  } finally {
    await twin.close();
  }
  const bare = await startTwin({ quotas: { images: 0 } });
  assert.equal((await bare.ok('ecs', 'DescribeImages')).TotalCount, 0);
  await bare.close();
});
