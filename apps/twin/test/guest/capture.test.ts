/** Captured disks: what a VM that begins with one finds, what it doesn't, and what is left when they are discarded. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openRig, type Rig, run } from './rig.ts';

let rig: Rig;
before(async () => {
  rig = await openRig();
  assert.equal(rig.guests.sandbox, true);
});
after(() => rig[Symbol.asyncDispose]());

const id = (n: number): string => rig.vm(n).id;
/** VM `n` begins with a disk. */
const made = (n: number, disk: string) => Object.assign(rig.vm(n), { disk });
const disks = (): string[] => readdirSync(join(rig.dir, 'guests')).filter(name => name.startsWith('disk-'));

test('a file written in one VM is read in another that begins with its disk; each then has its own', async () => {
  await rig.guests.boot(id(1), '#!/bin/sh\ncp "$0" /var/log/script\n');
  await rig.exec(
    1,
    'echo first > file; chmod 600 file; ln -s file link; sudo sh -c "mkdir -m 700 /data; echo system > /data/f; rm /etc/inputrc; echo tool > /usr/local/bin/t"',
  );
  await rig.guests.capture(id(1), 'openstack/RegionOne/../../../etc/image');
  made(2, 'openstack/RegionOne/../../../etc/image');
  const seen = await rig.exec(
    2,
    'hostname; cat /etc/hostname link; stat -c "%a %U" file; sudo cat /data/f; sudo stat -c "%a %U" /data; cat /usr/local/bin/t; ls /etc/inputrc; ls /var/lib/cloud/instance; grep -c ^ubuntu: /etc/passwd; sudo -u root id -u',
  );
  assert.equal(seen.stdout, 'vm-2\nvm-2\nfirst\n600 ubuntu\nsystem\n700 root\ntool\n1\n0\n', seen.stderr);
  assert.match(seen.stderr, /inputrc.*No such file[^]*instance.*No such file/);
  await rig.exec(2, 'echo second > file; rm link');
  assert.equal((await rig.exec(1, 'cat link')).stdout, 'first\n');
  made(3, 'openstack/RegionOne/../../../etc/image');
  assert.equal((await rig.exec(3, 'cat link')).stdout, 'first\n');
  assert.match(disks().join(), /^disk-\d+-[0-9a-f]{24}$/);
});

test('of a disk of a disk, all of both', async () => {
  await rig.guests.capture(id(2), 'second');
  made(4, 'second');
  assert.equal((await rig.exec(4, 'cat file /usr/local/bin/t; ls link')).stdout, 'second\ntool\n');
});

test("the first one's keys and name are not in it", async () => {
  const [old, own] = ['ssh-ed25519 AAAAold somebody\n', rig.vm(10).authorizedKeys];
  rig.vm(10).authorizedKeys = [...own, old];
  await rig.exec(
    10,
    'sudo mkdir /etc/ssh; echo host | sudo tee /etc/ssh/ssh_host_rsa_key; echo id | sudo tee /etc/machine-id',
  );
  await rig.guests.capture(id(10), 'keys');
  made(11, 'keys');
  Object.assign(rig.vm(11), { user: 'debian' });
  const { stdout } = await rig.exec(
    11,
    'id -un; cat ~/.ssh/authorized_keys; ls /etc/ssh; ls /etc/machine-id; sudo grep -rl -e AAAAold -e vm-10 /etc /home /root',
  );
  assert.equal(stdout, `debian\n${own.join('\n')}\n`);
});

test('a VM used while its disk is being captured waits for it', async () => {
  await rig.exec(20, 'head -c 20000000 /dev/zero > big; echo end > end');
  const capturing = rig.guests.capture(id(20), 'slow');
  made(21, 'slow');
  assert.equal((await rig.exec(21, 'stat -c %s big; cat end')).stdout, '20000000\nend\n');
  await capturing;
});

test('a VM that is terminated while it is being captured is captured whole', async () => {
  await rig.exec(22, 'head -c 20000000 /dev/zero > big; echo end > end');
  const capturing = rig.guests.capture(id(22), 'last');
  await rig.guests.remove(id(22));
  await capturing;
  made(23, 'last');
  assert.equal((await rig.exec(23, 'stat -c %s big; cat end')).stdout, '20000000\nend\n');
});

test('of an untouched VM there is nothing but a mark', async () => {
  const before = disks();
  await rig.guests.capture(id(30), 'fresh');
  made(31, 'fresh');
  await rig.guests.capture(id(31), 'fresher');
  assert.equal((await rig.exec(31, 'ls')).stdout, '');
  // One that begins with another's disk is that disk, still.
  made(32, 'slow');
  await rig.guests.capture(id(32), 'again');
  assert.deepEqual(disks(), before);
  made(33, 'again');
  await rig.guests.discard('slow');
  assert.equal((await rig.exec(33, 'cat end')).stdout, 'end\n');
});

test('what is discarded stays for the VMs on it, and goes with the last of them', async () => {
  await rig.exec(40, 'echo x > file');
  const before = disks();
  await rig.guests.capture(id(40), 'gone');
  assert.equal(disks().length, before.length + 1);
  made(41, 'gone');
  await rig.exec(41, 'true');
  await rig.guests.halt(id(41));
  await rig.guests.discard('gone');
  assert.equal((await rig.exec(41, 'cat file')).stdout, 'x\n');
  await rig.guests.remove(id(41));
  assert.deepEqual(disks(), before);
  await rig.guests.discard('gone');
});

test('a disk full of traps leads nowhere but to its own copy', async () => {
  await rig.exec(50, 'echo safe > file');
  const victim = join(rig.dir, 'guests');
  await rig.exec(
    51,
    `sudo sh -c 'cd /; mv home homes; ln -s ${victim} home; mv root roots; ln -s /usr root; rm -rf var/lib/cloud; ln -s / var/lib/cloud; mkdir -p /data; mkfifo /data/pipe; mkdir -m 0 /data/shut; echo in > /data/shut/f; ln -s /etc/shadow /data/shadow; truncate -s 900M /data/holes'`,
  );
  await rig.guests.capture(id(51), 'traps');
  made(52, 'traps');
  const { stdout } = await rig.exec(
    52,
    'sudo sh -c "cat /data/shut/f; cat /data/shadow; ls -A /data; du -m /data/holes | cut -f1"',
  );
  assert.equal(stdout, 'in\nholes\npipe\nshadow\nshut\n0\n');
  assert.equal((await rig.exec(50, 'cat file')).stdout, 'safe\n');
});

test('a copy that takes too long is given up, and who begins with it is told', async () => {
  await using hasty = await openRig({ limits: { captureSeconds: 0.001 } });
  await hasty.exec(1, 'true');
  await assert.rejects(hasty.guests.capture(hasty.vm(1).id, 'late'), /took longer than 0.001 s/);
  Object.assign(hasty.vm(2), { disk: 'late' });
  assert.match((await hasty.exec(2, 'true')).stderr, /could not be copied/);
  assert.ok(!readdirSync(join(hasty.dir, 'guests')).some(name => name.startsWith('disk-')));
});

test('without root too', async t => {
  if (process.getuid?.() !== 0) return t.skip('not root: all tests above were that');
  const folder = mkdtempSync(join(tmpdir(), 'twin-capture-'));
  await run('chown', ['65534:65534', folder]);
  const twin = new URL('./twin-process.ts', import.meta.url).pathname;
  const { stdout } = await run(
    'setpriv',
    ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, twin, folder, 'capture'],
    { timeout: 30_000 },
  );
  assert.equal(stdout, 'kept\nvm-2\nshut\n');
  await rm(folder, { recursive: true, force: true });
});
