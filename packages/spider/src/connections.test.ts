/** Drivers, credentials, regions, connections: references stay whole, values never come out. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { call, makeGround, openStage, type Stage } from '../test/stage.ts';
import { cloudOf } from './clouds.ts';
import { createConnection, deleteConnection, getConnection, listConnections } from './connections.ts';
import { createCredential, deleteCredential, getCredential, listCredentials } from './credentials.ts';
import { getDriver, listDrivers } from './drivers.ts';
import { createRegion, deleteRegion } from './regions.ts';
import { createVpc, getVpc } from './vpcs.ts';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.end();
  stage = undefined;
});

test('credentials never show their values, in no answer and not in the store', async () => {
  stage = await openStage();
  const { spider, store } = stage;
  const made = await createCredential(spider, {
    name: 'second',
    driver: 'memory',
    values: { mockName: 'very-secret-word' },
  });
  assert.deepEqual(made.keys, ['mockName']);
  const all = JSON.stringify([
    made,
    await getCredential(spider, 'second'),
    await listCredentials(spider),
    (await store.list({ prefix: '/' })).entries,
  ]);
  assert.ok(!all.includes('very-secret-word'));
  await assert.rejects(
    createCredential(spider, { name: 'second', driver: 'memory', values: { mockName: 'x' } }),
    { code: 'already_exists' },
  );
});

test('what is not known is named, with the nearest', async () => {
  stage = await openStage();
  const { spider } = stage;
  await assert.rejects(
    getDriver(spider, 'memry'),
    (error: { code: string; next: string }) => error.code === 'not_found' && error.next.includes('"memory"'),
  );
  await assert.rejects(
    createCredential(spider, { name: 'x', driver: 'memory', values: { mockNam: 'a' } }),
    (error: { code: string; next: string }) =>
      error.code === 'invalid_argument' && error.next.includes('"mockName"'),
  );
  await assert.rejects(createCredential(spider, { name: 'x', driver: 'memory', values: {} }), {
    code: 'invalid_argument',
    where: 'values.mockName',
  });
  await assert.rejects(
    createRegion(spider, { name: 'x', driver: 'memory', values: { endpoint: 'ftp://x' } }),
    { code: 'invalid_argument', where: 'values.endpoint' },
  );
  await assert.rejects(
    createRegion(spider, { name: 'x', driver: 'memory', values: { endpoit: 'http://x' } }),
    (error: { next: string }) => error.next.includes('"endpoint"'),
  );
  await assert.rejects(createRegion(spider, { name: 'x', driver: 'memory', values: { sshPort: '70000' } }), {
    code: 'invalid_argument',
  });
  await assert.rejects(
    createRegion(spider, { name: 'x', driver: 'memory', values: { sshVia: '127.0.0.1' } }),
    { code: 'invalid_argument' },
  );
  await assert.rejects(
    createConnection(spider, { name: 'x', driver: 'memory', credential: 'mokc', region: 'here' }),
    (error: { code: string; next: string }) => error.code === 'not_found' && error.next.includes('"mock"'),
  );
  await assert.rejects(
    getVpc(spider, 'seul', 'x'),
    (error: { code: string; next: string }) => error.code === 'not_found' && error.next.includes('"seoul"'),
  );
  assert.deepEqual(
    (await listDrivers(spider)).items.map(driver => driver.name),
    ['memory'],
  );
});

test('what is in use is not deleted; afterwards it is', async () => {
  stage = await openStage();
  const { spider } = stage;
  await assert.rejects(deleteCredential(spider, 'mock'), { code: 'failed_precondition' });
  await assert.rejects(deleteRegion(spider, 'here'), { code: 'failed_precondition' });
  await makeGround(spider);
  await assert.rejects(deleteConnection(spider, 'seoul'), { code: 'failed_precondition' });
  assert.equal((await getConnection(spider, 'seoul')).name, 'seoul');
  await createVpc(spider, 'seoul', { name: 'other', cidr: '10.1.0.0/16', subnets: [] }, call);
});

test('a connection and the delete of its parts, at once: never a dangling one', async () => {
  stage = await openStage();
  const { spider } = stage;
  for (let round = 0; round < 50; round++) {
    await createCredential(spider, { name: 'cred', driver: 'memory', values: { mockName: 'race-secret' } });
    const [made, deleted] = await Promise.allSettled([
      createConnection(spider, { name: 'race', driver: 'memory', credential: 'cred', region: 'here' }),
      deleteCredential(spider, 'cred'),
    ]);
    assert.notEqual(
      made.status === 'fulfilled',
      deleted.status === 'fulfilled',
      `round ${round}: ${made.status}, ${deleted.status}`,
    );
    if (made.status === 'fulfilled') await deleteConnection(spider, 'race');
    await deleteCredential(spider, 'cred').catch(() => {});
  }
});

test('a VPC and the delete of its connection, at once: never an orphan', async () => {
  stage = await openStage();
  const { spider, cloud } = stage;
  const [made, deleted] = await Promise.allSettled([
    createVpc(spider, 'seoul', { name: 'one', cidr: '10.0.0.0/16', subnets: [] }, call),
    deleteConnection(spider, 'seoul'),
  ]);
  assert.notEqual(made.status === 'fulfilled', deleted.status === 'fulfilled');
  assert.equal(cloud.count()['vpcs'], made.status === 'fulfilled' ? 1 : 0);
});

test('an opened cloud is shared, and closed when its connection goes or is another', async () => {
  let closed = 0;
  stage = await openStage({
    wrap: driver => ({
      ...driver,
      open: async (config, road) => ({
        ...(await driver.open(config, road)),
        close: async () => void closed++,
      }),
    }),
  });
  const { spider } = stage;
  const [one, two] = await Promise.all([
    cloudOf(spider, 'seoul', call.signal),
    cloudOf(spider, 'seoul', call.signal),
  ]);
  assert.equal(one, two);
  await createConnection(spider, { name: 'twin', driver: 'memory', credential: 'mock', region: 'here' });
  assert.equal(await cloudOf(spider, 'seoul', call.signal), one);
  await deleteConnection(spider, 'seoul');
  await assert.rejects(cloudOf(spider, 'seoul', call.signal), { code: 'not_found' });
  assert.equal(closed, 1);
});

test("another server's writes come by the watch", async () => {
  stage = await openStage();
  const other = await stage.again({ shared: true });
  await createCredential(stage.spider, { name: 'shared', driver: 'memory', values: { mockName: 'abcdefg' } });
  assert.equal((await getCredential(other, 'shared')).name, 'shared');
  await deleteConnection(other, 'seoul');
  for (let turn = 0; turn < 1000 && stage.spider.mirror.get('/spider/connections/seoul'); turn++)
    await new Promise(resolve => setImmediate(resolve));
  assert.deepEqual((await listConnections(stage.spider)).items, []);
});
