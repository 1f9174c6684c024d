/** disks. Source: API reference, disks; "Persistent Disk". */
import { disksIn, regionOf, siteOf, type Account } from './account.ts';
import { newResource } from './new-resource.ts';
import { checkKeys, integer, labelsOf, resourceName, text, type Json } from './body.ts';
import { checkLabels, link, own, zoneScopes, type Call } from './call.ts';
import { empty, fill, fromDisk, fromImage, fromSnapshot, type DiskSource } from './disk-sources.ts';
import { diskTypes } from './disk-type-catalogue.ts';
import { alreadyExists, danglingLink, inUse, invalid, notFound, required } from './errors.ts';
import { linkedImage } from './images.ts';
import { aggregatedOf, entries, listOf } from './listing.ts';
import { begin, ready } from './operations.ts';
import { checkRegionQuota } from './quotas.ts';
import type { Disk } from './records.ts';
import { route } from './router.ts';
import { createSnapshot, linkedSnapshot } from './snapshots.ts';
import { parseLink, time, versionPrint } from './text.ts';

const known = new Set(
  'kind id creationTimestamp zone status name description sizeGb sourceSnapshot sourceSnapshotId sourceStorageObject options selfLink sourceImage sourceImageId type licenses guestOsFeatures lastAttachTimestamp lastDetachTimestamp users diskEncryptionKey sourceImageEncryptionKey sourceSnapshotEncryptionKey labels labelFingerprint region replicaZones licenseCodes physicalBlockSizeBytes resourcePolicies sourceDisk sourceDiskId provisionedIops provisionedThroughput enableConfidentialCompute sourceInstantSnapshot satisfiesPzs locationHint architecture params accessMode storagePool'.split(
    ' ',
  ),
);
export const diskPath = (zone: string, name: string): string => `zones/${zone}/disks/${name}`;
const labelPrint = (disk: Disk) => versionPrint(disk.id, disk.labelVersion);

const view = (call: Call, disk: Disk): Json => ({
  kind: 'compute#disk',
  id: disk.id,
  creationTimestamp: time(disk.createdAt),
  name: disk.name,
  ...(disk.description !== '' && { description: disk.description }),
  sizeGb: String(disk.sizeGb),
  zone: link(call, own(call, `zones/${disk.zone}`)),
  status: disk.busy?.type === 'insert' ? 'CREATING' : disk.busy?.type === 'delete' ? 'DELETING' : 'READY',
  type: link(call, own(call, `zones/${disk.zone}/diskTypes/${disk.type}`)),
  ...(disk.sourceImage !== '' && {
    sourceImage: link(call, disk.sourceImage),
    sourceImageId: disk.sourceImageId,
  }),
  ...(disk.sourceSnapshot !== '' && {
    sourceSnapshot: link(call, disk.sourceSnapshot),
    sourceSnapshotId: disk.sourceSnapshotId,
  }),
  ...(disk.architecture !== '' && { architecture: disk.architecture }),
  ...(disk.licenses.length > 0 && { licenses: disk.licenses.map(each => link(call, each)) }),
  ...(disk.user && {
    users: [link(call, own(call, `zones/${disk.zone}/instances/${disk.user.name}`))],
  }),
  ...(disk.attachedAt > 0 && { lastAttachTimestamp: time(disk.attachedAt) }),
  ...(disk.detachedAt > 0 && { lastDetachTimestamp: time(disk.detachedAt) }),
  labelFingerprint: labelPrint(disk),
  ...(Object.keys(disk.labels).length > 0 && { labels: disk.labels }),
  physicalBlockSizeBytes: '4096',
  selfLink: link(call, own(call, diskPath(disk.zone, disk.name))),
});

export interface DiskInput {
  name: string;
  zone: string;
  source: DiskSource | undefined;
  sizeGb: number | undefined;
  /** As the body has it: a link, or nothing. */
  type: string | undefined;
  /** The fields' prefix, for complaints, and the words of the two that are named otherwise in an instance's body. */
  at: string;
  fields?: { readonly size: string; readonly type: string };
  description?: string | undefined;
  labels?: Readonly<Record<string, string>>;
}

const quotaOf = (type: string) =>
  diskTypes.find(each => each.name === type)?.ssd
    ? (['SSD_TOTAL_GB', 'ssdGb'] as const)
    : (['DISKS_TOTAL_GB', 'diskGb'] as const);

