/** Key pairs in the project's metadata: writers that meet lose nothing, and what is another's stays as it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { hasCode } from '@cloud-barista/model/errors';
import { newEd25519Key, newRsaKey } from '@cloud-barista/suite/driver/openssh';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { driver } from '../src/open.ts';
import { checkPublicKey } from '../src/key-pairs.ts';
import { call, localCloud, refusal, type Answerer } from './local-cloud.ts';

interface Metadata {
  fingerprint: string;
  items: { key: string; value: string }[];
}

/** A project whose metadata changes under its fingerprint. `late`: refusals come by the operation, as Google's may. */
function project(late: boolean): { answer: Answerer; refused: () => number; metadata: () => Metadata } {
  let metadata: Metadata = { fingerprint: 'f0', items: [{ key: 'enable-oslogin', value: 'TRUE' }] };
  let version = 0;
  let refused = 0;
  const operations = new Map<string, object>();
  const answer: Answerer = async ({ path, body }) => {
    if (path === '') return { body: { commonInstanceMetadata: metadata } };
    const asked = /^\/global\/operations\/(.+)\/wait$/.exec(path);
    if (asked) return { body: { name: asked[1], status: 'DONE', ...operations.get(asked[1] ?? '') } };
    assert.equal(path, '/setCommonInstanceMetadata');
    const wanted = body as Metadata;
    const name = `operation-${operations.size}`;
    if (wanted.fingerprint === metadata.fingerprint) {
      metadata = { fingerprint: `f${++version}`, items: wanted.items };
      operations.set(name, {});
      return { body: { name, status: 'RUNNING' } };
    }
    refused++;
    if (!late) return refusal(412, 'conditionNotMet');
    operations.set(name, { error: { errors: [{ code: 'CONDITION_NOT_MET', message: 'Changed.' }] } });
    return { body: { name, status: 'PENDING' } };
  };
  return { answer, refused: () => refused, metadata: () => metadata };
}

const create = () => ({ ...call(), token: newToken(), again: false });

for (const late of [false, true])
  test(`writers of one process and of several lose nothing${late ? ', refused late' : ''}`, async () => {
    const { answer, refused, metadata } = project(late);
    const local = await localCloud(answer);
    const others = await Promise.all(
      [1, 2, 3].map(() => driver.open(local.config, createRoad(driver, 10_000))),
    );
    try {
      const clouds = [local.cloud, ...others];
      const publicKey = newEd25519Key();
      await Promise.all(
        clouds.flatMap((cloud, at) =>
          [0, 1, 2, 3].map(n => cloud.keyPairs.create(create(), { name: `key-${at}-${n}`, publicKey })),
        ),
      );
      const { items } = await local.cloud.keyPairs.list(call());
      assert.equal(items.length, 16);
      assert.ok(refused() > 0, 'they met');
      await Promise.all(
        items.map((pair, at) => (clouds[at % clouds.length] ?? local.cloud).keyPairs.delete(call(), pair.id)),
      );
      assert.deepEqual(metadata().items, [{ key: 'enable-oslogin', value: 'TRUE' }]);
    } finally {
      for (const cloud of others) await cloud.close();
      await local.close();
    }
  });

test('who gives up while others write lets them go on in their order', async () => {
  const { answer, metadata } = project(false);
  const local = await localCloud(answer);
  try {
    const publicKey = newEd25519Key();
    const abort = new AbortController();
    const { keyPairs } = local.cloud;
    const first = keyPairs.create(create(), { name: 'a', publicKey });
    const second = keyPairs.create({ ...create(), signal: abort.signal }, { name: 'b', publicKey });
    const third = keyPairs.create(create(), { name: 'c', publicKey });
    abort.abort();
    await assert.rejects(second, error => hasCode(error, 'cancelled'));
    await Promise.all([first, third]);
    assert.deepEqual(
      metadata().items.map(item => item.key),
      ['enable-oslogin', 'cb-key-a', 'cb-key-c'],
    );
  } finally {
    await local.close();
  }
});

test('an item of another’s making is no key pair, and is neither replaced nor deleted', async () => {
  const { answer, metadata } = project(false);
  const local = await localCloud(answer);
  try {
    metadata().items.push({ key: 'cb-key-web', value: 'not ours' });
    const { keyPairs } = local.cloud;
    assert.deepEqual(await keyPairs.list(call()), { items: [] });
    const pair = { name: 'web', publicKey: newEd25519Key() };
    await assert.rejects(keyPairs.create(create(), pair), error => hasCode(error, 'already_exists'));
    await keyPairs.delete(call(), cloudId('web'));
    assert.equal(metadata().items.length, 2);
  } finally {
    await local.close();
  }
});

test('public keys: type and key stay, comments go, what is none is refused', () => {
  for (const key of [newEd25519Key(), newRsaKey()])
    assert.equal(checkPublicKey(`  ${key}\n`), key.split(' ').slice(0, 2).join(' '));
  const [type, blob = ''] = newEd25519Key().split(' ');
  for (const bad of [
    '',
    'ssh-ed25519',
    `ssh-rsa ${blob}`,
    `${type} ${blob.slice(0, 30)}`,
    'ssh-ed25519 bm8ga2V5',
  ])
    assert.throws(() => checkPublicKey(bad), { code: 'invalid_argument' });
});
