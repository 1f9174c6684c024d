/**
 * Drivers named at run time: what is refused, what one that goes wrong does to others (nothing), and how it comes back. The modules are
 * written into a directory of the test's own, on top of the documentation's toy cloud.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openMemoryStore } from '@cloud-barista/store/memory';
import { call, openStage, type Stage } from '../../test/stage.ts';
import { checkConnection } from '../clouds.ts';
import { createConnection, deleteConnection } from '../connections.ts';
import { createCredential, deleteCredential } from '../credentials.ts';
import { createDriver, deleteDriver, getDriver, reloadDriver, listDrivers } from '../drivers.ts';
import { listImages } from '../images.ts';
import { createRegion, deleteRegion } from '../regions.ts';
import { inParallel } from '../signals.ts';
import { createVpc, getVpc } from '../vpcs.ts';
import { tame } from './facts.ts';

const dir = await mkdtemp(join(tmpdir(), 'barista-plug-in-'));
after(() => rm(dir, { recursive: true, force: true }));
const toy = join(dir, 'toy.mjs');
await copyFile(fileURLToPath(new URL('../../../../examples/drivers/toy.mjs', import.meta.url)), toy);
await chmod(toy, 0o644);

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text, { mode: 0o644 });
  return path;
}
/** A toy of another name, changed by `change`, the text of an object. */
const changed = (name: string, change: string) =>
  file(
    `${name}.mjs`,
    `import { driver as toy } from './toy.mjs';\nexport const driver = { ...toy, name: '${name}', ...${change} };\n`,
  );

/** What its `check` does stands in its region. */
const wild = await file(
  'wild.mjs',
  `import { writeFileSync } from 'node:fs';
import { driver as toy } from './toy.mjs';
const never = new Promise(() => {});
const kept = [];
const deeds = {
  loop({ region }) { writeFileSync(region.file + '.pid', String(process.pid)); for (;;); },
  exit() { process.exit(3); },
  stray({ credential }) { setTimeout(() => { throw new Error('lost ' + credential.password); }, 1); return never; },
  leak() { for (;;) kept.push(new Array(1000).fill(kept.length)); },
  buffers() { setInterval(() => kept.push(Buffer.alloc(2 ** 23, 1)), 5); return never; },
  hang() { return never; },
  say({ credential }) { console.log('it is ' + credential.password); },
};
export const driver = {
  ...toy, name: 'wild',
  regionKeys: [...toy.regionKeys, { key: 'deed', required: true, description: 'what its check does' }],
  async open(config, road) {
    const { deed } = config.region;
    if (deed === 'hang-open') return never;
    const cloud = await toy.open(config, road);
    const images = {
      ...cloud.images,
      list: async call => deed === 'lie' ? { items: [{ id: 7 }] } : deed === 'functions' ? { items: [() => 1] }
        : deed === 'endless' ? { items: [], next: call.cursor ?? 'on' } : cloud.images.list(call),
    };
    const vpcs = { ...cloud.vpcs, async create(call, request) {
      const made = await cloud.vpcs.create(call, request);
      if (deed === 'die-in-create' && !call.again) process.exit(1);
      return made;
    } };
    return { ...cloud, images, vpcs, check: async call => deeds[deed] ? deeds[deed](config) : cloud.check(call) };
  },
};
`,
);

const limits = {
  loadMs: 15_000,
  openMs: 1500,
  graceMs: 100,
  pingMs: 50,
  missedPings: 40,
  restartMs: 20,
  mostRestartMs: 100,
};
let stage: Stage | undefined;
afterEach(async () => {
  await stage?.end();
  stage = undefined;
});
const open = async (options: Parameters<typeof openStage>[0] = {}) =>
  (stage = await openStage({ plugIns: limits, modulesFrom: [dir], ...options }));

