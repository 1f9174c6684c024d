/** Disks where Cinder is another than the Twin's: not there, with zones of its own, of mixed versions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { never, withCloud, type Answerer } from './local-cloud.ts';

const call = () => ({ signal: never() });
const request = { name: 'data', sizeGb: 10, type: '', zone: '' };
const unimplemented = (error: unknown) =>
  error instanceof BaristaError && error.code === 'unimplemented' && error.message.includes('block storage');

test(
  'without Cinder there are none, and none can be made: said before any request',
  withCloud(
    () => ({ status: 500 }),
    async ({ cloud, asked }) => {
      const { disks, tags } = cloud;
      assert.ok(disks && tags);
      const token = newToken();
      const [id, vm] = [cloudId('d'), cloudId('v')];
      await assert.rejects(disks.create({ ...call(), token, again: true }, request), unimplemented);
      await assert.rejects(disks.get(call(), id), unimplemented);
      await assert.rejects(disks.attach(call(), id, vm), unimplemented);
      await assert.rejects(disks.resize(call(), id, 20), unimplemented);
      await assert.rejects(tags.get(call(), 'disk', id), unimplemented);
      assert.deepEqual(await disks.list({ ...call(), limit: 10 }), { items: [] });
      assert.deepEqual(await cloud.findMarked(call(), 'disk', token), []);
      await disks.delete(call(), id);
      assert.deepEqual(asked, []);
    },
  ),
);

const zones = (...names: string[]) => ({
  body: { availabilityZoneInfo: names.map(zoneName => ({ zoneName, zoneState: { available: true } })) },
});
const volume = { id: 'v', name: 'data', status: 'creating', size: 10, attachments: [] };

/** Cinder, which is asked first, has a zone of its own, Nova two others. */
const ownZones = (): Answerer => {
  const answers = [zones('store'), zones('a', 'b')];
  return ({ method }) => (method === 'GET' ? (answers.shift() ?? {}) : { status: 202, body: { volume } });
};

test(
  'a zone of Nova’s alone is left to Cinder’s choice; one that is nowhere is for Cinder to refuse',
  withCloud(
    ownZones(),
    async ({ cloud, asked }) => {
      const zoneSent = async (zone: string): Promise<unknown> => {
        await cloud.disks?.create({ ...call(), token: newToken(), again: false }, { ...request, zone });
        const body = asked.at(-1)?.body as { volume: Record<string, unknown> };
        return body.volume['availability_zone'];
      };
      assert.equal(await zoneSent('a'), undefined);
      assert.equal(await zoneSent('store'), 'store');
      assert.equal(await zoneSent(''), undefined);
      assert.equal(await zoneSent('nowhere'), 'nowhere');
    },
    undefined,
    undefined,
    ['compute', 'network', 'image', 'volumev3'],
  ),
);

test(
  'attached already is fine; being made, or another’s, is failed_precondition',
  withCloud(
    ({ method, path }) => {
      if (method === 'POST')
        return { status: 400, body: { badRequest: { code: 400, message: "status must be 'available'" } } };
      if (path === '/servers/mine/os-volume_attachments/v') return { body: { volumeAttachment: {} } };
      if (path === '/volumes/v')
        return { body: { volume: { ...volume, status: 'in-use', attachments: [{ server_id: 'mine' }] } } };
      if (path === '/volumes/w') return { body: { volume } };
      return { status: 404, body: { itemNotFound: { code: 404, message: 'No.' } } };
    },
    async ({ cloud }) => {
      const attach = (id: string, vm: string) => cloud.disks?.attach(call(), cloudId(id), cloudId(vm));
      await attach('v', 'mine');
      for (const [id, text] of [
        ['v', /Attached to mine/],
        ['w', /Creating/],
      ] as const)
        await assert.rejects(attach(id, 'other') ?? Promise.resolve(), (error: unknown) => {
          assert.ok(error instanceof BaristaError && text.test(error.message));
          return error.code === 'failed_precondition';
        });
    },
    undefined,
    undefined,
    ['compute', 'network', 'image', 'volumev3'],
  ),
);
