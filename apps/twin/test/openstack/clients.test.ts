/**
 * The vendor's own clients against the wire: openstacksdk for breadth, a tour of the `openstack` command for proof (Debian:
 * python3-openstackclient). Skipped where they are not installed, except in CI.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { noDelays, openTestCloud, type TestCloud } from './serve.ts';

const run = promisify(execFile);
const command = '/usr/bin/openstack';
// Debian's own Python has the SDK; another one first on PATH need not.
const python = '/usr/bin/python3';
const skip =
  existsSync(command) || process.env['CI'] === 'true'
    ? false
    : 'python3-openstackclient is not installed: apt-get install python3-openstackclient';

describe('the vendor’s clients', { skip }, () => {
  let t: TestCloud;
  let home = '';
  let env: NodeJS.ProcessEnv = {};
  before(async () => {
    t = await openTestCloud({ delays: { create: 20, start: 20, stop: 20, reboot: 20, terminate: 20 } });
    home = await mkdtemp(join(tmpdir(), 'openstack-test-'));
    env = { PATH: '/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8', ...t.wire.env(t.cloud, t.base) };
  });
  after(async () => {
    await t.close();
    await rm(home, { recursive: true, force: true });
  });

  const nothingLeft = () =>
    assert.deepEqual(
      Object.entries(t.wire.counts(t.cloud)).filter(([, count]) => count > 0),
      [],
    );

  it('openstacksdk builds, drives and takes down a server with its network', {
    timeout: 60_000,
  }, async () => {
    const { stdout } = await run(python, [join(import.meta.dirname, 'clients.py')], { env });
    assert.match(stdout, /ok\n$/);
    nothingLeft();
  });

  it('the openstack command does the same', { timeout: 120_000 }, async () => {
    const openstack = async (line: string) => (await run(command, line.split(' '), { env })).stdout.trim();
    const key = join(home, 'key.pub');
    await writeFile(
      key,
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhJdp07gEEyNQ6K2aHe2kNkQG9Ck3xqsKfmfWpIIKqL somebody\n',
    );
    // With delays the command would wait for its next look, 5 s later.
    Object.assign(t.cloud.delays, noDelays);
    const [catalog, images] = await Promise.all([
      openstack('catalog list -f json'),
      openstack('image list -f value -c Name'),
      openstack(`keypair create --public-key ${key} key`),
      openstack('network create net'),
      openstack('volume create --size 1 --type ssd data'),
    ]);
    assert.match(catalog, /"nova"/);
    assert.match(images, /^ubuntu-24.04$/m);
    await openstack('subnet create --network net --subnet-range 10.0.0.0/24 sub');
    assert.equal(
      await openstack(
        'server create --flavor m1.small --image ubuntu-22.04 --network net --key-name key --wait vm -f value -c status',
      ),
      'ACTIVE',
    );
    assert.match(
      await openstack('server list -f value'),
      /vm ACTIVE .*10\.0\.0\.\d+.* ubuntu-22\.04 m1\.small/,
    );
    await openstack('server add volume vm data');
    assert.match(await openstack('volume list -f value'), /^\S+ data in-use 1 .*\/dev\/vdb/);
    assert.equal(await openstack('server image create --name golden --wait vm -f value -c status'), 'active');
    await openstack('server stop vm');
    await openstack('server delete --wait vm');
    await assert.rejects(
      openstack('server show vm'),
      /No Server found for vm|No server with a name or ID of 'vm' exists/,
    );
    await Promise.all([
      openstack('network delete net'),
      openstack('keypair delete key'),
      openstack('volume delete data'),
      openstack('image delete golden'),
    ]);
    nothingLeft();
  });
});
