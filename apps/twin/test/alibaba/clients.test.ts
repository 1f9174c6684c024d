/** Somebody else's client against the wire: Apache Libcloud (Debian: python3-libcloud). Skipped where it is not installed, except in CI. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTwin, zone } from './server.ts';

const run = promisify(execFile);
// Debian's own Python has it; another one first on PATH need not.
const python = '/usr/bin/python3';
const skip =
  existsSync('/usr/lib/python3/dist-packages/libcloud') || process.env['CI'] === 'true'
    ? false
    : 'libcloud is not installed: apt-get install python3-libcloud';

test('libcloud builds, copies and takes down VMs and disks', { skip, timeout: 60_000 }, async t => {
  // It starts what CreateInstance made without waiting until that is Stopped: so no delay there.
  const twin = await startTwin({ delays: { create: 20, start: 20, stop: 0, reboot: 20, terminate: 20 } });
  // The vendor's endpoint is a host of its own with nothing in its path, and this client knows no other.
  const front = createServer((request, response) => {
    request.url = (request.url ?? '/').replace(/^\//, new URL(`${twin.base}/ecs`).pathname);
    void twin.wire.handle(request, Buffer.alloc(0), response);
  });
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    front.closeAllConnections();
    front.close();
    await twin.close();
  });
  const until = async (deed: () => Promise<boolean>) => {
    while (!(await deed())) await new Promise(resolve => setImmediate(resolve));
  };
  const { VpcId } = await twin.ok('vpc', 'CreateVpc', {});
  await until(
    async () => (await twin.ok('vpc', 'DescribeVpcs', { VpcId })).Vpcs.Vpc[0].Status === 'Available',
  );
  const { VSwitchId } = await twin.ok('vpc', 'CreateVSwitch', {
    VpcId,
    ZoneId: zone,
    CidrBlock: '172.16.1.0/24',
  });
  const { SecurityGroupId } = await twin.ok('ecs', 'CreateSecurityGroup', { VpcId });
  const { port } = front.address() as AddressInfo;
  const script = join(import.meta.dirname, 'clients.py');
  const { id, secret } = twin.keys;
  const { stdout } = await run(
    python,
    [script, '127.0.0.1', `${port}`, id, secret, String(SecurityGroupId), String(VSwitchId), zone],
    { env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' } },
  );
  assert.match(stdout, /ok\n$/);
  const { vpcs, vSwitches, securityGroups, ...rest } = twin.wire.counts(twin.cloud);
  assert.deepEqual([vpcs, vSwitches, securityGroups], [1, 1, 1]);
  assert.deepEqual(
    Object.entries(rest).filter(([, count]) => count > 0),
    [],
  );
  assert.equal(twin.world.addresses.taken, 0);
});
