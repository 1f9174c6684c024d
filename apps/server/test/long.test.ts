/** Long operations over HTTP: begun, waited for, repeated, watched, cancelled. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Operation } from '@cloud-barista/model/operation';
import { errorOf, frozenCloud, group, openStage, refused, slowly } from './stage.ts';

const cloud = frozenCloud();
const stage = await openStage({ after }, cloud);
await stage.connect('fast');
await stage.connect('slow', slowly);
const path = '/v1/namespaces/default/mcis';
const create = (name: string, connection: string, headers: Record<string, string> = {}) =>
  stage.send(path, { method: 'POST', headers, body: { name, groups: [group(connection)] } });
const operationIn = (body: unknown) => body as Operation;

test('without being asked to wait: 202, the operation, and where it is', async () => {
  const answer = await create('a', 'fast');
  assert.equal(answer.status, 202);
  const { id, kind, target, state } = operationIn(answer.body);
  assert.deepEqual([kind, target, state], ['mcis.create', 'default/a', 'running']);
  assert.equal(answer.headers.location, `/v1/operations/${id}`);
  const there = await stage.send(answer.headers.location ?? '');
  assert.equal(operationIn(there.body).id, id);
  const end = await stage.client.follow(operationIn(answer.body));
  assert.equal(end.state, 'succeeded');
});

for (const prefer of ['wait', 'wait=30', 'respond-async, wait=30', 'WAIT=30'])
  test(`Prefer: ${prefer} is answered 201 with what was made`, async () => {
    const name = `w${prefer.length}${prefer.startsWith('W') ? 'u' : ''}`;
    const answer = await create(name, 'fast', { prefer });
    assert.equal(answer.status, 201, answer.text);
    assert.equal((answer.body as { status: string }).status, 'Running 2/2');
  });

test('waiting longer than asked is 202, and the operation goes on', async () => {
  const answer = await create('s', 'slow', { prefer: 'wait=0' });
  assert.equal(answer.status, 202);
  const { id } = operationIn(answer.body);
  assert.equal(operationIn((await stage.send(`/v1/operations/${id}`)).body).state, 'running');
});

test('one Idempotency-Key: one operation, while it runs and when it has ended; another request with it is refused', async () => {
  const headers = { 'idempotency-key': 'once' };
  const [first, second] = await Promise.all([create('i', 'fast', headers), create('i', 'fast', headers)]);
  assert.deepEqual([first.status, second.status], [202, 202], second.text);
  assert.equal(operationIn(first.body).id, operationIn(second.body).id);
  await stage.client.follow(operationIn(first.body));
  const third = await create('i', 'fast', headers);
  assert.equal(operationIn(third.body).id, operationIn(first.body).id);
  assert.equal((await create('i', 'fast', { ...headers, prefer: 'wait' })).status, 201);
  refused(await create('other', 'fast', headers), 412, 'failed_precondition');
  // With a new key it is another create, which finds the name taken and leaves what stands.
  refused(await create('i', 'fast', { 'idempotency-key': 'another', prefer: 'wait' }), 409, 'already_exists');
  assert.equal(((await stage.send(`${path}/i`)).body as { status: string }).status, 'Running 2/2');
});

test('what fails is told to who waits with its own status, and stands in the operation', async () => {
  await stage.connect('full', { failCreate: '1' });
  const answer = await create('f', 'full', { prefer: 'wait=30' });
  const error = refused(answer, 429, 'resource_exhausted');
  assert.notEqual(error.where, undefined);
  const { items } = (await stage.send('/v1/operations?limit=1')).body as { items: Operation[] };
  assert.equal(items[0]?.error?.code, 'resource_exhausted');
});

test('a wait whose client leaves lets go of everything', async () => {
  const stop = new AbortController();
  const begun = fetch(`${stage.server.url}${path}`, {
    method: 'POST',
    signal: stop.signal,
    headers: { prefer: 'wait=600', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'l', groups: [group('slow', 1)] }),
  });
  for await (const { object } of stage.client.stream('watch.stream', {
    kind: 'mcis',
    prefix: 'default/l',
    from: 1,
  }))
    if (object !== undefined) break;
  stop.abort();
  await assert.rejects(begun, { name: 'AbortError' });
  // The operation is not the client's: it goes on.
  const { items } = (await stage.send('/v1/operations?limit=1')).body as { items: Operation[] };
  assert.deepEqual([items[0]?.target, items[0]?.state], ['default/l', 'running']);
});

test('an operation that is not there', async () => {
  for (const rest of ['', '/events'])
    assert.equal(errorOf(await stage.send(`/v1/operations/op_000000000${rest}`)).code, 'not_found');
  refused(await stage.send('/v1/operations/nonsense'), 400, 'invalid_argument');
});

test('a cancel is durable, undoes, and who waits is told', async () => {
  const begun = operationIn((await create('c', 'slow')).body);
  const waits = create('c', 'slow', { prefer: 'wait=30' });
  refused(await waits, 409, 'already_exists');
  const cancelled = await stage.send(`/v1/operations/${begun.id}/cancel`, { method: 'POST' });
  assert.equal(cancelled.status, 200);
  cloud.thaw();
  await assert.rejects(stage.client.follow(begun), { code: 'cancelled' });
  assert.equal(operationIn((await stage.send(`/v1/operations/${begun.id}`)).body).state, 'undone');
  refused(await stage.send(`${path}/c`), 404, 'not_found');
});
