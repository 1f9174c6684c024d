/** Replays: which call fails how, in which order, what is left to the world, and one operation under its several names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFaults } from './faults.ts';
import { seededRandom } from './random.ts';
import { createReplay, type RecordedCall } from './replay.ts';
import { sameName } from './replay-names.ts';
import type { Cloud } from './clouds.ts';
import type { WireKind } from './world.ts';

const cloud = { name: 'aws', kind: 'aws' } as unknown as Cloud;
class OwnError extends Error {}
const kind = {
  kind: 'aws',
  operations: ['RunInstances', 'CreateVpc'],
  recordedError: ({ cause, status }) =>
    cause === 'Strange' ? undefined : new OwnError(`${cause} ${status}`),
} as Partial<WireKind> as WireKind;
let clock = 0;
const call = (api: string, about: Partial<RecordedCall> = {}): RecordedCall => ({
  provider: 'AWS',
  api,
  outcome: 'ok',
  cause: '',
  elapsedMs: 10,
  start: new Date((clock += 100)).toISOString(),
  ...about,
});
const open = (calls: RecordedCall[], speed = 0) => {
  const replay = createReplay();
  const state = replay.load(cloud, kind, calls, { speed });
  const faults = createFaults(seededRandom('test'), replay);
  const ask = (operation: string) => faults.before('aws', operation).catch((error: Error) => error.message);
  return { replay, state, ask };
};

test('each operation by itself, in the order of its calls, then as ever', async () => {
  const { ask, state, replay } = open([
    call('CreateVpc'),
    call('RunInstances', { outcome: 'unavailable', throttled: true, cause: 'RequestLimitExceeded' }),
    call('RunInstances', { outcome: 'resource_exhausted', cause: 'InsufficientInstanceCapacity' }),
    call('RunInstances'),
    call('CreateVpc', { outcome: 'deadline_exceeded' }),
    call('RunInstances', { outcome: 'unavailable', cause: 'ECONNRESET' }),
    call('DescribeMoon'),
  ]);
  assert.deepEqual([state.calls, state.failures, state.unknown], [6, 4, { DescribeMoon: 1 }]);
  assert.equal(await ask('RunInstances'), 'throttle');
  assert.equal(await ask('CreateVpc'), undefined);
  assert.equal(await ask('RunInstances'), 'InsufficientInstanceCapacity 409');
  assert.equal(await ask('RunInstances'), undefined);
  assert.equal(await ask('CreateVpc'), 'hang');
  assert.equal(await ask('RunInstances'), 'drop');
  assert.equal(await ask('RunInstances'), undefined);
  assert.equal(replay.list()[0]?.played, 6);
  replay.clear();
  assert.deepEqual(replay.list(), []);
});

test('what the wire has no words for is answered by the nearest fault, and said', async () => {
  const { ask, state } = open([
    call('CreateVpc', { outcome: 'internal', cause: 'Strange' }),
    call('CreateVpc', { outcome: 'resource_exhausted' }),
    call('CreateVpc', { outcome: 'unavailable', cause: 'ECONNREFUSED' }),
  ]);
  assert.deepEqual(state.nearest, {
    Strange: 'error',
    resource_exhausted: 'quota',
    ECONNREFUSED: 'unavailable',
  });
  assert.deepEqual(
    [await ask('CreateVpc'), await ask('CreateVpc'), await ask('CreateVpc')],
    ['error', 'quota', 'unavailable'],
  );
});

test('the world decides what is there; refusals are forced only where it is sure which call was refused', async () => {
  const start = new Date((clock += 1000)).toISOString();
  const { ask, state } = open([
    call('CreateVpc', { outcome: 'not_found', cause: 'InvalidVpcID.NotFound' }),
    call('CreateVpc', { outcome: 'permission_denied', cause: 'UnauthorizedOperation' }),
    call('RunInstances', { start }),
    call('RunInstances', { start, outcome: 'permission_denied', cause: 'UnauthorizedOperation' }),
  ]);
  assert.deepEqual([state.failures, state.left], [1, 2]);
  assert.equal(await ask('CreateVpc'), undefined);
  assert.equal(await ask('CreateVpc'), 'UnauthorizedOperation 403');
  assert.equal(await ask('RunInstances'), undefined);
  assert.equal(await ask('RunInstances'), undefined);
});

test('a slow call is slow again, by the speed that is asked for', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { replay } = open(
    [call('CreateVpc', { elapsedMs: 5000 }), call('CreateVpc', { elapsedMs: 5000 })],
    10,
  );
  assert.deepEqual(replay.next('aws', 'CreateVpc'), { waitMs: 500 });
  replay.load(cloud, kind, [call('CreateVpc', { elapsedMs: 5000 })], { speed: 1 });
  assert.deepEqual(replay.next('aws', 'CreateVpc'), { waitMs: 5000 });
  assert.equal(replay.next('other', 'CreateVpc'), undefined);
});

test('one operation, several names', () => {
  for (const [one, same] of [
    ['GET /global/images', 'images.list'],
    ['POST /zones/{zone}/instances', 'instances.insert'],
    ['GET /zones/{zone}/instances/{instance}', 'instances.get'],
    ['POST /zones/{zone}/instances/{instance}/stop', 'instances.stop'],
    ['POST /global/operations/{operation}/wait', 'globalOperations.wait'],
    ['POST /regions/{region}/operations/{operation}/wait', 'regionOperations.wait'],
    ['GET /zones', 'zones.list'],
    ['GET /regions/{region}', 'regions.get'],
    ['GET /aggregated/instances', 'instances.aggregatedList'],
    ['POST /setCommonInstanceMetadata', 'projects.setCommonInstanceMetadata'],
    ['GET /', 'projects.get'],
    ['POST /token', 'token'],
    ['GET /v1/services/{service}/skus', 'services.skus.list'],
    ['GET /global/images/family/{family}', 'images.getFromFamily'],
    ['DELETE /os-keypairs/{name}', 'DELETE /os-keypairs/{id}'],
    ['GET ace/servers/{id}', 'GET /ace/servers/{id}'],
    ['SshPublicKeys_List', 'SshPublicKeys_ListByResourceGroup'],
    ['Disks_List', 'Disks_ListByResourceGroup'],
    ['VirtualNetworks_Delete (status)', 'Operations_Get'],
    ['GET /api/retail/prices', 'RetailPrices_List'],
  ] as const)
    assert.equal(sameName(one), sameName(same), one);
  assert.notEqual(sameName('POST /servers'), sameName('GET /servers'));
  assert.notEqual(sameName('GET /servers/{id}'), sameName('GET /servers'));
});