/** A connection of a plug-in, all its parts under one name. */
async function connect({ spider }: Stage, driver: string, name: string, deed?: string): Promise<void> {
  await createCredential(spider, { name, driver, values: { password: 'open sesame' } });
  const values = { file: join(dir, `${name}.json`), ...(deed !== undefined && { deed }) };
  await createRegion(spider, { name, driver, values });
  await createConnection(spider, { name, driver, credential: name, region: name });
}
/** Asks until it is so; the process has its own time. */
async function until<T>(probe: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = AbortSignal.timeout(10_000);
  for (;;) {
    const answer = await probe();
    if (wanted(answer)) return answer;
    assert.ok(!end.aborted, `still ${JSON.stringify(answer)}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

const refusals: [what: string, module: () => string | Promise<string>, code: string, said: RegExp][] = [
  ['a relative path', () => './toy.mjs', 'invalid_argument', /relative/],
  ['a relative path without a dot', () => 'drivers/toy.mjs', 'invalid_argument', /relative/],
  ['an http address', () => 'https://example.org/driver.mjs', 'invalid_argument', /address/],
  ['a data: module', () => 'data:text/javascript,export const driver = {}', 'invalid_argument', /address/],
  ['a file: address', () => `file://${toy}`, 'invalid_argument', /address/],
  ['a node: module', () => 'node:fs', 'invalid_argument', /address/],
  ['no name at all', () => 'not a name', 'invalid_argument', /neither/],
  ['a file that is not there', () => join(dir, 'absent.mjs'), 'invalid_argument', /no file/],
  ['a package that is not there', () => 'no-such-driver', 'invalid_argument', /no package/],
  ['a directory without a package', () => dir, 'invalid_argument', /without a package.json/],
  ['a file that is no module', () => file('x.txt', ''), 'invalid_argument', /no ES module/],
  [
    'a module that is no driver',
    () => file('none.mjs', 'export const x = 1;'),
    'invalid_argument',
    /does not export `driver`/,
  ],
  ['a driver without open', () => changed('half', '{ open: 1 }'), 'invalid_argument', /no function `open`/],
  ['a driver with a bad name', () => changed('Bad_Name', '{}'), 'invalid_argument', /lower-case/],
  [
    'a capability that is neither',
    () => changed('mute', '{ capabilities: { "vm.suspend": false } }'),
    'invalid_argument',
    /vm\.suspend/,
  ],
  [
    'another contract version',
    () => changed('old', '{ contract: 1 }'),
    'failed_precondition',
    /version 1 of the driver contract/,
  ],
  [
    'no contract version',
    () => changed('silent', '{ contract: undefined }'),
    'failed_precondition',
    /does not say/,
  ],
  ['a built-in’s name', () => changed('memory', '{}'), 'already_exists', /built in/],
  [
    'a module with a mistake',
    () => file('typo.mjs', 'export const driver = {'),
    'failed_precondition',
    /SyntaxError/,
  ],
  [
    'a module that throws',
    () => file('throw.mjs', 'throw new Error("not today");'),
    'failed_precondition',
    /not today/,
  ],
  ['a module that exits', () => file('exit.mjs', 'process.exit(7);'), 'failed_precondition', /exit code 7/],
  [
    'a module that waits for ever',
    () => file('wait.mjs', 'await new Promise(() => {});'),
    'failed_precondition',
    /within 6 s/,
  ],
  ['a module that never ends', () => file('loop.mjs', 'for (;;);'), 'failed_precondition', /within 6 s/],
  [
    'what says of itself what is no data',
    () => changed('fn', '{ names: { vpc: () => {} } }'),
    'invalid_argument',
    /no plain data/,
  ],
];

test('what is no driver is refused with the reason, and nothing of it is stored', async () => {
  const { spider } = await open({ plugIns: { ...limits, loadMs: 6000 } });
  const judge = async ([what, module, code, said]: (typeof refusals)[number]) => {
    const path = await module();
    await assert.rejects(
      createDriver(spider, { module: path }),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, code, `${what}: ${error.message}`);
        assert.match(error.message, said, what);
        return true;
      },
    );
  };
  // The slow ones, which stand last, beside the others.
  await inParallel(refusals.toReversed(), 3, judge);
  assert.deepEqual(
    (await listDrivers(spider)).items.map(({ name }) => name),
    ['memory'],
  );
});

