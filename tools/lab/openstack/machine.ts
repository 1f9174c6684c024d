/**
 * The machine that OpenStack runs in: processes in namespaces of their own over an overlay of the unpacked packages. No
 * container engine is needed, and when its first process is killed, the kernel takes the rest – processes, mounts,
 * interfaces, network namespaces – with it; loop devices alone outlive it, and are found by their files.
 */
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, readlinkSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { follow, LabError, must, ran, removeTree, stopped } from './command.ts';
import { addresses, here, password, type Hypervisor, type Places } from './settings.ts';

const { link, outside, inside, floating } = addresses;

/** The first process, if it runs and is one of ours: in other namespaces than we are, by our init. */
export function find({ pid: file }: Places): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    const ours = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/lab/inside/init.sh');
    return ours && readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync('/proc/self/ns/pid')
      ? pid
      : undefined;
  } catch {
    return undefined;
  }
}

/** A command inside, with nothing of our environment. */
export const enterCommand = (
  pid: number,
  env: Record<string, string>,
  command: readonly string[],
): string[] => {
  const into = `nsenter --target ${pid} --mount --uts --ipc --net --pid --root --wd`;
  const bare = 'env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8';
  return [
    ...`${into} ${bare}`.split(' '),
    ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
    ...command,
  ];
};

/** The run that the interface belongs to, by its alias; undefined where there is no interface. */
export function linkOwner(): string | undefined {
  const { code, text } = ran('ip', ['-details', 'link', 'show', link]);
  return code === 0 ? (/^\s+alias (.+)$/m.exec(text)?.[1] ?? '') : undefined;
}

/** Namespaces, root and wire. Returns the first process's number. */
async function begin(places: Places): Promise<number> {
  await end(places);
  await mkdir(places.run, { recursive: true });
  const log = join(places.run, 'machine.log');
  const out = openSync(log, 'a');
  const apart = ['--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--propagation', 'private'];
  spawn('unshare', [...apart, 'bash', join(here, 'enter.sh'), places.base, places.run], {
    detached: true,
    stdio: ['ignore', out, out],
  }).unref();
  let pid: number | undefined;
  for (let look = 0; look < 100 && (pid = find(places)) === undefined; look++) await sleep(100);
  if (pid === undefined)
    throw new LabError(
      `The machine did not start: ${readFileSync(log, 'utf8').trim() || 'it said nothing'}`,
      'Namespaces and overlay mounts must be allowed here.',
    );
  must('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
  must('ip', 'link', 'set', link, 'alias', places.run);
  must('ip', 'addr', 'add', `${outside}/24`, 'dev', link);
  must('ip', 'link', 'set', link, 'up');
  must('ip', 'route', 'replace', floating, 'via', inside);
  const set = `ip addr add ${inside}/24 dev eth0 && ip link set eth0 up && ip route add default via ${outside}`;
  const [command = '', ...args] = enterCommand(pid, {}, ['sh', '-c', set]);
  must(command, ...args);
  return pid;
}

/** Up, whatever was there before. False: it was up already. */
export async function raise(
  places: Places,
  hypervisor: Hypervisor,
  show: (message: string) => void,
): Promise<boolean> {
  if (find(places) !== undefined && existsSync(places.values)) return false;
  const pid = await begin(places);
  const env = {
    LAB_ADDRESS: inside,
    LAB_PASSWORD: password,
    LAB_FLOATING: floating,
    LAB_GATEWAY: addresses.gateway,
    LAB_HYPERVISOR: hypervisor,
  };
  const [command = '', ...args] = enterCommand(pid, env, ['bash', '/lab/inside/up.sh']);
  let failed = '';
  const { code, text } = await follow(command, args, line => {
    if (line.startsWith('step: ')) show(line.slice(6));
    if (line.startsWith('fail: ')) failed ||= line.slice(6);
  }).catch(async (error: unknown) => {
    if (stopped()) await end(places);
    throw error;
  });
  await writeFile(places.log, text);
  if (code === 0) return true;
  throw new LabError(
    `OpenStack did not come up: ${failed || text.trim().split('\n').slice(-5).join('\n')}`,
    `The logs lie in ${join(places.run, 'upper', 'var', 'log')}. Then: ./barista lab openstack down`,
  );
}

/** Loop devices on files of a run. */
function loops({ run }: Places): string[] {
  const volumes = join(run, 'volumes');
  if (!existsSync(volumes)) return [];
  const files = new Set(readdirSync(volumes).map(name => String(statSync(join(volumes, name)).ino)));
  const device = must('stat', '--format=%Hd:%Ld', volumes).trim();
  const { code, text } = ran('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-INO,BACK-MAJ:MIN']);
  if (code !== 0) return [];
  return text
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, file = '', on]) => files.has(file) && on === device)
    .map(([name = '']) => name);
}

/** What of a run is there: empty when nothing is. */
export function remains(places: Places): string[] {
  const left: string[] = [];
  const pid = find(places);
  if (pid !== undefined) left.push(`processes under ${pid}`);
  // The route goes with the interface.
  if (linkOwner() === places.run) left.push(`interface ${link}`);
  for (const device of loops(places)) left.push(device);
  if (readFileSync('/proc/self/mounts', 'utf8').includes(` ${places.run}/`))
    left.push(`mounts in ${places.run}`);
  if (existsSync(places.run)) left.push(places.run);
  return left;
}

/** Takes all of a run down. Nothing there is fine. */
export async function end(places: Places): Promise<void> {
  const pid = find(places);
  if (pid !== undefined) {
    process.kill(pid, 'SIGKILL');
    // It is a process of ours until its namespaces are empty.
    for (let look = 0; look < 300 && existsSync(`/proc/${pid}`); look++) await sleep(100);
  }
  for (const device of loops(places)) ran('losetup', ['--detach', device]);
  // It goes with the machine's end of it, and the route with it: but not at once.
  for (let look = 0; look < 100 && linkOwner() === places.run; look++) {
    ran('ip', ['link', 'delete', link]);
    await sleep(20);
  }
  removeTree(places.run);
}

/** Which of the services answer, by name; and what each says of its version. */
export async function services(): Promise<Record<string, boolean>> {
  const ports = { keystone: 5000, glance: 9292, placement: 8778, nova: 8774, neutron: 9696, cinder: 8776 };
  const answers = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => {
      const answer = await fetch(`http://${inside}:${port}/`, { signal: AbortSignal.timeout(5000) }).catch(
        () => undefined,
      );
      return [name, answer !== undefined && answer.status < 500] as const;
    }),
  );
  return Object.fromEntries(answers);
}

/** Debian's versions of what runs inside, e.g. `{ 'nova-api': '2:26.2.2-1~deb12u3' }`. */
export async function versions({ base }: Places): Promise<Record<string, string>> {
  const text = await readFile(join(base, 'var', 'lib', 'dpkg', 'status'), 'utf8');
  const wanted = ['keystone', 'glance-api', 'nova-api', 'neutron-server', 'cinder-api', 'qemu-system-x86'];
  return Object.fromEntries(
    text.split('\n\n').flatMap(entry => {
      const name = /^Package: (.+)$/m.exec(entry)?.[1] ?? '';
      const version = /^Version: (.+)$/m.exec(entry)?.[1];
      return wanted.includes(name) && version !== undefined ? [[name, version]] : [];
    }),
  );
}
