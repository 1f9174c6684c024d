/** Every verb against a server: what it prints, in each form, and what it changes. */
import assert from 'node:assert/strict';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Call, CallSummary, CloudQuality } from '@cloud-barista/model/call';
import type { Mcis } from '@cloud-barista/model/mcis';
import type { Operation } from '@cloud-barista/model/operation';
import { parse } from 'yaml';
import { mcisFile, openStage } from './cli.ts';

const { cli, client, server } = await openStage({ after });
const file = await cli.file('web.yaml', mcisFile('web', ['a', 2], ['b', 1]));
const place = { namespace: 'default', mcis: 'web' };
/** The lines of a table: title and rows, each cut at two or more spaces. */
const rows = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => line.split(/ {2,}/));

test('review shows the plan, and makes nothing', async () => {
  for (const args of [
    ['review', '-f', file],
    ['apply', '--dry-run', '-f', file],
  ]) {
    const text = await cli.good(...args);
    assert.match(text, /^MCIS web: 3 VMs on 1 connection; nothing is made yet\./);
    assert.match(text, /cheapest with/);
  }
  assert.equal((await cli.json<{ vmCount: number }>('review', '-f', file)).vmCount, 3);
  assert.deepEqual((await client.call('mcis.list', { namespace: 'default' })).items, []);
  assert.deepEqual((await client.call('vpc.list', { connection: 'seoul' })).items, []);
});

test('apply makes it; again it is unchanged; grown and shrunk it follows the file', async () => {
  assert.equal(await cli.good('apply', '-f', file), 'mcis web: made\n');
  assert.equal(await cli.good('apply', '-f', file), 'mcis web: unchanged\n');
  const names = async () => (await client.call('mcis-vm.list', place)).items.map(({ name }) => name);
  const apply = async (...groups: Parameters<typeof mcisFile>[1][]) =>
    cli.good('apply', '-f', await cli.file('web.yaml', mcisFile('web', ...groups)));
  assert.equal(await apply(['a', 3], ['b', 1]), 'mcis web: 1 VM added\n');
  assert.deepEqual(await names(), ['a-1', 'a-2', 'a-3', 'b-1']);
  assert.equal(await apply(['a', 1], ['c', 1]), 'mcis web: 1 group added, 3 VMs removed\n');
  assert.deepEqual(await names(), ['a-1', 'c-1']);
  assert.equal(await apply(['a', 1], ['c', 1]), 'mcis web: unchanged\n');
  assert.equal(await apply(['a', 2], ['b', 1]), 'mcis web: 2 VMs added, 1 VM removed\n');
  assert.equal((await names()).length, 3);
});

test('what can’t be changed in place is refused, not passed over', async () => {
  const before = await client.call('mcis.get', place);
  const text = mcisFile('web', ['a', 2], ['b', 1]);
  const rule =
    '    rules: [{ direction: inbound, protocol: tcp, fromPort: 80, toPort: 80, cidr: 0.0.0.0/0 }]\n';
  for (const [changed, said] of [
    [text.replace('ubuntu-22.04', 'debian-12'), /group a stands with other settings/],
    [text.replace('    size: 2\n', `    size: 2\n${rule}`), /group a stands with other settings/],
    [`${text}labels: { team: video }\n`, /another labels/],
    [`${text}onFailure: keep\n`, /another onFailure/],
  ] as const)
    assert.match(await cli.bad(1, 'apply', '-f', await cli.file('changed.yaml', changed)), said);
  assert.deepEqual(await client.call('mcis.get', place), before);
});

test('get: table, wide, JSON, YAML; all, one, some', async () => {
  const [title, row] = rows(await cli.good('get', 'mcis'));
  assert.deepEqual(title, ['NAME', 'STATUS', 'AGE']);
  assert.deepEqual(row?.slice(0, 2), ['web', 'Running 3/3']);
  const wide = rows(await cli.good('get', 'vms', '-m', 'web', '-o', 'wide'));
  assert.ok((wide[0]?.length ?? 0) > 8);
  assert.equal(wide.length, 4);
  const json = await cli.json<Mcis[]>('get', 'mcis');
  assert.equal(json[0]?.name, 'web');
  assert.deepEqual(parse(await cli.good('get', 'mcis', '-o', 'yaml')), json);
  assert.equal((await cli.json<Mcis>('get', 'mcis', 'web')).vms.length, 3);
  assert.equal((await cli.json<unknown[]>('get', 'connections', 'seoul', 'slow')).length, 2);
  assert.equal((await cli.json<unknown[]>('get', 'specs', '-c', 'seoul', '--limit', '3')).length, 3);
  assert.ok((await cli.json<unknown[]>('get', 'images', '-c', 'seoul', '--search', 'debian')).length === 1);
  assert.equal(await cli.good('get', 'tokens'), 'None.\n');
});