/** 403 where the region has no room for so much more. */
export function checkRoom(call: Call, zone: string, type: string, moreGb: number): void {
  const region = regionOf(zone);
  const [metric, key] = quotaOf(type);
  checkRegionQuota(call.account, metric, region, siteOf(call.account, region).usage[key], moreGb);
}
export function countRoom(account: Account, zone: string, type: string, moreGb: number): void {
  siteOf(account, regionOf(zone)).usage[quotaOf(type)[1]] += moreGb;
}

/** Checks all and makes nothing yet. */
export function planDisk(call: Call, input: DiskInput): Disk {
  const { account, world } = call;
  const { at, source, zone, name, fields = { size: 'sizeGb', type: 'type' } } = input;
  // A bare `pd-ssd` is taken nowhere: a type is a link.
  const link =
    input.type === undefined ? undefined : parseLink(call, input.type, `${at}.${fields.type}`, 'diskTypes');
  const type = diskTypes.find(each => each.name === (link?.name ?? 'pd-standard'));
  if (!type) throw danglingLink(`${at}.${fields.type}`, input.type ?? '', 'disk type');
  const sizeGb = input.sizeGb ?? source?.leastGb ?? Number(type.standard);
  if (source && sizeGb < source.leastGb)
    throw invalid(
      `${at}.${fields.size}`,
      String(sizeGb),
      `Requested disk size cannot be smaller than the ${source.noun} size (${source.leastGb} GB)`,
    );
  if (sizeGb < type.least || sizeGb > type.most)
    throw invalid(
      `${at}.${fields.size}`,
      String(sizeGb),
      `Disk size must be between ${type.least} GB and ${type.most} GB.`,
    );
  if (disksIn(account, zone).has(name)) throw alreadyExists(own(call, diskPath(zone, name)));
  checkRoom(call, zone, type.name, sizeGb);
  return {
    ...newResource(world, account, 'disk', name, input.description),
    zone,
    sizeGb,
    type: type.name,
    sourceImage: source?.sourceImage ?? '',
    sourceImageId: source?.sourceImageId ?? '',
    sourceSnapshot: source?.sourceSnapshot ?? '',
    sourceSnapshotId: source?.sourceSnapshotId ?? '',
    architecture: source?.architecture ?? '',
    os: source?.os ?? '',
    licenses: source?.licenses ?? [],
    content: '',
    labels: input.labels ?? {},
    labelVersion: 0,
    user: undefined,
    attachedAt: 0,
    detachedAt: 0,
  };
}

export function addDisk(call: Call, disk: Disk, source: DiskSource | undefined): void {
  disksIn(call.account, disk.zone).set(disk.name, disk);
  countRoom(call.account, disk.zone, disk.type, disk.sizeGb);
  fill(call, disk, source);
}
export function dropDisk(call: Pick<Call, 'world' | 'account'>, disk: Disk): void {
  if (!disksIn(call.account, disk.zone).delete(disk.name)) return;
  countRoom(call.account, disk.zone, disk.type, -disk.sizeGb);
  empty(call, disk);
}

export function findDisk(call: Call, zone: string, name: string): Disk {
  const disks = disksIn(call.account, zone);
  const disk = disks.get(name) ?? [...disks.values()].find(each => each.id === name);
  if (!disk) throw notFound(own(call, diskPath(zone, name)));
  return disk;
}

/** At most one of the three; `params` are a request's that name a disk to make. 400 or 404 where what is named is not there. */
export function sourceOf(
  call: Call,
  params: Json,
  at: string,
  image: string | undefined,
): DiskSource | undefined {
  const snapshot = text(params, 'sourceSnapshot', at);
  const disk = text(params, 'sourceDisk', at);
  if ([image, snapshot, disk].filter(each => each !== undefined).length > 1)
    throw invalid(at, '', 'Only one of sourceImage, sourceSnapshot and sourceDisk may be specified.');
  if (image !== undefined) return fromImage(linkedImage(call, image, `${at}.sourceImage`));
  if (snapshot !== undefined)
    return fromSnapshot(call, linkedSnapshot(call, snapshot, `${at}.sourceSnapshot`));
  return disk === undefined ? undefined : fromDisk(linkedDisk(call, disk, `${at}.sourceDisk`));
}

