/** Custom images of VMs whose root disk is a volume, and of VMs that were made of one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { never, withCloud } from './local-cloud.ts';

const call = () => ({ signal: never() });
const services = ['compute', 'network', 'image', 'volumev3'];
const server = (volumes: string[], task: string | null = null) => ({
  id: 'vm',
  name: 'vm',
  status: 'ACTIVE',
  created: '',
  image: '',
  'OS-EXT-STS:task_state': task,
  'os-extended-volumes:volumes_attached': volumes.map(id => ({ id })),
});

test(
  'of a VM on a volume with data disks none is made: they would come along',
  withCloud(
    () => ({ body: { server: server(['root', 'data']) } }),
    async ({ cloud, asked }) => {
      const order = { ...call(), token: newToken(), again: false };
      await assert.rejects(
        cloud.customImages?.create(order, { name: 'i', vm: cloudId('vm') }) ?? Promise.resolve(),
        (error: unknown) => error instanceof BaristaError && error.code === 'failed_precondition',
      );
      assert.ok(asked.every(one => one.method === 'GET'));
    },
  ),
);

let looks = 0;
test(
  'waits until another image of the VM has been read off it',
  withCloud(
    ({ method }) =>
      method === 'POST'
        ? { status: 202, body: { image_id: 'made' } }
        : { body: { server: server(['root'], ++looks < 3 ? 'image_uploading' : null) } },
    async ({ cloud, asked }) => {
      const order = { ...call(), token: newToken(), again: false };
      const made = await cloud.customImages?.create(order, { name: 'i', vm: cloudId('vm') });
      assert.equal(made?.id, 'made');
      assert.deepEqual(
        asked.map(one => one.method),
        ['GET', 'GET', 'GET', 'POST'],
      );
      assert.equal(asked.at(-1)?.headers['openstack-api-version'], 'compute 2.45');
      const metadata = { 'cb-token': order.token, 'cb-name': 'i' };
      assert.deepEqual(asked.at(-1)?.body, { createImage: { name: 'i', metadata } });
    },
  ),
);

const onVolume = {
  id: 'i',
  name: 'i',
  status: 'active',
  'cb-token': 'tok_a',
  'cb-name': 'i',
  block_device_mapping: JSON.stringify([{ snapshot_id: 'snap', volume_size: 20, source_type: 'snapshot' }]),
};

test(
  'with the image goes its volume’s snapshot, and goes first',
  withCloud(
    ({ method }) => (method === 'GET' ? { body: onVolume } : { status: 204 }),
    async ({ cloud, asked }) => {
      assert.equal((await cloud.customImages?.get(call(), cloudId('i')))?.sizeGb, 20);
      await cloud.customImages?.delete(call(), cloudId('i'));
      assert.deepEqual(
        asked.slice(1).map(one => `${one.method} ${one.path}`),
        ['GET /images/i', 'DELETE /snapshots/snap', 'DELETE /images/i'],
      );
    },
    undefined,
    undefined,
    services,
  ),
);

test(
  'an image of a VM that was made of ours inherits our mark, and does not carry it',
  withCloud(
    () => ({
      body: {
        images: [
          { id: 'a', name: 'ours', status: 'active', 'cb-token': 'tok_a', 'cb-name': 'ours' },
          {
            id: 'b',
            name: 'theirs',
            status: 'active',
            image_type: 'snapshot',
            'cb-token': 'tok_a',
            'cb-name': 'ours',
          },
          { id: 'c', name: 'uploaded', status: 'active' },
        ],
      },
    }),
    async ({ cloud }) => {
      const page = await cloud.customImages?.list({ ...call(), limit: 10 });
      assert.deepEqual(
        page?.items.map(({ id, token }) => [id, token]),
        [
          ['a', 'tok_a'],
          ['b', undefined],
        ],
      );
      assert.deepEqual(await cloud.findMarked(call(), 'custom-image', 'tok_a' as never), ['a']);
    },
  ),
);
