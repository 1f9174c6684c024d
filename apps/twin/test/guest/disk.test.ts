/**
 * A VM's disk, as an overlay over the skeleton and as a copy of it: its own, kept over a stop, with nothing changed below;
 * and another's that begins with it.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { copyDisk } from '../../src/guest/capture.ts';
import { removeFolder } from '../../src/guest/folder.ts';
import { findHost } from '../../src/guest/host.ts';
import { type Launch, launchHere } from '../../src/guest/launch.ts';
import { defaultLimits } from '../../src/guest/limits.ts';
import { entry, type Host, openSandbox } from '../../src/guest/sandbox.ts';
import { firstUid, skeleton } from '../../src/guest/skeleton.ts';

let dir = '';
let guests = '';
let found: Host;
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'twin-disk-'));
  chmodSync(dir, 0o711);
  guests = join(dir, 'guests');
  mkdirSync(guests, { mode: 0o711 });
  const host = await findHost(guests, defaultLimits);
  assert.ok(typeof host !== 'string', String(host));
  found = host;
});
after(async () => {
  found.cgroups?.close();
  await removeFolder(dir);
});

const listed = () => execFileSync('find', [join(guests, 'skel'), '-ls'], { encoding: 'utf8' });

for (const overlay of [true, false])
  test(overlay ? 'an overlay' : 'a copy', async t => {
    if (overlay && !found.overlay) return t.skip('this kernel has no overlays for users');
    const host: Host = { ...found, overlay };
    const name = `vm-${overlay}`;
    const spec = {
      id: name,
      hostname: name,
      user: 'ubuntu',
      authorizedKeys: ['ssh-ed25519 AAAA somebody'],
      privateIp: '10.0.0.1',
      publicIp: '127.0.0.1',
      cpus: 1,
      memoryMib: 64,
      osName: 'Ubuntu 22.04',
      bootedAt: Date.now(),
      reachable: true,
    };
    const before = listed();
    const inside = async (script: string, at = name, below = skeleton): Promise<string> => {
      const sandbox = await openSandbox(host, spec, join(guests, at), at, Date.now(), launchHere, below);
      const [file = '', ...args] = entry(host, sandbox, 'root', ['sh', '-ec', script]);
      let said = '';
      const drained = Promise.withResolvers<void>();
      const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/root' };
      const running = launchHere({ file, args, cwd: '/', env }, (_, text) => {
        said += text;
        if (said.endsWith('done\n')) drained.resolve();
      });
      const { code } = await running.exited;
      assert.equal(code, 0, said);
      await drained.promise;
      sandbox.close();
      await sandbox.gone;
      return said;
    };
    await inside(`
      cat /home/ubuntu/.ssh/authorized_keys; grep -q ^ubuntu: /etc/passwd; grep -q Ubuntu /etc/os-release
      echo kept > /etc/profile.d/mine; rm /etc/inputrc; echo more >> /etc/services
      mv /opt /elsewhere; echo '#!/bin/sh' > /usr/local/bin/tool; chmod 755 /usr/local/bin/tool /var/spool
      echo done`);
    assert.match(
      await inside(`
        tool; cat /etc/profile.d/mine; tail -n 1 /etc/services; stat -c %a /var/spool
        [ ! -e /etc/inputrc ]; [ -d /elsewhere ]; [ ! -e /opt ]; [ -u /usr/local/libexec/elevate ] || [ "$(id -u)" = 0 ]
        echo done`),
      /^kept\nmore\n755\ndone\n$/,
    );
    const to = `disk-${overlay}`;
    mkdirSync(join(guests, to), { mode: 0o755 });
    if (host.privilege === 'root') chownSync(join(guests, to), firstUid, firstUid);
    const { signal } = new AbortController();
    await copyDisk(host, { folder: join(guests, name), below: skeleton, to, signal }, launchHere);
    assert.ok(!existsSync(join(guests, to, 'etc/.born')) && existsSync(join(guests, to, 'etc/services')));
    for (const time of ['first', 'second'])
      assert.match(
        await inside(
          `
          tool; cat /etc/profile.d/mine; tail -n 1 /etc/services; stat -c %a /var/spool
          [ ! -e /etc/inputrc ]; [ -d /elsewhere ]; [ ! -e /opt ]; [ -e /${time} ] || { : > /second; rm /etc/profile; }
          [ -e /second ]; [ ! -e /etc/profile ]; cat /home/ubuntu/.ssh/authorized_keys
          echo done`,
          `${name}-of`,
          to,
        ),
        /^kept\nmore\n755\nssh-ed25519 AAAA somebody\ndone\n$/,
      );
    assert.ok(!existsSync(join(guests, to, 'second')) && existsSync(join(guests, to, 'etc/profile')));
    assert.equal(listed(), before);
  });

test('a sandbox that is not up in time is ended, and unavailable', async () => {
  const host: Host = { ...found, limits: { ...found.limits, upSeconds: 0.05 } };
  const spec = {
    id: 'slow',
    hostname: 'slow',
    user: 'ubuntu',
    authorizedKeys: [],
    privateIp: '10.0.0.1',
    publicIp: '127.0.0.1',
    cpus: 1,
    memoryMib: 64,
    osName: 'Ubuntu 22.04',
    bootedAt: Date.now(),
    reachable: true,
  };
  let exited: Promise<unknown> | undefined;
  const launch: Launch = (order, heard) => {
    const launched = launchHere({ ...order, file: 'sleep', args: ['1000'] }, heard);
    exited = launched.exited;
    return launched;
  };
  await assert.rejects(openSandbox(host, spec, join(guests, 'slow'), 'slow', Date.now(), launch), {
    code: 'unavailable',
    message: 'No sandbox for slow: it was not up after 0.05 s.',
  });
  assert.deepEqual(await exited, { code: null, signal: 'SIGKILL' });
});
