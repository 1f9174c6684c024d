/** What a command can see, keep and use up; and what is left when VMs stop, go, or the Twin is killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openRig, type Rig, run } from './rig.ts';

let rig: Rig;
before(async () => {
  process.env['TWIN_TEST_SECRET'] = 'hunter2';
  rig = await openRig();
  assert.equal(rig.guests.sandbox, true);
});
after(() => rig[Symbol.asyncDispose]());

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  const patience = AbortSignal.timeout(10_000);
  while (!(await holds())) {
    patience.throwIfAborted();
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};

test('files stay between commands and over a stop, and each VM has its own', async () => {
  await rig.exec(
    1,
    'echo mine > file; sudo sh -c "mkdir /data && echo system > /data/f; echo tool > /usr/local/bin/t"',
  );
  assert.equal((await rig.exec(1, 'cat file /data/f /usr/local/bin/t')).stdout, 'mine\nsystem\ntool\n');
  assert.notEqual((await rig.exec(2, 'cat file')).code, 0);
  await rig.guests.halt('aws/123/i-1');
  assert.equal((await rig.exec(1, 'cat file /data/f')).stdout, 'mine\nsystem\n');
  await rig.guests.remove('aws/123/i-1');
  assert.notEqual((await rig.exec(1, 'cat file')).code, 0);
});

test('nothing of the host is seen: files, secrets, processes, environment', async () => {
  writeFileSync(join(rig.folder, 'secret'), 'hunter2', { mode: 0o644 });
  const seen = await rig.exec(
    1,
    `env; ls -A /home /mnt /tmp /opt /srv; sudo ls -A /root; sudo cat /etc/shadow ${rig.folder}/secret; ls ${process.cwd()}; sudo cat /proc/1/environ; sudo ls /proc/1/root/`,
  );
  assert.doesNotMatch(seen.stdout, /hunter2|TWIN_TEST/);
  assert.match(seen.stderr, /shadow.*No such file/);
  assert.ok(seen.stderr.includes(`'${process.cwd()}': No such file`));
  const { stdout } = await rig.exec(1, 'ps -e -o pid= -o comm= | cat');
  assert.ok(stdout.split('\n').length < 8, stdout);
  assert.match(stdout, /^ *1 cat/);
  assert.doesNotMatch((await rig.exec(1, 'cat /etc/passwd')).stdout, /daemon|_apt|sshd/);
});

test('root of a VM has no power over the host', async () => {
  const tries = [
    'mount -t tmpfs x /mnt',
    'unshare -n true',
    'sh -c "echo 1 > /proc/sys/kernel/panic"',
    'mknod /tmp/disk b 254 0',
    `chroot /proc/1/root/.. ls ${process.cwd()}`,
    'touch /usr/bin/x',
    'dmesg',
  ];
  if (process.getuid?.() !== 0) return;
  const { stdout } = await rig.exec(
    1,
    tries.map(each => `sudo ${each} >/dev/null 2>&1 && echo '${each}'`).join('; '),
  );
  assert.equal(stdout, '', 'what of this could be done');
  assert.equal((await rig.exec(1, 'sudo kill -9 1; echo here')).stdout, 'here\n');
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  const holders = pids.filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/status`, 'utf8').includes('Uid:\t100000\t');
    } catch {
      return false;
    }
  });
  assert.ok(holders.length > 0, 'process 1 of a VM is an unprivileged user of the host');
});

test('traps that root of a VM lays for the next start catch nothing', async () => {
  if (process.getuid?.() !== 0) return;
  const trap = '#!/bin/sh\\nls /mnt / > /data/caught\\n';
  const lay = [
    'mkdir -p /data /usr/local/sbin',
    ...['umount', 'cat', 'hostname', 'sh', 'setpriv'].map(
      name => `printf '${trap}' | tee /usr/local/bin/${name} > /usr/local/sbin/${name}`,
    ),
    'chmod +x /usr/local/bin/* /usr/local/sbin/*',
    'echo /usr/local/lib/none.so > /etc/ld.so.preload',
    'mv /mnt /mnt2; ln -s /etc /mnt',
    'mv /dev/pts /dev/pts2',
    'mv /home /homes; ln -s /homes /home',
  ];
  await rig.exec(5, `sudo sh -c "${lay.join('; ').replaceAll('"', '\\"')}"`);
  await rig.guests.halt('aws/123/i-5');
  const after = await rig.exec(5, '/bin/ls -A /data /mnt; echo up');
  assert.equal(after.stdout, '/data:\n\n/mnt:\nup\n', after.stderr);
});

test('a fork bomb and a memory hog harm their own VM only', { timeout: 30_000 }, async () => {
  const bomb = await rig.exec(3, '(b() { b | b & }; b) >/dev/null 2>&1 </dev/null; echo lit');
  assert.equal(bomb.stdout, 'lit\n');
  assert.equal((await rig.exec(4, 'echo fine')).stdout, 'fine\n');
  await rig.guests.halt('aws/123/i-3');
  const hog = await rig.exec(4, 'x=$(head -c 3000000000 /dev/zero | tr "\\0" x); echo held');
  assert.ok(!hog.stdout.includes('held'), 'three gigabytes in a VM of 512 MiB');
  assert.equal((await rig.exec(4, 'echo alive')).stdout, 'alive\n');
});

test('stopping a VM ends its commands and drops its connections; a background process lives till then', async () => {
  const client = await rig.connect(6);
  const dropped = once(client, 'close');
  client.on('error', () => undefined);
  await rig.exec(6, 'nohup sleep 1000 >/dev/null 2>&1 </dev/null &');
  assert.match((await rig.exec(6, 'pgrep -a sleep')).stdout, /sleep 1000/);
  await rig.guests.halt('aws/123/i-6');
  await dropped;
  assert.equal((await rig.exec(6, 'pgrep -a sleep')).stdout, '');
});

test('user data runs once as root, and the console tells of it', async () => {
  await rig.guests.boot(rig.vm(7).id, '#!/bin/bash\nid -u; echo made > /etc/made; echo wrong >&2; exit 9\n');
  assert.match(await rig.guests.console('aws/123/i-7'), /^0\nwrong\n.*failed with exit code 9/m);
  assert.equal((await rig.exec(7, 'cat /etc/made')).stdout, 'made\n');
  const config = [
    '#cloud-config',
    'packages: [nginx]',
    'write_files:',
    '  - {path: /opt/a/b.txt, permissions: "0600", content: "it\'s here\\n"}',
    '  - {path: /opt/a/c.txt, encoding: b64, content: aGVsbG8=}',
    'runcmd:',
    '  - echo "by the shell" > /opt/a/d.txt',
    '  - [touch, "/opt/a/with blank"]',
  ].join('\n');
  await rig.guests.boot(rig.vm(8).id, config);
  assert.match(await rig.guests.console('aws/123/i-8'), /"packages" is not done/);
  const { stdout } = await rig.exec(
    8,
    'ls /opt/a; sudo cat /opt/a/b.txt /opt/a/c.txt /opt/a/d.txt; stat -c %a /opt/a/b.txt',
  );
  assert.equal(stdout, "b.txt\nc.txt\nd.txt\nwith blank\nit's here\nhelloby the shell\n600\n");
  await rig.guests.boot(rig.vm(9).id, '#cloud-config\nruncmd: [oops');
  assert.match(await rig.guests.console('aws/123/i-9'), /not YAML/);
  assert.equal(await rig.guests.console('aws/123/i-10'), '');
});

test('50 VMs at once, and nothing is kept of them once they are idle', { timeout: 60_000 }, async () => {
  await using many = await openRig({ limits: { idleSeconds: 0.2, sandboxes: 20 } });
  const names = await Promise.all(Array.from({ length: 50 }, (_, at) => many.exec(at + 1, 'hostname')));
  assert.deepEqual(
    names.map(each => each.stdout.trim()),
    Array.from({ length: 50 }, (_, at) => `vm-${at + 1}`),
  );
  await until(() => many.guests.counts().guests === 0);
  // Something of the VM's own that still runs keeps its sandbox, however long.
  await many.exec(1, 'sleep 1000 >/dev/null 2>&1 </dev/null &');
  await many.exec(2, 'true');
  await until(() => many.guests.counts().guests === 1);
  assert.match((await many.exec(1, 'pgrep -a sleep')).stdout, /sleep 1000/);
});

test('removing a VM leaves no file; closing leaves nothing', async () => {
  const gone = await openRig();
  await gone.exec(1, 'echo x > y; mkdir -p a/b; chmod 0 a');
  const folders = (): string[] =>
    readdirSync(join(gone.dir, 'guests')).filter(name => /^[0-9a-f]{24}$/.test(name));
  assert.equal(folders().length, 1);
  await gone.guests.remove('aws/123/i-1');
  assert.deepEqual(folders(), []);
  await gone.exec(2, 'true');
  await gone.guests.close();
  assert.ok(!existsSync(join(gone.dir, 'guests')));
  await gone[Symbol.asyncDispose]();
});

const alive = (pid: number): boolean => existsSync(`/proc/${pid}/ns`);

/** A Twin in a process of its own, which prints the host's pid of a VM's process 1. */
const twin = new URL('./twin-process.ts', import.meta.url).pathname;

test('kill -9 of the Twin ends every sandbox', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'twin-killed-'));
  const child = spawn(process.execPath, [twin, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pids = line.toString().trim().split(' ').map(Number);
  assert.ok(pids.length > 0 && pids.every(alive), `sandboxes ${pids.join(' ')}`);
  child.kill('SIGKILL');
  await until(() => !pids.some(alive));
  await rm(folder, { recursive: true, force: true });
});

test("without root it works too, in user namespaces of the Twin's own user", async t => {
  if (process.getuid?.() !== 0) return t.skip('not root: all tests above were that');
  const folder = mkdtempSync(join(tmpdir(), 'twin-user-'));
  await run('chown', ['65534:65534', folder]);
  const { stdout } = await run(
    'setpriv',
    ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, twin, folder, 'once'],
    { timeout: 20_000 },
  );
  assert.equal(stdout, 'ubuntu vm-1 1000\n0 made\n');
  await rm(folder, { recursive: true, force: true });
});
