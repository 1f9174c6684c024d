/** What takes its time, what breaks off, what the cloud refuses: nobody else waits for it, and nothing is left of it. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, describe, it } from 'node:test';
import { openMemoryCloud } from '@cloud-barista/driver-memory/open';
import { frozenCloud } from '../stage.ts';
import { openSpiderStage } from './stage.ts';

type Statuses = { vmstatus: { IId: { NameId: string }; VmStatus: string }[] };

describe('a start that takes its time', async () => {
  const cloud = frozenCloud();
  const stage = await openSpiderStage({ after }, { ...cloud, region: { createMs: '60000' } });
  const { ok, create } = stage;
  const vm = await stage.ground();
  const statuses = async () =>
    Object.fromEntries(
      (await ok<Statuses>('GET', '/vmstatus')).vmstatus.map(one => [one.IId.NameId, one.VmStatus]),
    );
  async function until(wanted: Record<string, string>): Promise<void> {
    const end = Date.now() + 10_000;
    for (;;) {
      const now = await statuses();
      if (JSON.stringify(now) === JSON.stringify(wanted)) return;
      assert.ok(Date.now() < end, JSON.stringify(now));
    }
  }

  it('stops nobody, and goes on when its client has gone', async () => {
    const slow = create('/vm', vm('slow'));
    await until({ slow: 'Creating' });
    await create('/keypair', { Name: 'meanwhile' });
    assert.equal((await ok<{ vm: unknown[] }>('GET', '/vm')).vm.length, 1);
    // Another client asks for one and hangs up.
    const text = JSON.stringify({ ConnectionName: stage.connection, ReqInfo: vm('left') });
    const leaving = request(`${stage.server.url}/spider/vm`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) },
    });
    leaving.on('error', () => {});
    leaving.end(text);
    await until({ left: 'Creating', slow: 'Creating' });
    leaving.destroy();
    cloud.thaw();
    assert.equal((await slow)['KeyPairIId'] !== undefined, true);
    await until({ left: 'Running', slow: 'Running' });
  });
});

describe('a start', async () => {
  const stage = await openSpiderStage({ after });
  const { ok, create, fails } = stage;
  const vm = await stage.ground();
  it('of one name twice at once makes one VM, and the other call takes back nothing', async () => {
    const body = { ConnectionName: stage.connection, ReqInfo: vm('once') };
    const answers = await Promise.all([1, 2, 3].map(() => stage.raw('POST', '/vm', { body })));
    const statuses = answers.map(answer => answer.status).sort((a, b) => a - b);
    assert.deepEqual(statuses, [200, 409, 409]);
    assert.deepEqual(await ok('GET', '/vmstatus/once'), { Status: 'Running' });
    await ok('DELETE', '/vm/once');
  });
  it('whose tags the cloud refuses is taken back', async () => {
    const TagList = [{ Key: `bad ${'x'.repeat(300)}`, Value: 'y' }];
    await fails(400, 'POST', '/vm', { ReqInfo: { ...vm('tagged'), TagList } });
    assert.deepEqual(await ok('GET', '/vm'), { vm: [] });
    const message = await fails(400, 'POST', '/keypair', { ReqInfo: { Name: 'tagged', TagList } });
    assert.match(message, /stands, but without its tags/);
    await ok('DELETE', '/keypair/tagged');
  });
  it('that the cloud fails is told, and leaves nothing', async () => {
    const cloud = openMemoryCloud(stage.mockName);
    for (const [word, status] of [
      ['capacity', 429],
      ['error', 503],
    ] as const) {
      cloud.fault({ api: 'RunVm', fault: word, probability: 1 });
      await fails(status, 'POST', '/vm', { ReqInfo: vm('unlucky') });
      cloud.fault(undefined);
      const { AllList } = await ok<{ AllList: object }>('GET', '/allvm');
      assert.deepEqual(AllList, { MappedList: [], OnlySpiderList: [], OnlyCSPList: [] });
    }
  });
  it('ends by force also where the cloud does not answer', async () => {
    const cloud = openMemoryCloud(stage.mockName);
    await create('/vm', vm('held'));
    cloud.fault({ api: 'TerminateVm', fault: 'unavailable', probability: 1 });
    await fails(503, 'DELETE', '/vm/held');
    assert.deepEqual(await ok('DELETE', '/vm/held?force=true'), { Status: 'Terminating' });
    cloud.fault(undefined);
    await fails(404, 'GET', '/vm/held');
    const { AllList } = await ok<{ AllList: { OnlyCSPList: { SystemId: string }[] } }>('GET', '/allvm');
    assert.equal(AllList.OnlyCSPList.length, 1, 'it stands there still, and is found');
    const [left] = AllList.OnlyCSPList;
    assert.deepEqual(await ok('DELETE', `/cspvm/${left?.SystemId}`), { Status: 'Terminating' });
  });
});
