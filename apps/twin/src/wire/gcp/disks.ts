/** disks. Source: API reference, disks; "Persistent Disk". */
import { disksIn, regionOf, siteOf } from './account.ts';
import { newResource } from './new-resource.ts';
import { checkKeys, integer, labelsOf, resourceName, text, type Json } from './body.ts';
import { checkFingerprint, link, own, zoneScopes, type Call } from './call.ts';
import { alreadyExists, danglingLink, GcpError, inUse, invalid, notFound, required } from './errors.ts';
import { linkedImage } from './images.ts';
import { aggregatedOf, entries, listOf } from './listing.ts';
import { diskTypes } from './machine-type-catalogue.ts';
import { begin, ready } from './operations.ts';
import { checkRegionQuota } from './quotas.ts';
import type { Disk, Image } from './records.ts';
import { route } from './router.ts';
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
  status: disk.busy && disk.busy.type === 'insert' ? 'CREATING' : 'READY',
  type: link(call, own(call, `zones/${disk.zone}/diskTypes/${disk.type}`)),
  ...(disk.sourceImage !== '' && {
    sourceImage: link(call, disk.sourceImage),
    sourceImageId: disk.sourceImageId,
    architecture: disk.architecture,
  }),
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
  image: Image | undefined;
  sizeGb: number | undefined;
  /** As the body has it: a link, or nothing. */
  type: string | undefined;
  /** The fields' prefix, for complaints. */
  at: string;
  description?: string | undefined;
  labels?: Readonly<Record<string, string>>;
}

/** Checks all and makes nothing yet. */
export function planDisk(call: Call, input: DiskInput): Disk {
  const { account, world } = call;
  const { at, image, zone, name } = input;
  // instances.insert takes a bare `pd-ssd` nowhere: a type is a link.
  const typeName =
    input.type === undefined
      ? 'pd-standard'
      : parseLink(call, input.type, `${at}.diskType`, 'diskTypes').name;
  const type = diskTypes.find(each => each.name === typeName);
  if (!type) throw danglingLink(`${at}.diskType`, input.type ?? '', 'disk type');
  const sizeGb = input.sizeGb ?? image?.diskSizeGb ?? Number(type.standard);
  if (image && sizeGb < image.diskSizeGb)
    throw invalid(
      `${at}.diskSizeGb`,
      String(sizeGb),
      `Requested disk size cannot be smaller than the image size (${image.diskSizeGb} GB)`,
    );
  if (sizeGb < 1 || sizeGb > type.most)
    throw invalid(`${at}.diskSizeGb`, String(sizeGb), `Disk size must be between 1 GB and ${type.most} GB.`);
  if (disksIn(account, zone).has(name)) throw alreadyExists(own(call, diskPath(zone, name)));
  const region = regionOf(zone);
  checkRegionQuota(account, 'DISKS_TOTAL_GB', region, siteOf(account, region).usage.diskGb, sizeGb);
  return {
    ...newResource(world, account, 'disk', name, input.description),
    zone,
    sizeGb,
    type: type.name,
    sourceImage: image ? `projects/${image.project}/global/images/${image.name}` : '',
    sourceImageId: image?.id ?? '',
    architecture: image?.architecture ?? '',
    labels: input.labels ?? {},
    labelVersion: 0,
    user: undefined,
    attachedAt: 0,
    detachedAt: 0,
  };
}

export function addDisk(call: Call, disk: Disk): void {
  disksIn(call.account, disk.zone).set(disk.name, disk);
  siteOf(call.account, regionOf(disk.zone)).usage.diskGb += disk.sizeGb;
}
export function dropDisk(call: Pick<Call, 'account'>, disk: Disk): void {
  if (disksIn(call.account, disk.zone).delete(disk.name))
    siteOf(call.account, regionOf(disk.zone)).usage.diskGb -= disk.sizeGb;
}

export function findDisk(call: Call, zone: string, name: string): Disk {
  const disks = disksIn(call.account, zone);
  const disk = disks.get(name) ?? [...disks.values()].find(each => each.id === name);
  if (!disk) throw notFound(own(call, diskPath(zone, name)));
  return disk;
}

function insert(call: Call) {
  const { body, zone, query } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  if (body['sourceSnapshot'] !== undefined || body['sourceDisk'] !== undefined)
    throw new GcpError(400, 'invalid', 'This project has no snapshots: give sourceImage or sizeGb.');
  const source = text(body, 'sourceImage') ?? query.get('sourceImage') ?? undefined;
  const sizeGb = integer(body, 'sizeGb');
  const image = source === undefined ? undefined : linkedImage(call, source, 'resource.sourceImage');
  const disk = planDisk(call, {
    name,
    zone,
    image,
    sizeGb,
    type: text(body, 'type'),
    at: 'resource',
    description: text(body, 'description'),
    labels: labelsOf(body),
  });
  addDisk(call, disk);
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
    const sizeGb = integer(call.body, 'sizeGb', 'disksResizeRequest');
    if (sizeGb === undefined) throw required('sizeGb');
    if (sizeGb <= disk.sizeGb)
      throw invalid(
        'sizeGb',
        String(sizeGb),
        `New disk size '${sizeGb}' must be larger than existing size '${disk.sizeGb}'.`,
      );
    if (sizeGb > 65_536) throw invalid('sizeGb', String(sizeGb), 'Disk size must be at most 65536 GB.');
    const usage = siteOf(call.account, regionOf(call.zone)).usage;
    checkRegionQuota(call.account, 'DISKS_TOTAL_GB', regionOf(call.zone), usage.diskGb, sizeGb - disk.sizeGb);
    return begin(call, {
      type: 'resizeDisk',
      scope: `zones/${call.zone}`,
      path: diskPath(call.zone, disk.name),
      target: disk,
      finish() {
        usage.diskGb += sizeGb - disk.sizeGb;
        disk.sizeGb = sizeGb;
      },
    });
  }),
  route('disks.setLabels', 'POST zones/{zone}/disks/{name}/setLabels', call => {
    const disk = ready(call, findDisk(call, call.zone, call.name), diskPath(call.zone, call.name));
    checkFingerprint(call.body['labelFingerprint'], labelPrint(disk), 'labels');
    const labels = labelsOf(call.body, 'request');
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