test('a file that others may write to is refused', { skip: process.getuid === undefined }, async () => {
  const { spider } = await open();
  const path = await changed('open', '{}');
  await chmod(path, 0o666);
  await assert.rejects(createDriver(spider, { module: path }), { code: 'permission_denied' });
  await mkdir(join(dir, 'anybody'));
  await chmod(join(dir, 'anybody'), 0o777);
  const inside = await file('anybody/toy.mjs', 'export const driver = 1;');
  await assert.rejects(createDriver(spider, { module: inside }), { code: 'permission_denied' });
});

test('a package is found by its name, by its ./open entry, in the directories given', async () => {
  const { spider } = await open();
  const home = join(dir, 'node_modules', '@acme', 'toy');
  await mkdir(home, { recursive: true });
  await copyFile(toy, join(home, 'entry.mjs'));
  await file(
    'node_modules/@acme/toy/package.json',
    '{"name":"@acme/toy","exports":{"./open":{"import":"./entry.mjs"}}}',
  );
  assert.equal((await createDriver(spider, { module: '@acme/toy' })).name, 'toy');
  await deleteDriver(spider, 'toy');
  assert.equal((await createDriver(spider, { module: home })).plugIn?.module, home);
});

test('it is loaded again as it is now, its connections as they are; what is no driver of its name is not', async () => {
  const began = await open();
  const { spider } = began;
  await createDriver(spider, { module: await changed('mine', "{ provider: 'ONE' }") });
  await connect(began, 'mine', 'mine-box');
  await checkConnection(spider, 'mine-box', call);
  assert.equal((await getDriver(spider, 'mine')).provider, 'ONE');

  await changed('mine', "{ provider: 'TWO' }");
  assert.equal((await reloadDriver(spider, 'mine')).provider, 'TWO');
  await checkConnection(spider, 'mine-box', call);
  await file('mine.mjs', 'export const driver = 1;');
  await assert.rejects(reloadDriver(spider, 'mine'));
  await file('mine.mjs', "export { driver } from './toy.mjs';\n");
  await assert.rejects(reloadDriver(spider, 'mine'), { code: 'failed_precondition', message: /"toy"/ });
  assert.equal((await getDriver(spider, 'mine')).provider, 'TWO');
  await checkConnection(spider, 'mine-box', call);
  await assert.rejects(reloadDriver(spider, 'memory'), { code: 'failed_precondition' });
  await assert.rejects(reloadDriver(spider, 'mina'), { code: 'not_found' });
});

