/**
 * A Twin of one VM as a process of its own, for tests that kill it or run it as another user.
 * `twin-process.ts FOLDER` prints the process numbers below it and stays; with `once` it prints what a command says,
 * with `capture` what is found on a disk captured of it.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { type GuestSpec, openGuests } from '../../src/guest/guests.ts';

const [folder = '', once] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
const parsed = ssh2.utils.parseKey(privateKey);
if (parsed instanceof Error) throw parsed;
const spec: GuestSpec = {
  id: 'aws/1/i-1',
  hostname: 'vm-1',
  user: 'ubuntu',
  privateIp: '10.0.0.1',
  publicIp: '127.92.0.1',
  cpus: 1,
  authorizedKeys: [`ssh-rsa ${parsed.getPublicSSH().toString('base64')}`],
  memoryMib: 256,
  osName: 'Debian 12',
  bootedAt: Date.now(),
  reachable: true,
};
const other: GuestSpec = {
  ...spec,
  id: 'aws/1/i-2',
  hostname: 'vm-2',
  publicIp: '127.92.0.2',
  disk: 'image',
};
const guests = await openGuests({
  lookup: address => (address === other.publicIp ? other : spec),
  byId: id => (id === other.id ? other : spec),
  port: 0,
  dir: join(folder, 'twin'),
  secret: Buffer.from('x'),
});

function exec(command: string, host = spec.publicIp): Promise<string> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('ready', () =>
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        let text = '';
        for (const stream of [channel, channel.stderr])
          stream.on('data', (data: Buffer) => (text += data.toString()));
        channel.on('close', () => {
          client.end();
          resolve(text);
        });
      }),
    );
    client.connect({ host, port: guests.sshPort, username: 'ubuntu', privateKey });
  });
}

/** Every process that descends from this one. */
function below(parent: number): number[] {
  const found = readdirSync('/proc').filter(name => {
    try {
      return (
        Number(
          readFileSync(`/proc/${name}/stat`, 'utf8')
            .replace(/^.*\) . /s, '')
            .split(' ')[0],
        ) === parent
      );
    } catch {
      return false;
    }
  });
  return found.map(Number).flatMap(pid => [pid, ...below(pid)]);
}

if (once === undefined) {
  await exec('sleep 1000 >/dev/null 2>&1 </dev/null &');
  console.log(below(process.pid).join(' '));
} else if (once === 'capture') {
  await exec(
    'echo kept > file; chmod 0 file; mkdir shut; echo shut > shut/f; chmod 0 shut; sudo rm /etc/inputrc',
  );
  await guests.capture(spec.id, 'image');
  const found = await exec(
    'chmod 600 file; cat file; hostname; ls /etc/inputrc 2>/dev/null; sudo cat shut/f',
    other.publicIp,
  );
  process.stdout.write(found);
  await guests.close();
} else {
  process.stdout.write(
    await exec(
      'echo "$(id -un) $(hostname) $(id -u)"; sudo sh -c "echo made > /etc/made; id -u" | tr "\\n" " "; cat /etc/made',
    ),
  );
  await guests.close();
}
