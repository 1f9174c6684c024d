/** Measures the spider's own cost: `node packages/spider/test/measure.ts [STORE]`, e.g. sqlite:/tmp/x.db; in-process cloud without delays. */
import { cpus } from 'node:os';
import { openStore } from '@cloud-barista/store/open';
import { createVm, getVm, listVms, terminateVm } from '../src/vms.ts';
import { observe } from '../src/vm-states.ts';
import { awaitVm } from '../src/vm-waiting.ts';
import { call, makeGround, openStage, vmInput } from './stage.ts';

const store = await openStore(process.argv[2] ?? 'memory:');
const stage = await openStage({ store });
const { spider } = stage;
await makeGround(spider);
const line = (what: string, value: string) => console.log(`${what.padEnd(44)} ${value}`);
line('cores', String(cpus().length));
const timed = async (work: () => Promise<unknown>) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

for (const count of [100, 1000, 1000]) {
  const names = Array.from({ length: count }, (_, index) => `vm-${index}`);
  const made = await timed(() =>
    Promise.all(names.map(name => createVm(spider, 'seoul', vmInput(name), call))),
  );
  line(`createVm × ${count}`, `${made.toFixed(0)} ms, ${((count * 1000) / made).toFixed(0)}/s`);
  const running = await timed(() => awaitVm(spider, 'seoul', names, 'Running', call));
  line(`awaitVm of ${count} to Running`, `${running.toFixed(0)} ms`);
  const poll = await timed(() => observe(spider, 'seoul', names, call.signal));
  line(`one poll of ${count}, nothing changed`, `${poll.toFixed(1)} ms`);
  await getVm(spider, 'seoul', 'vm-1');
  const gets = 200_000;
  const got = await timed(async () => {
    for (let index = 0; index < gets; index++) await getVm(spider, 'seoul', `vm-${index % count}`);
  });
  line('getVm, fresh', `${((gets * 1000) / got).toFixed(0)}/s`);
  const listed = await timed(() => listVms(spider, 'seoul', { limit: 1000 }));
  line(`listVms of ${count}`, `${listed.toFixed(1)} ms`);
  const ended = await timed(async () => {
    await Promise.all(names.map(name => terminateVm(spider, 'seoul', name, call)));
    await awaitVm(spider, 'seoul', names, 'Terminated', call);
  });
  line(`terminate and await of ${count}`, `${ended.toFixed(0)} ms`);
}
const records = 1_000_000;
const recorded = await timed(async () => {
  for (let index = 0; index < records; index++)
    spider.calls.record({
      provider: 'MOCK',
      connection: 'seoul',
      region: 'r',
      resource: 'vm',
      name: '',
      api: 'X',
      start: index,
      elapsedMs: 1,
      outcome: 'ok',
      cause: '',
      attempt: 1,
    });
});
line('recording a call (in memory)', `${((recorded * 1000) / records).toFixed(2)} µs`);
await stage.end();
await store.close();
