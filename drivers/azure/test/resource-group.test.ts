/** The resource group: made when first needed, deleted only where it is ours and nothing is in it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { newEd25519Key } from '@cloud-barista/suite/driver/openssh';
import { call, script, type Asked, type Reply } from './scripted.ts';

const absent = (code: string): Reply => ({ status: 404, body: { error: { code, message: 'None.' } } });
const isGroup = ({ url }: Asked) => /^\/subscriptions\/sub\/resourceGroups\/[^/?]+\?/.test(url);
const said = (asked: readonly Asked[]) =>
  asked.filter(isGroup).map(({ method, url }) => `${method} ${url.split(/[/?]/)[4] ?? ''}`);
const create = () => ({ ...call(), token: newToken(), again: false });
const key = () => ({ name: 'key', publicKey: newEd25519Key() });

/** One group, and in it keys and whatever `others` says. */
function world(group: Record<string, unknown> | undefined, others: Record<string, unknown[]> = {}) {
  const state = { group, keys: new Map<string, unknown>() };
  const answer = (asked: Asked): Reply => {
    if (isGroup(asked)) {
      if (asked.method === 'PUT') state.group = JSON.parse(asked.body) as Record<string, unknown>;
      if (asked.method === 'DELETE') state.group = undefined;
      return state.group ? { body: state.group } : absent('ResourceGroupNotFound');
    }
    if (!state.group) return absent('ResourceGroupNotFound');
    const [path = ''] = asked.url.split('?');
    const name = /\/sshPublicKeys\/([^/]+)$/.exec(path)?.[1];
    if (name === undefined) {
      const type = path.split('/').at(-1) ?? '';
      return { body: { value: type === 'sshPublicKeys' ? [...state.keys.values()] : (others[type] ?? []) } };
    }
    if (asked.method === 'PUT') state.keys.set(name, { ...(JSON.parse(asked.body) as object), name });
    if (asked.method === 'DELETE') return state.keys.delete(name) ? { status: 200 } : { status: 204 };
    return state.keys.has(name) ? { body: state.keys.get(name) } : absent('ResourceNotFound');
  };
  return { state, answer };
}

it('is made with our tag, once, and goes with the last that is in it', async () => {
  const { state, answer } = world(undefined);
  const server = await script(answer);
  await server.cloud.keyPairs.create(create(), key());
  await server.cloud.keyPairs.create(create(), { ...key(), name: 'key2' });
  assert.deepEqual(state.group, { location: 'koreacentral', tags: { 'cb-made': 'cloud-barista' } });
  assert.deepEqual(
    said(server.asked),
    Array(2)
      .fill('cloud-barista-koreacentral')
      .map((name, at) => `${at ? 'PUT' : 'GET'} ${name}`),
  );
  await server.cloud.keyPairs.delete(call(), cloudId('key'));
  assert.ok(state.group, 'another key is in it');
  await server.cloud.keyPairs.delete(call(), cloudId('key2'));
  assert.equal(state.group, undefined);
  await server.cloud.keyPairs.delete(call(), cloudId('key2'));
  await server.close();
});

it('of other hands it stays, and keeps its tags', async () => {
  const theirs = { location: 'westeurope', tags: { owner: 'they' } };
  const { state, answer } = world(theirs);
  const server = await script(answer, { region: { resourceGroup: 'theirs' } });
  await server.cloud.keyPairs.create(create(), key());
  await server.cloud.keyPairs.delete(call(), cloudId('key'));
  assert.equal(state.group, theirs);
  assert.ok(server.asked.filter(isGroup).every(({ method }) => method === 'GET'));
  await server.close();
});

for (const type of [
  'virtualMachines',
  'networkInterfaces',
  'publicIPAddresses',
  'disks',
  'images',
  'snapshots',
  'resources',
])
  it(`stays while ${type} has anything`, async () => {
    const { state, answer } = world(undefined, { [type]: [{ name: 'theirs' }] });
    const server = await script(answer);
    await server.cloud.keyPairs.create(create(), key());
    await server.cloud.keyPairs.delete(call(), cloudId('key'));
    assert.ok(state.group);
    await server.close();
  });

it('goes although the list of all resources still names one of ours', async () => {
  const late = [{ name: 'key', type: 'Microsoft.Compute/SSHPublicKeys' }];
  const { state, answer } = world(undefined, { resources: late });
  const server = await script(answer);
  await server.cloud.keyPairs.create(create(), key());
  await server.cloud.keyPairs.delete(call(), cloudId('key'));
  assert.equal(state.group, undefined);
  await server.close();
});

it('is made again where it went by other hands', async () => {
  const { state, answer } = world(undefined);
  const server = await script(answer);
  await server.cloud.keyPairs.create(create(), key());
  state.group = undefined;
  state.keys.clear();
  await server.cloud.keyPairs.create(create(), key());
  assert.ok(state.group && state.keys.has('key'));
  await server.close();
});

it('that is being deleted is waited for', async () => {
  const { state, answer } = world({ properties: { provisioningState: 'Deleting' } });
  let asked = 0;
  const server = await script(one => {
    if (isGroup(one) && one.method === 'GET' && ++asked === 2) state.group = undefined;
    return answer(one);
  });
  await server.cloud.keyPairs.create(create(), key());
  assert.deepEqual(
    said(server.asked).map(text => text.split(' ')[0]),
    ['GET', 'GET', 'PUT'],
  );
  await server.close();
});

it('that was made for what then failed goes again', async () => {
  const { state, answer } = world(undefined);
  const server = await script(one =>
    one.method === 'PUT' && !isGroup(one)
      ? { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } }
      : answer(one),
  );
  await assert.rejects(server.cloud.keyPairs.create(create(), key()));
  assert.equal(state.group, undefined);
  await server.close();
});
