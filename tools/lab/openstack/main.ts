/**
 * A real OpenStack on this computer, of Debian's packages, to develop and judge against: `./barista lab openstack`.
 *
 *   main.ts [all|image|up|test|status|down] [--dir DIR] [--hypervisor qemu|kvm|fake] [--only REGEX] [--json] [--dry-run]
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkComputer, checkRoom, isRoot, wantRoot } from './checks.ts';
import { LabError, stop, stopped, stopSignal } from './command.ts';
import { hasImage, imageCommand, makeImage } from './image.ts';
import { end, find, raise, remains, services, versions } from './machine.ts';
import {
  addresses,
  authUrl,
  clientEnv,
  connection,
  here,
  hypervisors,
  placesIn,
  release,
  suiteEnv,
} from './settings.ts';
import type { Hypervisor, Places } from './settings.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dir: { type: 'string' },
    hypervisor: { type: 'string', default: 'qemu' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
  },
});
const places = placesIn(flags.dir);
/** The command as it has to be typed to mean the same place. */
const command = (verb: string) =>
  `./barista lab openstack ${verb}${flags.dir === undefined ? '' : ` --dir ${flags.dir}`}`;
const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
const say = (text: string) => process.stdout.write(`${text}\n`);
/** Progress: to standard error, so that what is printed at the end can be read by programs. */
const show = (text: string) => process.stderr.write(`  ${seconds().padStart(5)}  ${text}\n`);

function hypervisor(): Hypervisor {
  const wanted = hypervisors.find(one => one === flags.hypervisor);
  if (wanted) return wanted;
  throw new LabError(
    `${JSON.stringify(flags.hypervisor)} is no hypervisor.`,
    `One of ${hypervisors.join(', ')}.`,
  );
}

/** One at a time: two that build or raise the same would break each other. */
async function alone(deed: () => Promise<void>): Promise<void> {
  await checkComputer();
  await mkdir(places.dir, { recursive: true });
  const file = join(places.dir, 'lock');
  for (let attempt = 0; ; attempt++)
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      break;
    } catch {
      const holder = Number(await readFile(file, 'utf8').catch(() => ''));
      if (attempt > 0 || existsSync(`/proc/${holder}/ns`))
        throw new LabError(`Another run (process ${holder}) works in ${places.dir}.`, 'Wait for it to end.');
      await rm(file, { force: true });
    }
  try {
    await deed();
  } finally {
    await rm(file, { force: true });
  }
}

async function image(): Promise<void> {
  if (await hasImage(places)) {
    show(`image: ${places.base} is there`);
    return;
  }
  checkRoom(places, 'image', hypervisor());
  show(`image: Debian ${release.debian} with OpenStack ${release.openstack}, some minutes, once`);
  await makeImage(places, show);
  show(`image: made`);
}

async function up(): Promise<void> {
  if (!(await hasImage(places)))
    throw new LabError(`There is no image in ${places.dir}.`, `Make it: ${command('image')}`);
  if (find(places) === undefined) checkRoom(places, 'up', hypervisor());
  if (!(await raise(places, hypervisor(), show))) show('OpenStack is up already');
  const text = `${JSON.stringify({ ...connection, env: clientEnv('barista'), suite: suiteEnv }, null, 2)}\n`;
  await writeFile(places.values, text);
  await writeFile(places.documents, yaml());
  if (flags.json) {
    process.stdout.write(text);
    return;
  }
  const { credential, region } = connection;
  const exports = (env: Record<string, string>) =>
    Object.entries(env)
      .map(([key, value]) => `export ${key}=${/^[\w.:/-]+$/.test(value) ? value : `'${value}'`}`)
      .join('\n');
  say(`
OpenStack ${release.openstack} is up: Keystone at ${authUrl} (${seconds()})

Connect it, with \`./barista up\` running:

./barista apply -f ${places.documents}

credential: ${JSON.stringify(credential)}
region:     ${JSON.stringify(region)}

OpenStack's own clients (the administrator: OS_USERNAME=admin OS_PROJECT_NAME=admin):

${exports(clientEnv('barista'))}

The driver's suite: ${command('test')}; or by hand, node --test drivers/openstack/test/conformance.test.ts with

${exports(suiteEnv)}

The image debian-12-tiny logs in as debian; floating IPs of ${addresses.floating} are reached from this computer.
Stop it: ${command('down')}`);
}

function yaml(): string {
  const { driver, credential, region } = connection;
  const values = (of: Record<string, string>) =>
    Object.entries(of)
      .map(([key, value]) => `  ${key}: ${value}`)
      .join('\n');
  return [
    `kind: credential\nname: openstack-lab\ndriver: ${driver}\nvalues:\n${values(credential)}`,
    `kind: region\nname: openstack-lab\ndriver: ${driver}\nvalues:\n${values(region)}`,
    `kind: connection\nname: openstack-lab\ndriver: ${driver}\ncredential: openstack-lab\nregion: openstack-lab\n`,
  ].join('\n---\n');
}

