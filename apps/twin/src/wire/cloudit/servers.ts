/** Servers: ordered, started, shut down, rebooted, ended. A server is first reached as root, by the password of its order. */
import { formatAddress } from '@cloud-barista/model/cidr';
import { cluster, specById, type Spec } from './catalogue.ts';
import { bodyOf, checkName, find, flag, type Call } from './call.ts';
import { ApiError, badRequest, conflict } from './errors.ts';
import { hold } from './disks.ts';
import { later } from './later.ts';
import { plug } from './nics.ts';
import { checkQuota } from './quotas.ts';
import type { Server, Template, Volume } from './records.ts';
import { ok, taken, type Reply } from './reply.ts';
import { route } from './router.ts';
import { readGroups } from './security-groups.ts';
import { drop, stateOf, type ServerState } from './server-life.ts';
import { serverView } from './server-view.ts';
import { subnetByAddress } from './subnets.ts';

export const serverOf = ({ site, ids: [id = ''] }: Call): Server => find(site.servers, 'server', id);

export function checkCluster(id: string | undefined): void {
  if (id !== undefined && id !== cluster.id)
    throw new ApiError(404, `The cluster ${JSON.stringify(id)} does not exist.`);
}

/** A snapshot is given with the template that it is of. */
function readOrigin(
  { site }: Call,
  templateId: string | undefined,
  snapshotId: string | undefined,
): Template {
  if (snapshotId === undefined) {
    if (templateId === undefined) throw badRequest('templateId is required.');
    const template = find(site.templates, 'template', templateId);
    if (template.state !== 'AVAILABLE') throw conflict(`The template ${template.name} is ${template.state}.`);
    return template;
  }
  const snapshot = find(site.snapshots, 'snapshot', snapshotId);
  if (!snapshot.bootable || !snapshot.template)
    throw badRequest(`The snapshot ${snapshot.name} is not of a boot volume.`);
  if (snapshot.state !== 'COMPLETED') throw conflict(`The snapshot ${snapshot.name} is ${snapshot.state}.`);
  if (templateId !== undefined && templateId !== snapshot.template.id)
    throw badRequest(`The snapshot ${snapshot.name} is not of the template ${templateId}.`);
  return { ...snapshot.template, size: snapshot.size, disk: snapshot.disk };
}

function readSpec(id: string): Spec {
  const spec = find(specById, 'spec', id);
  if (spec.enabled === 0) throw badRequest(`The spec ${spec.name} is not enabled.`);
  return spec;
}

function readHostname(hostname: string, template: Template): string {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(hostname))
    throw badRequest(`hostName ${JSON.stringify(hostname)} is not a host name.`);
  // NetBIOS.
  if (template.windows && hostname.length > 15)
    throw badRequest('hostName of a Windows server has at most 15 characters.');
  return hostname;
}

/** Names need not be unique: whoever wants that looks first, as the public driver does. */
function create(call: Call): Reply {
  const { world, site } = call;
  const body = bodyOf(call, {
    templateId: 'text?',
    snapshotId: 'text?',
    specId: 'text',
    name: 'text',
    hostName: 'text',
    rootPassword: 'text',
    subnetAddr: 'text',
    secgroups: 'list',
    description: 'text?',
    protection: 'integer?',
    clusterId: 'text?',
  });
  const name = checkName(body.name);
  const protection = flag('protection', body.protection);
  const template = readOrigin(call, body.templateId, body.snapshotId);
  const spec = readSpec(body.specId);
  const hostname = readHostname(body.hostName, template);
  const subnet = subnetByAddress(site, body.subnetAddr);
  const groups = readGroups(site, body.secgroups);
  checkCluster(body.clusterId);
  const size = Math.max(spec.disk, template.size);
  checkQuota(site.cloud, 'servers', site.servers.size);
  checkQuota(site.cloud, 'vcpus', site.usage.vcpus, spec.cpu);
  checkQuota(site.cloud, 'volumeGigabytes', site.usage.gigabytes, size);
  const now = world.now();
  const id = site.newId('server');
  const root: Volume = {
    n: site.next(),
    id: site.newId('volume'),
    name: `${name.slice(0, 41)}-vda`,
    description: '',
    protection: 0,
    createdAt: now,
    size,
    state: 'CREATING',
    bootable: true,
    template,
    server: undefined,
    dev: 'vda',
    mode: 'w',
  };
  const server: Server = {
    n: site.next(),
    id,
    name,
    description: body.description ?? '',
    protection,
    createdAt: now,
    hostname,
    spec,
    template,
    root,
    volumes: new Set(),
    nics: [],
    machine: undefined,
    failure: undefined,
    ending: false,
  };
  const nic = plug(world, site, server, { subnet, groups, type: 'INTERNAL' });
  root.server = server;
  hold(template.disk);
  site.volumes.set(root.id, root);
  site.servers.set(id, server);
  site.usage.vcpus += spec.cpu;
  site.usage.gigabytes += size;
  const { create: ms } = site.cloud.delays;
  if (call.late) {
    server.failure = 'coming';
    later(ms, () => {
      server.failure = 'here';
    });
  } else
    server.machine = world.machines.create({
      site,
      id,
      hostname,
      user: template.windows ? 'Administrator' : 'root',
      // No keys: the API has none to give.
      keys: [],
      password: body.rootPassword,
      osName: template.os,
      cpus: spec.cpu,
      memoryMib: spec.mem * 1024,
      privateIp: formatAddress(nic.address),
      disk: template.disk?.key,
    });
  later(ms, () => {
    if (root.state === 'CREATING') root.state = 'IN_USE';
  });
  return taken(serverView(site, server));
}

/** An order that is right in one state only. */
function order(word: string, states: readonly ServerState[], deed: (call: Call, server: Server) => void) {
  return (call: Call): Reply => {
    const server = serverOf(call);
    const state = stateOf(server);
    if (!states.includes(state))
      throw conflict(`The server ${server.name} is ${state}: it can't be ${word}.`);
    deed(call, server);
    return taken();
  };
}

const withMachine =
  (deed: 'start' | 'stop' | 'reboot') =>
  ({ world }: Call, { machine }: Server) => {
    if (machine) world.machines[deed](machine);
  };

const remove = order('deleted', ['CREATING', 'RUNNING', 'STOPPED', 'FAILED'], ({ world, site }, server) => {
  if (server.protection === 1) throw new ApiError(403, `The server ${server.name} is protected.`);
  const ip = server.nics.find(nic => nic.adaptive)?.adaptive;
  if (ip) throw conflict(`The server ${server.name} has the adaptive IP ${ip.address}: release it first.`);
  if (!server.machine) {
    drop(world, site, server);
    return;
  }
  server.ending = true;
  site.ending.push(server);
  world.machines.terminate(server.machine);
});

export const serverRoutes = [
  route('GET /ace/servers', ({ site }) => ok([...site.servers.values()].map(each => serverView(site, each)))),
  route('POST /ace/servers', create, true),
  route('GET /ace/servers/{id}', call => ok(serverView(call.site, serverOf(call)))),
  route('DELETE /ace/servers/{id}', remove),
  route('POST /ace/servers/{id}/start', order('started', ['STOPPED'], withMachine('start'))),
  route('POST /ace/servers/{id}/shutdown', order('shut down', ['RUNNING'], withMachine('stop'))),
  route('POST /ace/servers/{id}/reboot', order('rebooted', ['RUNNING'], withMachine('reboot'))),
];