test('every noun lists', async () => {
  const nouns = await cli.json<{ noun: string; also: string[] }[]>('get');
  for (let at = 0; at < nouns.length; at += 4)
    await Promise.all(
      nouns.slice(at, at + 4).map(async ({ noun, also }) => {
        const word = also.at(-1) ?? noun;
        assert.ok((await cli.good('get', word, '-c', 'seoul', '-m', 'web')).length > 4, noun);
      }),
    );
});

test('describe: one thing, whole', async () => {
  const described = parse(await cli.good('describe', 'mcis', 'web')) as Mcis;
  assert.equal(described.vms.length, 3);
  assert.equal((await cli.json<{ name: string }>('describe', 'vm', 'a-1', '-m', 'web')).name, 'a-1');
});

test('suspend, resume, reboot, terminate: an MCIS, and a VM of a connection', async () => {
  const [vm] = (await client.call('vm.list', { connection: 'seoul' })).items;
  const state = async () => (await client.call('mcis.get', place)).state;
  assert.equal(await cli.good('suspend', 'web'), 'web suspended\n');
  assert.equal(await state(), 'Suspended');
  assert.equal(await cli.good('resume', 'web'), 'web resumed\n');
  assert.equal(await cli.good('reboot', 'web'), 'web rebooted\n');
  assert.equal(await state(), 'Running');
  await cli.good('suspend', vm?.name ?? '', '-c', 'seoul');
  assert.equal(await state(), 'Partial');
  assert.match(await cli.good('terminate', 'web', '--no-wait'), /^web: operation op_\w+\n$/);
});

test('operations: newest first, one followed, one that can’t be cancelled any more', async () => {
  const [title, ...lines] = rows(await cli.good('operations', '--limit', '3'));
  assert.equal(title?.[0], 'ID');
  assert.equal(lines.length, 3);
  assert.equal(lines[0]?.[2], 'default/web');
  const id = lines[0]?.[0] ?? '';
  assert.equal((await cli.json<Operation>('operations', 'watch', id)).state, 'succeeded');
  assert.equal((await cli.json<Operation>('operations', 'cancel', id)).state, 'succeeded');
  assert.equal((await cli.json<Operation[]>('operations')).length > 5, true);
});

test('calls: the history, filtered', async () => {
  const [title, ...lines] = rows(await cli.good('calls', '-c', 'seoul', '--api', 'RunVm'));
  assert.equal(title?.[0], 'TIME');
  assert.ok(lines.length >= 3 && lines.every(line => line.includes('RunVm')));
});

test('calls summary, quality, export: the filters work behind the verb as before it', async () => {
  const [title, first] = rows(
    await cli.good('calls', 'summary', '--by', 'connection,outcome', '--cloud', 'mock', '--since', '1h'),
  );
  assert.deepEqual(title?.slice(0, 3), ['CONNECTION', 'OUTCOME', 'CALLS']);
  assert.deepEqual(first?.slice(0, 2), ['seoul', 'ok']);
  assert.ok(Number(first?.[2]) > 10);
  const { total, groups } = await cli.json<CallSummary>('calls', 'summary', '-c', 'seoul', '--by', 'api');
  assert.ok(total.count > 10 && total.p50Ms <= total.p99Ms && total.p99Ms <= total.maxMs);
  assert.equal(
    groups.reduce((sum, { count }) => sum + count, 0),
    total.count,
  );
  const qualities = await cli.json<CloudQuality[]>('calls', 'quality');
  assert.ok(qualities.some(({ connection, score }) => connection === 'seoul' && score !== undefined));

  const file = `${cli.home}/calls.jsonl`;
  assert.match(await cli.good('calls', 'export', file, '-c', 'seoul', '--resource', 'vm'), /^\d+ calls in /);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const calls = lines.map(line => JSON.parse(line) as Call);
  assert.ok(calls.length > 5 && calls.every(call => call.connection === 'seoul' && call.resource === 'vm'));
  assert.deepEqual(
    calls.map(({ sequence }) => sequence),
    calls.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
  );
  const upstream = await cli.good('calls', 'export', '--format', 'hiscall', '--api', 'RunVm');
  assert.match(
    upstream.split('\n')[0] ?? '',
    /^\[HISCALL\]\.\[127\.0\.0\.1\] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(\w+day\) send\(\):1 - "CloudOS" : "MOCK", "RegionZone" : "[^"]*", "ResourceType" : "VM", "ResourceName" : "[^"]*", "CloudOSAPI" : "RunVm", "ElapsedTime" : "\d+\.\d{4}", "ErrorMSG" : ""$/,
  );
  assert.match(await cli.bad(2, 'calls', '--since', 'yesterday'), /30m, 2h or 7d/);
  assert.match(await cli.bad(2, 'calls', 'summary', '--by', 'colour'), /by/);
  assert.match(await cli.bad(2, 'calls', '--resource', 'vms'), /"vm"/);
});