async function test(): Promise<void> {
  if (find(places) === undefined) throw new LabError('No OpenStack runs here.', command('up'));
  Object.assign(process.env, suiteEnv);
  const { recordRun, writeRun } = await import('../../runs.ts');
  const file = join(here, '..', '..', '..', 'drivers', 'openstack', 'test', 'conformance.test.ts');
  const about = {
    driver: 'openstack',
    label: `real, ${release.openstack}`,
    against: `a real OpenStack ${release.openstack} of Debian’s packages, its VMs on QEMU`,
    versions: await versions(places),
  };
  const only = flags.only === undefined ? undefined : new RegExp(flags.only);
  const { record, failed } = await recordRun(file, about, only, stopSignal);
  if (stopped()) throw new LabError('Interrupted: nothing is recorded.');
  const passed = record.cases.filter(each => each.outcome === 'passed').length;
  // What failed is to be mended, not kept.
  if (failed === 0)
    say(`\nwritten: ${writeRun(release.run, record, only !== undefined)}; into the matrix: npm run matrix`);
  say(`${passed} passed, ${failed} failed, ${seconds()}`);
  if (failed > 0) process.exitCode = 1;
}

async function status(): Promise<void> {
  const pid = find(places);
  const told = {
    dir: places.dir,
    image: await hasImage(places),
    running: pid !== undefined,
    ...(pid !== undefined && { pid, authUrl, services: await services() }),
    left: pid === undefined ? remains(places) : [],
  };
  // 3: as the CLI says it where no server answers.
  if (pid === undefined || Object.values(told.services ?? {}).includes(false)) process.exitCode = 3;
  if (flags.json) {
    say(JSON.stringify(told, null, 2));
    return;
  }
  say(`image    ${told.image ? places.base : 'none'}`);
  say(`machine  ${pid === undefined ? 'does not run' : `process ${pid}, Keystone at ${authUrl}`}`);
  for (const [name, answers] of Object.entries(told.services ?? {}))
    say(`  ${name.padEnd(10)}${answers ? 'answers' : 'does not answer'}`);
  if (told.left.length > 0) say(`left by a run that broke off: ${told.left.join(', ')}; ${command('down')}`);
}

async function down(): Promise<void> {
  if (remains(places).length === 0) {
    show('nothing runs here');
    return;
  }
  wantRoot();
  await end(places);
  const left = remains(places);
  if (left.length > 0) throw new LabError(`This is left: ${left.join(', ')}.`, 'Run it again.');
  show(`OpenStack is down, nothing is left of it; the image stays in ${places.base}`);
}

async function plan(verb: string, { base, run, dir }: Places): Promise<void> {
  const [command, args] = await imageCommand(places);
  const quoted = [command, ...args].map(word => (/^[\w./,=:-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  const steps: Record<string, string[]> = {
    image: [(await hasImage(places)) ? `${base} is there already` : quoted],
    up: [
      `in namespaces of its own (mount, uts, ipc, net, pid), over ${base}: what it writes lies in ${run}`,
      `a veth pair ${addresses.link} ${addresses.outside} – ${addresses.inside}, a route to ${addresses.floating}`,
      'MariaDB, memcached, RabbitMQ, Keystone, Glance, Placement, Nova, Neutron, Cinder; flavors, a network, an image',
    ],
    test: ['node --test drivers/openstack/test/conformance.test.ts against it; docs/runs/openstack-zed.json'],
    status: ['looks, and changes nothing'],
    down: [
      `ends its first process, and with it all others; ${addresses.link}, the route, loop devices, ${run}`,
    ],
  };
  const verbs = verb === 'all' ? ['image', 'up'] : [verb];
  say(`In ${dir}, as root${isRoot() ? '' : ' (which you are not)'}:`);
  for (const each of verbs) for (const step of steps[each] ?? []) say(`  ${each}: ${step}`);
}

const verbs: Record<string, () => Promise<void>> = {
  all: () =>
    alone(async () => {
      await image();
      await up();
    }),
  image: () => alone(image),
  up: () => alone(up),
  test,
  status,
  down: () => (remains(places).length === 0 ? down() : alone(down)),
};

process.on('SIGINT', stop);
process.on('SIGTERM', stop);

try {
  const [verb = 'all'] = positionals;
  const deed = verbs[verb];
  if (!deed) throw new LabError(`${verb} is no verb of the lab.`, `One of ${Object.keys(verbs).join(', ')}.`);
  await (flags['dry-run'] ? plan(verb, places) : deed());
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  if (error.next !== undefined) process.stderr.write(`  next: ${error.next}\n`);
  process.exitCode = stopped() ? 130 : 1;
}
