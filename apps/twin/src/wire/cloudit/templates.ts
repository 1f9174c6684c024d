/** Templates, which servers are made of: the installation's own, and those that a tenant makes of a stopped server or a snapshot. */
import { cluster, pool, specs } from './catalogue.ts';
import { bodyOf, checkName, find, flag, type Call } from './call.ts';
import { ApiError, badRequest, conflict } from './errors.ts';
import { capture, hold, letGo } from './disks.ts';
import { later } from './later.ts';
import { checkQuota } from './quotas.ts';
import type { Disk, Template } from './records.ts';
import { ok, taken, type Reply } from './reply.ts';
import { route } from './router.ts';
import { stateOf } from './server-life.ts';
import type { Site } from './site.ts';
import { stamp } from './text.ts';

/** How many servers are of each template. */
function useOf(site: Site): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { template } of site.servers.values())
    counts.set(template.id, (counts.get(template.id) ?? 0) + 1);
  return counts;
}

const templateView = (site: Site, template: Template, use = useOf(site)) => ({
  id: template.id,
  tenantId: template.given ? '' : site.tenantId,
  clusterId: cluster.id,
  clusterName: cluster.name,
  size: template.size,
  realSize: template.size,
  refCount: use.get(template.id) ?? 0,
  name: template.name,
  createdAt: stamp(template.createdAt),
  ownership: template.ownership,
  templateType: template.templateType,
  state: template.state,
  protection: template.protection,
  os: template.os,
  arch: 'x86_64',
  format: template.format,
  enabled: 1,
  description: template.description,
  poolId: pool.id,
  poolName: pool.name,
  snapshotId: template.snapshotId,
  creator: template.given ? 'admin' : site.username,
  volumeId: template.volumeId,
  url: '',
  pause: 0,
  sourceType: template.sourceType,
  minKvmVersion: 0,
});

function oneOf(name: string, value: string, words: readonly string[]): string {
  if (words.includes(value)) return value;
  throw badRequest(`${name} must be one of ${words.join(', ')}.`);
}

interface Source {
  of: Template;
  size: number;
  disk(id: string): Disk | undefined;
}

function fromServer({ world, site }: Call, volumeId: string | undefined): Source {
  if (volumeId === undefined) throw badRequest('volumeId is required.');
  const { server, bootable, template, size, name } = find(site.volumes, 'volume', volumeId);
  if (!bootable || !template || !server)
    throw badRequest(`The volume ${name} is not a server's boot volume.`);
  if (stateOf(server) !== 'STOPPED')
    throw conflict(`The server ${server.name} must be STOPPED, it is ${stateOf(server)}.`);
  return { of: template, size, disk: id => capture(world, site, server, id) };
}

function fromSnapshot({ site }: Call, snapshotId: string | undefined): Source {
  if (snapshotId === undefined) throw badRequest('snapshotId is required.');
  const { state, bootable, template, size, disk, name } = find(site.snapshots, 'snapshot', snapshotId);
  if (!bootable || !template) throw badRequest(`The snapshot ${name} is not of a boot volume.`);
  if (state !== 'COMPLETED') throw conflict(`The snapshot ${name} is ${state}.`);
  return { of: template, size, disk: () => hold(disk) };
}

function create(call: Call): Reply {
  const { world, site } = call;
  const body = bodyOf(call, {
    name: 'text',
    volumeId: 'text?',
    snapshotId: 'text?',
    ownership: 'text',
    format: 'text',
    sourceType: 'text',
    templateType: 'text',
    size: 'integer?',
    poolId: 'text?',
    protection: 'integer?',
  });
  const ownership = oneOf('ownership', body.ownership, ['TENANT', 'PRIVATE']);
  const format = oneOf('format', body.format, ['raw', 'vdi', 'vmdk', 'vpc', 'qcow2']);
  const sourceType = oneOf('sourceType', body.sourceType, ['server', 'snapshot']);
  if (body.poolId !== undefined && body.poolId !== pool.id)
    throw new ApiError(404, `The pool ${JSON.stringify(body.poolId)} does not exist.`);
  const source =
    sourceType === 'server' ? fromServer(call, body.volumeId) : fromSnapshot(call, body.snapshotId);
  checkQuota(site.cloud, 'templates', [...site.templates.values()].filter(each => !each.given).length);
  const id = site.newId('template');
  const template: Template = {
    n: site.next(),
    id,
    name: checkName(body.name),
    description: '',
    protection: flag('protection', body.protection),
    createdAt: world.now(),
    os: source.of.os,
    windows: source.of.windows,
    size: source.size,
    ownership,
    format,
    templateType: body.templateType,
    sourceType,
    volumeId: sourceType === 'server' ? (body.volumeId ?? '') : '',
    snapshotId: sourceType === 'snapshot' ? (body.snapshotId ?? '') : '',
    state: 'CREATING',
    disk: source.disk(id),
    given: false,
  };
  site.templates.set(id, template);
  later(site.cloud.delays.create, () => {
    if (template.state === 'CREATING') template.state = 'AVAILABLE';
  });
  return taken(templateView(site, template));
}

const templateOf = ({ site, ids: [id = ''] }: Call) => find(site.templates, 'template', id);

function remove(call: Call): Reply {
  const { world, site } = call;
  const template = templateOf(call);
  if (template.given || template.protection === 1)
    throw new ApiError(
      403,
      `The template ${template.name} is ${template.given ? "not the tenant's" : 'protected'}.`,
    );
  if (template.state !== 'AVAILABLE') throw conflict(`The template ${template.name} is ${template.state}.`);
  template.state = 'DELETING';
  later(site.cloud.delays.terminate, () => {
    if (site.templates.delete(template.id)) letGo(world, template.disk);
  });
  return taken();
}

export const templateRoutes = [
  route('GET /ace/templates', ({ site }) => {
    const use = useOf(site);
    return ok([...site.templates.values()].map(each => templateView(site, each, use)));
  }),
  route('POST /ace/templates', create),
  route('GET /ace/templates/{id}', call => ok(templateView(call.site, templateOf(call)))),
  route('DELETE /ace/templates/{id}', remove),
  route('GET /ace/specs', () => ok(specs)),
  route('GET /ace/clusters', () => ok([{ id: cluster.id, name: cluster.name }])),
];
