/** Key pairs: only public halves cross the contract. */
import assert from 'node:assert/strict';
import type { CloudKeyPair } from '@cloud-barista/driver/key-pairs';
import { newToken } from '@cloud-barista/model/ids';
import { walk } from './expect.ts';
import { halves } from './halves.ts';
import { newEd25519Key, newRsaKey } from './openssh.ts';
import type { It, Stage } from './stage.ts';

async function make(stage: Stage, publicKey: string, name = stage.name('key')): Promise<CloudKeyPair> {
  const call = stage.create('key-pair');
  return stage.note(call, await stage.cloud.keyPairs.create(call, { name, publicKey }));
}

const list = (stage: Stage, limit = 1000) =>
  walk(part => stage.cloud.keyPairs.list({ ...stage.call(), ...part }), limit).then(({ items }) => items);

export function keyPairCases(it: It): void {
  for (const [kind, fresh] of [
    ['ed25519', newEd25519Key],
    ['RSA', newRsaKey],
  ] as const)
    it(`takes an ${kind} key; get and list show it; deleted, it is gone`, async stage => {
      const { keyPairs } = stage.cloud;
      const before = await stage.count();
      const name = stage.name('key');
      const made = await make(stage, fresh(), name);
      assert.equal(made.name, name);
      assert.deepEqual(await keyPairs.get(stage.call(), made.id), made);
      assert.deepEqual(
        (await list(stage)).filter(key => key.id === made.id),
        [made],
      );

      await stage.remove('key-pair', made.id);
      await stage.rejects(keyPairs.get(stage.call(), made.id), 'not_found');
      assert.ok(!(await list(stage)).some(key => key.id === made.id));
      await keyPairs.delete(stage.call(), made.id);
      await stage.holds(before, 'nothing left of the key');
    });

  it('pages the list by 1 and by 2, ordered, each once', async stage => {
    const key = newEd25519Key();
    const made = [await make(stage, key), await make(stage, key), await make(stage, key)];
    const ids = (await list(stage)).map(key => key.id);
    for (const { id } of made) assert.ok(ids.includes(id));
    for (const limit of [1, 2])
      assert.deepEqual(
        (await list(stage, limit)).map(key => key.id),
        ids,
      );
    for (const { id } of made) await stage.remove('key-pair', id);
  });

  it('same name: already_exists where names are unique, else another key', async stage => {
    const name = stage.name('key');
    const made = await make(stage, newEd25519Key(), name);
    if (stage.driver.names['key-pair'].unique)
      await stage.rejects(make(stage, newEd25519Key(), name), 'already_exists');
    else {
      const other = await make(stage, newEd25519Key(), name);
      assert.notEqual(other.id, made.id);
      await stage.remove('key-pair', other.id);
    }
    await stage.remove('key-pair', made.id);
  });

  it('takes a name as long as the rule allows', async stage => {
    const rule = stage.driver.names['key-pair'];
    const name = stage.name('long').padEnd(rule.maxLength, 'x');
    assert.match(name, new RegExp(rule.pattern));
    const made = await make(stage, newEd25519Key(), name);
    assert.equal(made.name, name);
    await stage.remove('key-pair', made.id);
  });

  it('returns the same one for the same token, and finds it by its mark', async stage => {
    const token = newToken();
    const asked = { name: stage.name('key'), publicKey: newEd25519Key() };
    const call = stage.create('key-pair', token);
    const made = stage.note(call, await stage.cloud.keyPairs.create(call, asked));
    const again = await stage.cloud.keyPairs.create(stage.create('key-pair', token, true), asked);
    assert.deepEqual(again, made);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'key-pair', token), [made.id]);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'key-pair', newToken()), []);
    await stage.remove('key-pair', made.id);
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'key-pair', token), []);
  });

  it('broken at any request: the same token completes it, or its mark finds it to be undone', async stage => {
    const publicKey = newEd25519Key();
    await halves<CloudKeyPair>(stage, {
      kind: 'key-pair',
      create: (cloud, call, name) => cloud.keyPairs.create(call, { name, publicKey }),
      async whole(made, name) {
        assert.equal(made.name, name);
      },
      remove: id => stage.remove('key-pair', id),
      absent: id =>
        stage.cloud.keyPairs.get(stage.call(), id).then(
          () => false,
          error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
        ),
    });
  });

  it('refuses what is no key', async stage => {
    const before = await stage.count();
    await stage.rejects(make(stage, 'ssh-ed25519 bm8ga2V5'), 'invalid_argument');
    await stage.holds(before, 'nothing made of what is no key');
  });
}