/** A disk of the request's zone. */
export function linkedDisk(call: Call, link: string, field: string): Disk {
  const { project, name, place } = parseLink(call, link, field, 'disks');
  if (place !== call.zone)
    throw invalid(field, link, `The disk is in '${place}', it must be in zone '${call.zone}'.`);
  const disk = project === call.account.projectId ? call.account.disks.get(place)?.get(name) : undefined;
  if (!disk) throw danglingLink(field, link, 'disk');
  return ready(call, disk, diskPath(place, name));
}

function insert(call: Call) {
  const { body, zone, query } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  const image = text(body, 'sourceImage') ?? query.get('sourceImage') ?? undefined;
  const source = sourceOf(call, body, 'resource', image);
  const disk = planDisk(call, {
    name,
    zone,
    source,
    sizeGb: integer(body, 'sizeGb'),
    type: text(body, 'type'),
    at: 'resource',
    description: text(body, 'description'),
    labels: labelsOf(body),
  });
  addDisk(call, disk, source);
  return begin(call, { type: 'insert', scope: `zones/${zone}`, path: diskPath(zone, name), target: disk });
}

export const diskRoutes = [
  route('disks.list', 'GET zones/{zone}/disks', call =>
    listOf(
      call,
      'disk',
      `zones/${call.zone}/disks`,
      entries(disksIn(call.account, call.zone).values(), each => view(call, each)),
    ),
  ),
  route('disks.get', 'GET zones/{zone}/disks/{name}', call => ({
    view: view(call, findDisk(call, call.zone, call.name)),
  })),
  route('disks.insert', 'POST zones/{zone}/disks', insert),
  route('disks.resize', 'POST zones/{zone}/disks/{name}/resize', call => {
    const disk = ready(call, findDisk(call, call.zone, call.name), diskPath(call.zone, call.name));
    checkKeys(call.body, new Set(['sizeGb']), 'disks_resize_request');
    const sizeGb = integer(call.body, 'sizeGb', 'disks_resize_request');
    if (sizeGb === undefined) throw required('sizeGb');
    if (sizeGb <= disk.sizeGb)
      throw invalid(
        'sizeGb',
        String(sizeGb),
        `New disk size '${sizeGb}' must be larger than existing size '${disk.sizeGb}'.`,
      );
    if (sizeGb > 65_536) throw invalid('sizeGb', String(sizeGb), 'Disk size must be at most 65536 GB.');
    const more = sizeGb - disk.sizeGb;
    checkRoom(call, disk.zone, disk.type, more);
    return begin(call, {
      type: 'resizeDisk',
      scope: `zones/${call.zone}`,
      path: diskPath(call.zone, disk.name),
      target: disk,
      finish() {
        countRoom(call.account, disk.zone, disk.type, more);
        disk.sizeGb = sizeGb;
      },
    });
  }),
  route('disks.setLabels', 'POST zones/{zone}/disks/{name}/setLabels', call => {
    const disk = ready(call, findDisk(call, call.zone, call.name), diskPath(call.zone, call.name));
    const labels = checkLabels(call, labelPrint(disk));
    return begin(call, {
      type: 'setLabels',
      scope: `zones/${call.zone}`,
      path: diskPath(call.zone, disk.name),
      target: disk,
      finish() {
        disk.labels = labels;
        disk.labelVersion++;
      },
    });
  }),
  route('disks.createSnapshot', 'POST zones/{zone}/disks/{name}/createSnapshot', call => {
    const disk = ready(call, findDisk(call, call.zone, call.name), diskPath(call.zone, call.name));
    return createSnapshot(call, disk, diskPath(call.zone, disk.name), `zones/${call.zone}`);
  }),
  route('disks.delete', 'DELETE zones/{zone}/disks/{name}', call => {
    const disk = ready(call, findDisk(call, call.zone, call.name), diskPath(call.zone, call.name));
    const path = diskPath(call.zone, disk.name);
    if (disk.user)
      throw inUse('disk', own(call, path), own(call, `zones/${disk.zone}/instances/${disk.user.name}`));
    return begin(call, {
      type: 'delete',
      scope: `zones/${call.zone}`,
      path,
      target: disk,
      finish: () => dropDisk(call, disk),
    });
  }),
  route('disks.aggregatedList', 'GET aggregated/disks', call =>
    aggregatedOf(
      call,
      'disk',
      'disks',
      zoneScopes(call),
      [...call.account.disks].flatMap(([zone, disks]) =>
        entries(disks.values(), each => view(call, each), `zones/${zone}`),
      ),
    ),
  ),
];