test('it is loaded, used, kept while used, and unloaded', async () => {
  const began = await open();
  const { spider } = began;
  const made = await createDriver(spider, { module: toy });
  assert.deepEqual(
    [made.kind, made.state, made.plugIn?.restarts, made.plugIn?.memoryMb],
    ['plug-in', 'ready', 0, 256],
  );
  await assert.rejects(createDriver(spider, { module: toy }), { code: 'already_exists' });
  const twice = await Promise.allSettled(
    [1, 2].map(async () => createDriver(spider, { module: await changed('twin', '{}') })),
  );
  assert.deepEqual(twice.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await assert.rejects(deleteDriver(spider, 'memory'), { code: 'failed_precondition' });
  await assert.rejects(deleteDriver(spider, 'tory'), { code: 'not_found', next: /"toy"/ });

  await connect(began, 'toy', 'box');
  await checkConnection(spider, 'box', call);
  const subnets = [{ name: 'one', cidr: '10.0.0.0/24' }];
  await createVpc(spider, 'box', { name: 'net', cidr: '10.0.0.0/16', subnets }, call);
  const held = JSON.parse(await readFile(join(dir, 'box.json'), 'utf8')) as { vpcs: object };
  assert.equal(Object.keys(held.vpcs).length, 1);

  // Another server on the same store, and this one after a restart, load it by themselves.
  const other = await began.again();
  assert.equal((await getVpc(other, 'box', 'net')).cidr, '10.0.0.0/16');
  await until(
    () => getDriver(other, 'toy'),
    ({ state }) => state === 'ready',
  );
  await checkConnection(other, 'box', call);

  await createConnection(spider, { name: 'second', driver: 'toy', credential: 'box', region: 'box' });
  await assert.rejects(deleteDriver(spider, 'toy'), /the connection "(box|second)"/);
  await deleteConnection(spider, 'second');
  const { deleteVpc } = await import('../vpcs.ts');
  await deleteVpc(spider, 'box', 'net', call);
  await deleteConnection(spider, 'box');
  await assert.rejects(deleteDriver(spider, 'toy'), /the credential "box"/);
  await deleteCredential(spider, 'box');
  await assert.rejects(deleteDriver(spider, 'toy'), /the region "box"/);
  await deleteRegion(spider, 'box');
  await deleteDriver(spider, 'toy');
  await assert.rejects(getDriver(spider, 'toy'), { code: 'not_found' });
  await until(
    async () => other.drivers.names,
    names => !names.includes('toy'),
  );
});

test('where it can’t be loaded it is listed with its problem, and comes up when that is mended', async () => {
  const store = await openMemoryStore();
  const began = await open({ store });
  const path = await changed('frail', '{}');
  await createDriver(began.spider, { module: path });
  await connect(began, 'frail', 'f');
  await file('frail.mjs', 'throw new Error("not here");');
  const other = await began.again();
  const seen = await until(
    () => getDriver(other, 'frail'),
    ({ problem }) => problem !== undefined,
  );
  assert.match(seen.problem ?? '', /not here/);
  assert.equal(seen.credentialKeys[0]?.key, 'password');
  await assert.rejects(checkConnection(other, 'f', call), { code: 'unavailable', message: /not here/ });
  await checkConnection(other, 'seoul', call);
  await changed('frail', '{}');
  await until(
    () => getDriver(other, 'frail'),
    ({ state }) => state === 'ready',
  );
  await checkConnection(other, 'f', call);
  await stage?.end();
  stage = undefined;
  await store.close();
});

/** How each way to go wrong ends: the call's code, and the reason that the driver then shows. */
const ends: [deed: string, code: string, reason: RegExp][] = [
  ['loop', 'unavailable', /no sign of life for 2 s/],
  ['exit', 'unavailable', /exit code 3/],
  ['stray', 'unavailable', /threw outside of any call \(Error: lost \*\*\*\)/],
  ['leak', 'unavailable', /more than 48 MB/],
  ['buffers', 'unavailable', /more than 48 MB/],
];
test('what goes wrong in it harms its own connections only, and it comes back', async t => {
  const began = await open();
  const { spider } = began;
  await createDriver(spider, { module: wild, memoryMb: 48 });
  await connect(began, 'wild', 'calm', 'none');
  let restarts = 0;
  for (const [deed, code, reason] of ends) {
    await connect(began, 'wild', deed, deed);
    await checkConnection(spider, 'calm', call);
    let [longest, last, others] = [0, performance.now(), 0];
    const pulse = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last - 5);
      last = now;
    }, 5);
    const failing = assert.rejects(checkConnection(spider, deed, call), { code });
    const over = new AbortController();
    void failing.finally(() => over.abort()).catch(() => {});
    while (!over.signal.aborted) {
      await checkConnection(spider, 'seoul', call);
      others++;
      await new Promise(resolve => setImmediate(resolve));
    }
    await failing;
    clearInterval(pulse);
    assert.ok(others > 0);
    t.diagnostic(
      `${deed}: meanwhile ${others} calls by others; the server’s longest pause ${longest.toFixed(0)} ms`,
    );
    const back = await until(
      () => getDriver(spider, 'wild'),
      ({ state }) => state === 'ready',
    );
    restarts++;
    assert.equal(back.plugIn?.restarts, restarts, deed);
    assert.match(back.plugIn?.lastFailure?.reason ?? '', reason);
    await checkConnection(spider, 'calm', call);
  }
});

