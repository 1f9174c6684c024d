/**
 * Past one machine: two servers on one etcd. One is killed while it makes an MCIS; the other, running already, takes the
 * operation up when the dead one's lease has run out, and finishes or undoes it. Nothing is doubled: counted in the Twin.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createClient } from '@cloud-barista/api/client';
import { hasCode } from '@cloud-barista/model/errors';
import { start } from '../tools/process.ts';

const absent = spawnSync('etcd', ['--version']).error !== undefined;
const skip =
  absent && process.env['CI'] === undefined ? 'etcd is not installed (Debian: etcd-server)' : false;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Answers within ten seconds, or the test says so. */
async function awaitEtcd(url: string): Promise<void> {
  for (const until = performance.now() + 10_000; performance.now() < until; ) {
    const up = await fetch(`${url}/health`).then(
      answer => answer.ok,
      () => false,
    );
    if (up) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  assert.fail('etcd does not answer');
}

describe('two servers on one etcd', { skip, timeout: 120_000 }, () => {
  const cleanups: (() => unknown)[] = [];
  after(async () => {
    for (const clean of cleanups.reverse()) await clean();
  });

  it('an operation of a killed server is taken up by the other', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'barista-etcd-'));
    cleanups.push(() => rm(dir, { recursive: true, force: true }));
    const [port, peer] = [await freePort(), await freePort()];
    const at = (number: number) => `http://127.0.0.1:${number}`;
    const flags = {
      'data-dir': join(dir, 'etcd'),
      'listen-client-urls': at(port),
      'advertise-client-urls': at(port),
      'listen-peer-urls': at(peer),
      'initial-advertise-peer-urls': at(peer),
      'initial-cluster': `default=${at(peer)}`,
      'log-level': 'error',
    };
    const etcd = spawn(
      'etcd',
      Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: 'ignore' },
    );
    cleanups.push(() => etcd.kill('SIGKILL'));
    await awaitEtcd(at(port));
    // Both servers open what either sealed.
    process.env['BARISTA_KEY'] = randomBytes(32).toString('base64');
    cleanups.push(() => delete process.env['BARISTA_KEY']);
    const store = `etcd://127.0.0.1:${port}/barista`;
    const twin = await start('twin', ['up', '--port', '0', '--ssh-port', 'off', '--delay-ms', '300']);
    cleanups.push(() => twin.end());
    const twinUrl = String(twin.ready['url']);
    const open = async (name: string) => {
      const server = await start('server', ['--port', '0', '--data', join(dir, name), '--store', store]);
      cleanups.push(() => server.kill());
      return { server, client: createClient({ url: String(server.ready['url']) }) };
    };
    const first = await open('one');
    const second = await open('two');

    for (const [name, region] of [
      ['aws', 'us-east-1'],
      ['openstack', 'RegionOne'],
    ] as const) {
      const answer = await fetch(`${twinUrl}/twin/v1/clouds/${name}/connection?region=${region}`);
      const connection = (await answer.json()) as {
        driver: string;
        credential: Record<string, string>;
        region: Record<string, string>;
      };
      const { driver } = connection;
      await first.client.call('credential.create', { body: { name, driver, values: connection.credential } });
      await first.client.call('region.create', { body: { name, driver, values: connection.region } });
      await first.client.call('connection.create', {
        body: { name, driver, credential: name, region: name },
      });
    }
    const body = {
      name: 'shared',
      groups: ['aws', 'openstack'].map(connection => ({
        name: connection,
        size: 2,
        connection,
        cpu: 1,
        memoryGb: 1,
        image: 'ubuntu-22.04',
      })),
    };
    const operation = await first.client.call('mcis.create', { namespace: 'default', body });
    for await (const event of first.client.stream('operation.events', { operation: operation.id }))
      if (event.step.startsWith('vm/')) break;
    await first.server.kill();

    const counts = async () =>
      (await (await fetch(`${twinUrl}/twin/v1/counts`)).json()) as {
        total: number;
        clouds: Record<string, Record<string, number>>;
      };
    const ended = await second.client
      .follow(operation, undefined, { signal: AbortSignal.timeout(60_000) })
      .then(
        () => 'whole',
        error => (hasCode(error, 'cancelled') ? 'too late' : 'undone'),
      );
    assert.notEqual(ended, 'too late');
    const place = { namespace: 'default', mcis: 'shared' };
    if (ended === 'whole') {
      const mcis = await second.client.call('mcis.get', place);
      assert.equal(mcis.status, 'Running 4/4');
      const { clouds } = await counts();
      assert.equal((clouds['aws']?.['instances'] ?? 0) + (clouds['openstack']?.['servers'] ?? 0), 4);
      await second.client.follow(await second.client.call('mcis.delete', place));
    } else
      await assert.rejects(second.client.call('mcis.get', place), (error: unknown) =>
        hasCode(error, 'not_found'),
      );
    assert.equal((await counts()).total, 0);
  });
});
