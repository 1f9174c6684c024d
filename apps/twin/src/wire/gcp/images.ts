/** images: the public projects' and the own one's. Source: API reference, images; "Image families best practices". */
import { newResource } from './new-resource.ts';
import { checkKeys, labelsOf, neededText, resourceName, text, type Json } from './body.ts';
import { checkFingerprint, link, own, type Call } from './call.ts';
import { alreadyExists, danglingLink, GcpError, inUse, invalid, notFound, required } from './errors.ts';
import { newestOf, publicImages } from './image-catalogue.ts';
import { entries, listOf } from './listing.ts';
import { begin, ready } from './operations.ts';
import { checkProjectQuota } from './quotas.ts';
import type { Image } from './records.ts';
import { route } from './router.ts';
import { parseLink, time, versionPrint } from './text.ts';

const known = new Set(
  'kind id creationTimestamp name description sourceType rawDisk deprecated status archiveSizeBytes diskSizeGb sourceDisk sourceDiskId licenses family imageEncryptionKey sourceDiskEncryptionKey selfLink labels labelFingerprint guestOsFeatures licenseCodes sourceImage sourceImageId sourceImageEncryptionKey sourceSnapshot sourceSnapshotId sourceSnapshotEncryptionKey storageLocations shieldedInstanceInitialState satisfiesPzs architecture enableConfidentialCompute params'.split(
    ' ',
  ),
);

const imagePath = (image: Image): string => `projects/${image.project}/global/images/${image.name}`;
const labelPrint = (image: Image) => versionPrint(image.id, image.labelVersion);

export const imageView = (call: Call, image: Image): Json => ({
  kind: 'compute#image',
  id: image.id,
  creationTimestamp: time(image.createdAt),
  name: image.name,
  ...(image.description !== '' && { description: image.description }),
  sourceType: 'RAW',
  ...(image.deprecated && {
    deprecated: {
      state: image.deprecated.state,
      ...(image.deprecated.replacement !== '' && { replacement: link(call, image.deprecated.replacement) }),
    },
  }),
  status: image.busy ? 'PENDING' : 'READY',
  archiveSizeBytes: String(image.archiveSizeBytes),
  diskSizeGb: String(image.diskSizeGb),
  ...(image.sourceDisk !== '' && {
    sourceDisk: link(call, image.sourceDisk),
    sourceDiskId: image.sourceDiskId,
  }),
  ...(image.licenses.length > 0 && { licenses: image.licenses.map(each => link(call, each)) }),
  ...(image.family !== '' && { family: image.family }),
  architecture: image.architecture,
  guestOsFeatures: [
    { type: 'VIRTIO_SCSI_MULTIQUEUE' },
    { type: 'UEFI_COMPATIBLE' },
    { type: 'GVNIC' },
    ...(image.os.startsWith('Windows') ? [{ type: 'WINDOWS' }] : []),
  ],
  storageLocations: ['us', 'eu', 'asia'],
  labelFingerprint: labelPrint(image),
  ...(Object.keys(image.labels).length > 0 && { labels: image.labels }),
  selfLink: link(call, imagePath(image)),
});

const imagesOf = (call: Call, project: string): ReadonlyMap<string, Image> =>
  project === call.account.projectId ? call.account.images : (publicImages().get(project) ?? new Map());

export const isImageProject = (project: string): boolean => publicImages().has(project);

function find(call: Call): Image {
  const images = imagesOf(call, call.project);
  const image = images.get(call.name) ?? [...images.values()].find(each => each.id === call.name);
  if (!image) throw notFound(`projects/${call.project}/global/images/${call.name}`);
  return image;
}

/** By name or by `family/…`. 400 where there is none, 404 where the family is empty. */
export function linkedImage(call: Call, text: string, field: string): Image {
  const { project, name } = parseLink(call, text, field, 'images');
  const images = imagesOf(call, project);
  if (name.startsWith('family/')) {
    const newest = newestOf(images.values(), name.slice('family/'.length));
    if (!newest) throw notFound(`projects/${project}/global/images/${name}`);
    return newest;
  }
  const image = images.get(name);
  if (!image) throw danglingLink(field, text, 'image');
  if (image.deprecated?.state === 'OBSOLETE')
    throw invalid(field, text, `The image is in state OBSOLETE and can't be used for new disks.`);
  if (image.busy) ready(call, image, `global/images/${image.name}`);
  return image;
}