test('a call or an open that never answers ends for its caller; others of the driver go on', async () => {
  const began = await open();
  const { spider } = began;
  await createDriver(spider, { module: wild });
  for (const deed of ['hang', 'hang-open', 'none']) await connect(began, 'wild', deed, deed);
  await checkConnection(spider, 'none', call);
  const abort = new AbortController();
  const hanging = checkConnection(spider, 'hang', { signal: abort.signal });
  await checkConnection(spider, 'none', call);
  abort.abort();
  await assert.rejects(hanging, { code: 'cancelled' });
  await assert.rejects(checkConnection(spider, 'hang', { signal: AbortSignal.timeout(50) }), {
    code: 'deadline_exceeded',
  });
  await assert.rejects(checkConnection(spider, 'hang-open', call), {
    code: 'deadline_exceeded',
    message: /1\.5 s/,
  });
  await checkConnection(spider, 'none', call);
  assert.equal((await getDriver(spider, 'wild')).plugIn?.restarts, 0);
});

test('a cloud that lies is told of by its driver’s name', async () => {
  const began = await open();
  const { spider } = began;
  await createDriver(spider, { module: wild });
  for (const [deed, said] of [
    ['lie', /driver "wild" answered wrongly: images\.list\.items\[0\]\.id is 7, not an id/],
    ['functions', /can't leave its process/],
    ['endless', /would never end/],
  ] as const) {
    await connect(began, 'wild', deed, deed);
    await assert.rejects(listImages(spider, deed, {}, call), { code: 'internal', message: said });
  }
});

test('what it made before it died in the create is found again, not made twice', async () => {
  const began = await open();
  const { spider } = began;
  await createDriver(spider, { module: wild });
  await connect(began, 'wild', 'die', 'die-in-create');
  const vpc = { name: 'net', cidr: '10.0.0.0/16', subnets: [] };
  const mine = { ...call, resume: true, owner: 'key/one' };
  await assert.rejects(createVpc(spider, 'die', vpc, mine), { code: 'unavailable' });
  await until(
    () => getDriver(spider, 'wild'),
    ({ state }) => state === 'ready',
  );
  assert.equal((await createVpc(spider, 'die', vpc, mine)).name, 'net');
  const held = JSON.parse(await readFile(join(dir, 'die.json'), 'utf8')) as { vpcs: object };
  assert.equal(Object.keys(held.vpcs).length, 1);
});

test('what it writes goes to the log, without secrets', async () => {
  const began = await open();
  await createDriver(began.spider, { module: wild });
  await connect(began, 'wild', 'say', 'say');
  await checkConnection(began.spider, 'say', call);
  const line = await until(
    async () => began.logs.find(entry => 'line' in entry),
    entry => entry !== undefined,
  );
  assert.deepEqual(line, {
    level: 'info',
    message: 'A driver wrote a line.',
    driver: 'wild',
    line: 'it is ***',
  });
});

test('it ends with the server, also in a loop, also when the server is killed', async () => {
  const pidFile = join(dir, 'orphan.json.pid');
  const script = fileURLToPath(new URL('../../test/loop-plug-in.ts', import.meta.url));
  const server = spawn(process.execPath, [script, wild, join(dir, 'orphan.json')], { stdio: 'ignore' });
  const over = once(server, 'exit');
  const pid = await until(
    async () => Number(await readFile(pidFile, 'utf8').catch(() => '')),
    number => number > 0,
  );
  process.kill(pid, 0);
  server.kill('SIGKILL');
  await over;
  await until(
    async () => {
      try {
        // One that nobody has fetched yet is dead too; /proc is Linux's alone.
        const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
        return process.kill(pid, 0) && !state.includes(') Z ');
      } catch {
        return false;
      }
    },
    lives => !lives,
  );
});

test('only regular expressions that end soon are let in', () => {
  for (const good of [
    '^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$',
    '.*',
    '^[^(+*]{1,128}$',
    '^a(?:b|c)?$',
    String.raw`^\w+\.\w+$`,
  ])
    assert.ok(tame(good), good);
  for (const bad of [
    '(a+)+$',
    '(?:a|a)*$',
    'a*a*a*a*a*b',
    '((a?b)*c){3}',
    String.raw`(a)\1`,
    '(',
    '(?:(?:x+)y)*',
    7,
  ])
    assert.ok(!tame(bad), String(bad));
});
