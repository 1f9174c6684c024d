/** Somebody else's client against the wire: Apache Libcloud (Debian: python3-libcloud). Skipped where it is not installed, except in CI. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { openTestCloud } from './server.ts';

const run = promisify(execFile);
// Debian's own Python has it; another one first on PATH need not.
const python = '/usr/bin/python3';
const skip =
  existsSync('/usr/lib/python3/dist-packages/libcloud') || process.env['CI'] === 'true'
    ? false
    : 'libcloud is not installed: apt-get install python3-libcloud';

it('libcloud builds, drives and takes down VMs with their network', { skip, timeout: 60_000 }, async t => {
  const cloud = await openTestCloud({
    delays: { create: 20, start: 20, stop: 20, reboot: 20, terminate: 20 },
  });
  const home = await mkdtemp(join(tmpdir(), 'gcp-test-'));
  t.after(async () => {
    await cloud.close();
    await rm(home, { recursive: true, force: true });
  });
  const { GOOGLE_CREDENTIALS = '' } = cloud.wire.env(cloud.cloud, cloud.base);
  const file = join(home, 'key.json');
  await writeFile(file, GOOGLE_CREDENTIALS);
  const { stdout } = await run(python, [join(import.meta.dirname, 'clients.py'), file, cloud.endpoint], {
    env: { PATH: '/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8' },
  });
  assert.match(stdout, /ok\n$/);
  assert.deepEqual(
    Object.entries(cloud.wire.counts(cloud.cloud)).filter(([, count]) => count > 0),
    [],
  );
  assert.equal(cloud.world.addresses.taken, 0);
});
