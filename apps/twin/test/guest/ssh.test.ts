/** Who gets in, by which key, and what a session can do. With Debian's OpenSSH client and with ssh2's. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as dial, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, test } from 'node:test';
import { openRig, type Rig, run } from './rig.ts';

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(() => rig[Symbol.asyncDispose]());

test('OpenSSH gets in with the injected key and finds the VM that its spec describes', async () => {
  const { code, stdout, stderr } = await rig.ssh(1, [
    'hostname; hostname -I; id -un; nproc; . /etc/os-release; echo $PRETTY_NAME; cut -d. -f1 /proc/uptime; free -m | sed -n 2p',
  ]);
  assert.equal(code, 0, stderr);
  const [host, address, user, cpus, system, uptime, memory] = stdout.split('\n').map(line => line.trim());
  assert.deepEqual([host, address, user, cpus, system], ['vm-1', '10.9.0.1', 'ubuntu', '3', 'Ubuntu 22.04']);
  assert.ok(Math.abs(Number(uptime) - 7200) < 60, `uptime ${uptime}`);
  assert.match(memory ?? '', /^Mem: +512 /);
});

test('another key and another user are refused', async () => {
  const wrongKey = await rig.ssh(1, ['id'], { key: rig.otherKey });
  assert.equal(wrongKey.code, 255);
  assert.match(wrongKey.stderr, /Permission denied \(publickey\)/);
  for (const user of ['root', 'admin'])
    assert.match((await rig.ssh(1, ['id'], { user })).stderr, /Permission denied/);
  await assert.rejects(rig.connect(1, { password: 'x', privateKey: '' }), /authentication methods failed/);
});

test('a user named root is let in where the image says so', async () => {
  rig.vm(2).user = 'root';
  assert.equal((await rig.exec(2, 'id -u; pwd')).stdout, '0\n/root\n');
});

test('RSA keys work', async () => {
  const key = `${rig.folder}/rsa`;
  await run('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', key]);
  rig.vm(3).authorizedKeys.push(await run('cat', [`${key}.pub`]).then(({ stdout }) => stdout));
  assert.equal((await rig.ssh(3, ['echo in'], { key })).stdout, 'in\n');
});

test('each VM has a host key of its own, the same in the next life', async () => {
  const scan = async (on: Rig, n: number): Promise<string> => {
    const { stdout } = await run('ssh-keyscan', [
      '-t',
      'ed25519',
      '-p',
      String(on.guests.sshPort),
      on.vm(n).publicIp,
    ]);
    return stdout.trim().split(' ').at(-1) ?? '';
  };
  await using later = await openRig();
  const [one, two, again] = await Promise.all([scan(rig, 1), scan(rig, 4), scan(later, 1)]);
  assert.match(one, /^AAAA/);
  assert.notEqual(one, two);
  assert.equal(one, again);
  const digest = await import('node:crypto').then(({ createHash }) =>
    createHash('sha256').update(Buffer.from(one, 'base64')).digest('base64'),
  );
  assert.equal(rig.guests.hostKeyFingerprint('aws/123/i-1'), `SHA256:${digest.replace(/=+$/, '')}`);
});

test('exit codes, signals, standard streams', async () => {
  assert.equal((await rig.ssh(1, ['exit 7'])).code, 7);
  assert.deepEqual(await rig.exec(1, 'echo out; echo err >&2; exit 3'), {
    code: 3,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  const ended = await rig.exec(1, 'kill -TERM $$');
  assert.deepEqual([ended.code, ended.signal], [null, 'SIGTERM']);
  assert.equal(
    (await rig.ssh(1, ['cat; cat /dev/stdin; echo again >/dev/stderr'], { input: 'through' })).stdout,
    'through',
  );
  const megabytes = 'x'.repeat(3_000_000);
  assert.equal((await rig.exec(1, 'wc -c', megabytes)).stdout.trim(), '3000000');
  assert.equal((await rig.exec(1, 'head -c 3000000 /dev/zero | tr "\\0" y')).stdout.length, 3_000_000);
});

test('a signal that the client sends reaches the command, which may answer it', async () => {
  const client = await rig.connect(1);
  const said = await new Promise<{ text: string; code: unknown }>((resolve, reject) => {
    client.exec(
      'trap "echo caught; exit 5" TERM; echo ready; while :; do sleep 0.05; done',
      (error, channel) => {
        if (error) return reject(error);
        let text = '';
        let code: unknown;
        channel.on('data', (data: Buffer) => {
          text += data.toString();
          if (text === 'ready\n') channel.signal('TERM');
        });
        channel.on('exit', (status: unknown) => (code = status));
        channel.on('close', () => resolve({ text, code }));
      },
    );
  });
  client.end();
  assert.deepEqual(said, { text: 'ready\ncaught\n', code: 5 });
});

test('a terminal: its size, its change of size, an interactive shell', async () => {
  const { code, stdout } = await rig.ssh(1, [], {
    flags: ['-tt'],
    input: 'tty\necho sum-$((20+3))\nexit 4\n',
  });
  assert.equal(code, 4);
  assert.match(stdout, /\/dev\/pts\/\d/);
  assert.match(stdout, /sum-23/);
  const client = await rig.connect(1);
  const text = await new Promise<string>((resolve, reject) => {
    const command = 'stty size; trap "stty size; exit" WINCH; echo waiting; while :; do sleep 0.05; done';
    client.exec(command, { pty: { rows: 33, cols: 111 } }, (error, channel) => {
      if (error) return reject(error);
      let all = '';
      channel.on('data', (data: Buffer) => {
        const had = all.includes('waiting');
        all += data.toString();
        if (!had && all.includes('waiting')) channel.setWindow(44, 99, 0, 0);
      });
      channel.on('close', () => resolve(all));
    });
  });
  client.end();
  assert.match(text, /33 111[^]*44 99/);
});

test('files are copied by scp and sftp', async t => {
  const flags = [
    '-F',
    'none',
    '-q',
    '-i',
    rig.key,
    '-P',
    String(rig.guests.sshPort),
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
  ];
  const target = `ubuntu@${rig.vm(1).publicIp}`;
  await run('scp', ['-O', ...flags, `${rig.key}.pub`, `${target}:by-scp`]);
  assert.equal((await rig.exec(1, 'cat by-scp')).stdout, rig.vm(1).authorizedKeys[0]);
  if ((await rig.exec(1, 'ls /usr/lib/openssh/sftp-server')).code !== 0)
    return t.skip('the host has no sftp-server');
  await run('scp', ['-s', ...flags, `${rig.key}.pub`, `${target}:by-sftp`]);
  assert.equal((await rig.exec(1, 'cmp by-scp by-sftp && echo same')).stdout, 'same\n');
});

test('forwarding is refused', async () => {
  const client = await rig.connect(1);
  const refusal = await new Promise<Error | undefined>(resolve =>
    client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, error => resolve(error)),
  );
  client.end();
  assert.match(String(refusal), /Channel open failure/);
});

test('a VM that is cut off does not answer; an address without a VM hangs up', async () => {
  rig.vm(5).reachable = false;
  const silent = dial(rig.guests.sshPort, rig.vm(5).publicIp);
  await once(silent, 'connect');
  silent.write('SSH-2.0-test\r\n');
  const { stderr } = await rig.ssh(5, ['id'], { timeout: 1 });
  assert.match(stderr, /timed out/i);
  assert.equal(silent.bytesRead, 0);
  silent.destroy();
  const nobody = dial(rig.guests.sshPort, '127.91.0.1').on('error', () => undefined);
  await once(nobody, 'close');
  assert.equal(nobody.bytesRead, 0);
});

test('a connection from outside the loopback network is dropped before a byte is sent', async t => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find(each => each?.family === 'IPv4' && !each.internal)?.address;
  if (outside === undefined) return t.skip('this machine has no other address');
  const socket = dial(rig.guests.sshPort, outside).on('error', () => undefined);
  await once(socket, 'close');
  assert.equal(socket.bytesRead, 0);
});

test('where each VM has a port, it answers there once it is exposed', async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  await new Promise(resolve => free.close(resolve));
  // VM 1's address ends in .0.1, so it answers one above the base.
  await using ports = await openRig({ mode: 'ports', port: port - 1 });
  await ports.guests.expose(ports.vm(1).publicIp);
  assert.equal((await ports.exec(1, 'hostname')).stdout, 'vm-1\n');
  await ports.guests.conceal(ports.vm(1).publicIp);
  await assert.rejects(ports.connect(1), /ECONNREFUSED/);
});
