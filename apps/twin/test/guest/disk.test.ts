/** A VM's disk, as an overlay over the skeleton and as a copy of it: its own, kept over a stop, with nothing changed below. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { removeFolder } from '../../src/guest/folder.ts';
import { findHost } from '../../src/guest/host.ts';
import { launchHere } from '../../src/guest/launch.ts';
import { defaultLimits } from '../../src/guest/limits.ts';
import { entry, type Host, openSandbox } from '../../src/guest/sandbox.ts';

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
    const inside = async (script: string): Promise<string> => {
      const sandbox = await openSandbox(host, spec, join(guests, name), name, Date.now(), launchHere);
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
    assert.equal(listed(), before);
  });
