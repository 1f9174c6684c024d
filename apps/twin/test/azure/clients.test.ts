/**
 * The vendor's own SDK for Python against the wire (Debian: python3-azure): models, paging, errors and long-running operations as
 * Microsoft's code reads them. Skipped where it is not installed, except in CI. The SDK for JavaScript refuses plain http.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { openTestCloud } from './serve.ts';

const run = promisify(execFile);
const python = '/usr/bin/python3';
const skip =
  existsSync('/usr/lib/python3/dist-packages/azure/mgmt/compute') || process.env['CI'] === 'true'
    ? false
    : 'python3-azure is not installed: apt-get install --no-install-recommends python3-azure';

for (const [script, what] of [
  ['clients.py', 'builds, drives and takes down VMs with all they need'],
  ['images.py', 'makes disks, snapshots, images, galleries, tags and addresses, and VMs of them'],
] as const)
  it(`the SDK for Python ${what}`, { skip, timeout: 120_000 }, async () => {
    const t = await openTestCloud();
    try {
      const { stdout } = await run(python, ['-B', join(import.meta.dirname, script)], {
        env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', ...t.wire.env(t.cloud, t.base) },
      });
      assert.match(stdout, /ok\n$/);
      assert.deepEqual(t.counts(), {});
    } finally {
      await t.close();
    }
  });