function insert(call: Call) {
  const { account, body, world } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  const path = `global/images/${name}`;
  const from = text(body, 'sourceDisk');
  const copied = text(body, 'sourceImage');
  if ((from === undefined) === (copied === undefined))
    throw from === undefined
      ? required('resource.sourceDisk')
      : new GcpError(400, 'invalid', 'Only one source may be specified for an image.');
  if (account.images.has(name)) throw alreadyExists(own(call, path));
  checkProjectQuota(account, 'IMAGES', account.images.size);
  const resource = newResource(world, account, 'image', name, text(body, 'description'));
  const common = {
    ...resource,
    project: account.projectId,
    family: text(body, 'family') ?? '',
    deprecated: undefined,
    labels: labelsOf(body),
    labelVersion: 0,
  };
  let image: Image;
  if (from !== undefined) {
    const { scope, place, name: diskName } = parseLink(call, from, 'resource.sourceDisk', 'disks');
    const disk = account.disks.get(place)?.get(diskName);
    if (!disk) throw danglingLink('resource.sourceDisk', from, 'disk');
    const user = disk.user;
    if (user && user.machine.state !== 'stopped' && call.query.get('forceCreate') !== 'true')
      throw inUse(
        'disk',
        own(call, `${scope}/disks/${diskName}`),
        own(call, `zones/${user.zone}/instances/${user.name}`),
      );
    const origin = originOf(call, disk.sourceImage);
    image = {
      ...common,
      architecture: disk.architecture === 'ARM64' ? 'ARM64' : 'X86_64',
      diskSizeGb: disk.sizeGb,
      archiveSizeBytes: disk.sizeGb * 60_000_000,
      licenses: origin?.licenses ?? [],
      os: origin?.os ?? 'Linux',
      sourceDisk: own(call, `${scope}/disks/${diskName}`),
      sourceDiskId: disk.id,
    };
  } else {
    const source = linkedImage(call, copied ?? '', 'resource.sourceImage');
    image = { ...source, ...common, sourceDisk: '', sourceDiskId: '' };
  }
  account.images.set(name, image);
  return begin(call, { type: 'insert', scope: 'global', path, target: image });
}

/** The image that a disk was made from, where it still stands; `path` is relative. */
export function originOf(call: Call, path: string): Image | undefined {
  const [, project = '', , , name = ''] = path.split('/');
  return imagesOf(call, project).get(name);
}

export const imageRoutes = [
  route('images.list', 'GET global/images', call =>
    listOf(
      call,
      'image',
      'global/images',
      entries(imagesOf(call, call.project).values(), each => imageView(call, each)),
    ),
  ),
  route('images.get', 'GET global/images/{name}', call => ({ view: imageView(call, find(call)) })),
  route('images.getFromFamily', 'GET global/images/family/{name}', call => {
    const newest = newestOf(imagesOf(call, call.project).values(), call.name);
    if (!newest) throw notFound(`projects/${call.project}/global/images/family/${call.name}`);
    return { view: imageView(call, newest) };
  }),
  route('images.insert', 'POST global/images', insert),
  route('images.delete', 'DELETE global/images/{name}', call => {
    const image = ready(call, find(call), `global/images/${call.name}`);
    return begin(call, {
      type: 'delete',
      scope: 'global',
      path: `global/images/${image.name}`,
      target: image,
      finish: () => call.account.images.delete(image.name),
    });
  }),
  route('images.setLabels', 'POST global/images/{name}/setLabels', call => {
    const image = ready(call, find(call), `global/images/${call.name}`);
    checkFingerprint(call.body['labelFingerprint'], labelPrint(image), 'labels');
    const labels = labelsOf(call.body, 'request');
    return begin(call, {
      type: 'setLabels',
      scope: 'global',
      path: `global/images/${image.name}`,
      target: image,
      finish() {
        image.labels = labels;
        image.labelVersion++;
      },
    });
  }),
  route('images.deprecate', 'POST global/images/{name}/deprecate', call => {
    const image = ready(call, find(call), `global/images/${call.name}`);
    const state = neededText(call.body, 'state', 'deprecationStatus');
    if (!['ACTIVE', 'DEPRECATED', 'OBSOLETE', 'DELETED'].includes(state))
      throw invalid(
        'deprecationStatus.state',
        state,
        'Must be one of ACTIVE, DEPRECATED, OBSOLETE, DELETED.',
      );
    return begin(call, {
      type: 'deprecate',
      scope: 'global',
      path: `global/images/${image.name}`,
      target: image,
      finish() {
        image.deprecated = state === 'ACTIVE' ? undefined : { state, replacement: '' };
      },
    });
  }),
];
