/** An MCIS of real containers on a real Docker Engine, through the server: made, commanded over SSH, paused, resumed, deleted. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { createClient } from '@cloud-barista/api/client';
import { openServer, type Server } from '@cloud-barista/server/server';
import { missing, openTestEngine } from '../drivers/docker/test/engine.ts';

const reason = missing();
const skip = reason !== undefined && process.env['CI'] === undefined ? reason : false;

test('an MCIS on a real Docker Engine', { skip, timeout: 900_000 }, async () => {
  const engine = await openTestEngine();
  let server: Server | undefined;
  try {
    server = await openServer({ store: 'memory:', port: 0 });
    const client = createClient({ url: server.url });
    const values = { host: `unix://${engine.socket}` };
    const driver = 'docker';
    await client.call('credential.create', { body: { name: 'here', driver, values } });
    await client.call('region.create', { body: { name: 'here', driver, values: {} } });
    await client.call('connection.create', {
      body: { name: 'here', driver, credential: 'here', region: 'here' },
    });
    await client.call('connection.check', { connection: 'here' });
    const place = { namespace: 'default', mcis: 'boxes' };
    const userData = '#!/bin/sh\necho made > /etc/proof\n';
    const groups = [
      { name: 'box', size: 2, connection: 'here', cpu: 1, memoryGb: 0.25, image: 'ubuntu-22.04', userData },
    ];
    await client.follow(
      await client.call('mcis.create', { namespace: 'default', body: { name: 'boxes', groups } }),
    );
    const run = async (command: string) =>
      (await client.call('command.run', { ...place, body: { command } })).results.map(
        ({ stdout, exitCode, error }) => error?.message ?? `${exitCode} ${stdout.trim()}`,
      );
    assert.deepEqual(await run('id -un; sudo cat /etc/proof'), ['0 debian\nmade', '0 debian\nmade']);
    const hosts = await run('hostname');
    assert.equal(new Set(hosts).size, 2, hosts.join(' '));

    await client.follow(await client.call('mcis.suspend', place));
    assert.equal((await client.call('mcis.get', place)).status, 'Suspended 2/2');
    await client.follow(await client.call('mcis.resume', place));
    assert.equal((await client.call('mcis.get', place)).status, 'Running 2/2');
    assert.deepEqual(await run('hostname'), hosts);

    await client.follow(await client.call('mcis.delete', place));
    const docker = (...args: string[]) =>
      execFileSync('docker', ['-H', values.host, ...args])
        .toString()
        .trim();
    assert.equal(docker('ps', '-aq'), '');
    assert.equal(docker('volume', 'ls', '-q'), '');
    assert.equal(docker('network', 'ls', '-q', '--filter', 'type=custom'), '');
  } finally {
    await server?.close();
    await engine.close();
  }
});

test('the demo takes a container in, where an engine answers', { skip, timeout: 900_000 }, async () => {
  const engine = await openTestEngine();
  const home = mkdtempSync(join(tmpdir(), 'barista-demo-'));
  try {
    const main = fileURLToPath(new URL('../apps/cli/src/main.ts', import.meta.url));
    const said = execFileSync(process.execPath, [main, 'demo', '--exit'], {
      env: { ...process.env, DOCKER_HOST: `unix://${engine.socket}`, XDG_DATA_HOME: home, HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
    assert.match(said, /^edge-1 +DOCKER +here .* Running /m);
    assert.match(said, /\n7\/7 VMs Running, 7\/7 commands ok, .* 0 left in the clouds\n$/);
    const containers = execFileSync('docker', ['-H', `unix://${engine.socket}`, 'ps', '-aq']).toString();
    assert.equal(containers, '');
  } finally {
    rmSync(home, { recursive: true, force: true });
    await engine.close();
  }
});