test('namespaces and tokens by create; -n says where', async () => {
  assert.equal(
    await cli.good('create', 'namespace', 'other', '--description', 'x'),
    'namespace other made\n',
  );
  assert.match(await cli.good('create', 'token', 'ci', '--role', 'reader'), /^cb_\S{40,}\n$/);
  assert.equal(
    (await cli.json<{ role: string }>('create', 'token', 'ops', '--role', 'operator')).role,
    'operator',
  );
  assert.equal(await cli.good('get', 'mcis', '-n', 'other'), 'None.\n');
  assert.equal(await cli.good('delete', 'tokens', 'ci', 'ops'), 'token ci deleted\ntoken ops deleted\n');
  assert.match(await cli.bad(2, 'create', 'token', 'x', '--role', 'adm'), /"admin"/);
});

test('a driver is loaded from a module, shown, and unloaded', async () => {
  const toy = join(cli.home, 'toy.mjs');
  await copyFile(fileURLToPath(new URL('../../../examples/drivers/toy.mjs', import.meta.url)), toy);
  await chmod(toy, 0o644);
  assert.equal(
    await cli.good('create', 'driver', '--module', toy, '--memory-mb', '128'),
    'driver toy loaded (TOY)\n',
  );
  const [title, ...lines] = rows(await cli.good('get', 'drivers'));
  assert.deepEqual(title?.slice(0, 4), ['NAME', 'CLOUD', 'KIND', 'STATE']);
  assert.deepEqual(
    lines.map(line => line.slice(0, 4)),
    [
      ['memory', 'MOCK', 'built-in', 'ready'],
      ['toy', 'TOY', 'plug-in', 'ready'],
    ],
  );
  const { plugIn } = await cli.json<{ plugIn: object }>('describe', 'driver', 'toy');
  assert.deepEqual({ ...plugIn, created: '' }, { module: toy, memoryMb: 128, created: '', restarts: 0 });
  assert.match(await cli.bad(1, 'create', 'driver', '--module', toy), /already exists/);
  assert.match(await cli.bad(2, 'create', 'driver', '--module', 'http://example.org/x.mjs'), /address/);
  assert.equal(await cli.good('delete', 'driver', 'toy'), 'driver toy deleted\n');
});

test('api: any operation by its name; without one, the list', async () => {
  assert.match(await cli.good('api'), /^OPERATION/);
  const made = JSON.parse(await cli.good('api', 'namespace.create', '--body', '{"name":"by-api"}')) as {
    name: string;
  };
  assert.equal(made.name, 'by-api');
  assert.equal(
    (parse(await cli.good('api', 'mcis.get', 'namespace=default', 'mcis=web', '-o', 'yaml')) as Mcis).name,
    'web',
  );
});

test('what is not there: exit code 4, and the nearest', async () => {
  assert.match(await cli.bad(4, 'get', 'mcis', 'wob'), /"web"/);
  assert.match(await cli.bad(4, 'get', 'vms', '-c', 'soul'), /"seoul"/);
  assert.match(await cli.bad(4, 'get', 'mcis', '-n', 'defualt'), /"default"/);
  await cli.bad(4, 'suspend', 'nothing');
  await cli.bad(4, 'delete', 'mcis', 'nothing');
  assert.equal(
    await cli.good('delete', 'mcis', 'nothing', '--ignore-not-found'),
    'mcis nothing is not there\n',
  );
});

test('delete -f: what the file names, last first; nothing is left', async () => {
  const all = await cli.file(
    'all.yaml',
    `kind: namespace\nname: filed\n---\nnamespace: filed\n${mcisFile('web', ['a', 1])}`,
  );
  assert.equal(await cli.good('apply', '-f', all), 'namespace filed: made\nmcis web: made\n');
  assert.equal(await cli.good('apply', '-f', all), 'namespace filed: unchanged\nmcis web: unchanged\n');
  assert.equal(await cli.good('delete', '-f', all), 'mcis web deleted\nnamespace filed deleted\n');
  await cli.bad(4, 'delete', '-f', all);
  await cli.good('delete', 'mcis', 'web');
  assert.deepEqual((await client.call('vm.list', { connection: 'seoul' })).items, []);
  assert.deepEqual((await client.call('vpc.list', { connection: 'seoul' })).items, []);
  assert.match(await cli.bad(1, 'delete', 'drivers', 'memory'), /can't be deleted/);
});

test('a server that wants a token: said how to give it; with it all goes', async t => {
  const { openServer } = await import('@cloud-barista/server/server');
  const { readFile } = await import('node:fs/promises');
  const locked = await openServer({
    port: 0,
    store: 'memory:',
    dataDir: `${cli.home}/locked`,
    authenticate: true,
  });
  t.after(() => locked.close());
  assert.match(await cli.bad(1, 'get', 'ns', '-s', locked.url), /barista config set token/);
  const token = (await readFile(locked.adminTokenFile ?? '', 'utf8')).trim();
  assert.match(await cli.good('get', 'ns', '-s', locked.url, '--token', token), /default/);
  const reader = (
    await cli.good('create', 'token', 'r', '--role', 'reader', '-s', locked.url, '--token', token)
  ).trim();
  assert.match(
    await cli.bad(1, 'create', 'namespace', 'x', '-s', locked.url, '--token', reader),
    /role operator/,
  );
  assert.notEqual(server.url, locked.url);
});
