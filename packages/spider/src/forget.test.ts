import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import { call, cutOff, makeGround, openStage, vmInput } from '../test/stage.ts';
import { cloudOf } from './clouds.ts';
import { putCredential, getCredential } from './credentials.ts';
import { forgetId } from './forget.ts';
import { createKeyPair, listKeyPairs } from './key-pairs.ts';
import { hostKeyKey, strayFolder } from './keys.ts';
import { getRegion, putRegion } from './regions.ts';
import { createVm, listVms } from './vms.ts';
import { awaitOne } from './vm-sagas.ts';

const c = 'seoul';
const refused = (code: 'failed_precondition' | 'not_found') => (error: unknown) => hasCode(error, code);

describe('forgetting', () => {
  it('removes the record, and the cloud keeps the thing', async () => {
    const stage = await openStage();
    const { spider, cloud, store } = stage;
    await makeGround(spider);
    await createVm(spider, c, vmInput('web'), call);
    await awaitOne(spider, c, 'web', 'Running', call.signal);
    await spider.mirror.commit({ put: [{ key: hostKeyKey(c, 'web'), value: 'pinned' }] });
    await assert.rejects(forgetId(spider, c, 'vpc', 'net', call), refused('failed_precondition'));
    await assert.rejects(forgetId(spider, c, 'key-pair', 'key', call), refused('failed_precondition'));
    await forgetId(spider, c, 'vm', 'web', call);
    assert.deepEqual((await listVms(spider, c, {}, call)).items, []);
    assert.equal(
      (await store.get(hostKeyKey(c, 'web'))) === undefined,
      true,
      'the pin of a name goes with it',
    );
    assert.equal(cloud.count()['vms'], 1);
    await assert.rejects(forgetId(spider, c, 'vm', 'web', call), refused('not_found'));
    await stage.end();
  });
  it('of a create whose answer was lost leaves a look-out for it', async () => {
    const stage = await openStage();
    const { spider, mishap, store } = stage;
    mishap.before = () => {
      throw cutOff();
    };
    await assert.rejects(createKeyPair(spider, c, { name: 'lost' }, call));
    delete mishap.before;
    await forgetId(spider, c, 'key-pair', 'lost', call);
    assert.deepEqual((await listKeyPairs(spider, c)).items, []);
    assert.equal(await store.count(strayFolder(c)), 1);
    await stage.end();
  });
});

describe('putting a credential or a region again', () => {
  it('opens the connection anew with the new values', async () => {
    const stage = await openStage();
    const { spider, cloud } = stage;
    await createKeyPair(spider, c, { name: 'here' }, call);
    const before = await cloudOf(spider, c, call.signal);
    const values = { mockName: 'another' };
    await putCredential(spider, { name: 'mock', driver: 'memory', values });
    const after = await cloudOf(spider, c, call.signal);
    assert.notEqual(after, before);
    assert.deepEqual(after.config.credential, values);
    assert.equal(cloud.count()['keyPairs'], 1);
    assert.deepEqual((await getCredential(spider, 'mock')).keys, ['mockName']);
    await stage.end();
  });
  it('refuses another region under what a connection holds, and takes the same', async () => {
    const stage = await openStage();
    const { spider } = stage;
    const put = (region: string) => putRegion(spider, { name: 'here', driver: 'memory', values: { region } });
    await put('mars');
    assert.equal((await getRegion(spider, 'here')).values['region'], 'mars');
    await createKeyPair(spider, c, { name: 'held' }, call);
    await assert.rejects(put('venus'), refused('failed_precondition'));
    await put('mars');
    await assert.rejects(
      putRegion(spider, { name: 'here', driver: 'memory', values: { endpoint: 'no address' } }),
      (error: unknown) => hasCode(error, 'invalid_argument'),
    );
    await putRegion(spider, { name: 'new', driver: 'memory', values: {} });
    assert.equal((await getRegion(spider, 'new')).name, 'new');
    await stage.end();
  });
});
