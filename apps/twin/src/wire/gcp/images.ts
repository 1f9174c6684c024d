/** images: the public projects' and the own one's. Source: API reference, images; "Image families best practices". */
import { newResource } from './new-resource.ts';
import type { Account } from './account.ts';
import { checkKeys, isName, labelsOf, resourceName, text, type Json } from './body.ts';
import { checkLabels, link, own, type Call } from './call.ts';
import { captured, hold, release } from './captures.ts';
import { imagePath } from './disk-sources.ts';
import { alreadyExists, danglingLink, GcpError, inUse, invalid, notFound, required } from './errors.ts';
import { newestOf, publicImages } from './image-catalogue.ts';
import { entries, listOf } from './listing.ts';
import { begin, ready } from './operations.ts';
import { checkProjectQuota } from './quotas.ts';
import type { Deprecation, Image } from './records.ts';
import { route } from './router.ts';
import { linkedSnapshot } from './snapshots.ts';
import { parseLink, time, versionPrint } from './text.ts';

/** `zone` is no member of an image, but clients in use send it (libcloud) and Google passes over it. */
const known = new Set(
  'kind id creationTimestamp name description sourceType rawDisk deprecated status archiveSizeBytes diskSizeGb sourceDisk sourceDiskId licenses family imageEncryptionKey sourceDiskEncryptionKey selfLink labels labelFingerprint guestOsFeatures licenseCodes sourceImage sourceImageId sourceImageEncryptionKey sourceSnapshot sourceSnapshotId sourceSnapshotEncryptionKey storageLocations shieldedInstanceInitialState satisfiesPzs architecture enableConfidentialCompute params zone'.split(
    ' ',
  ),
);

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
      ...(image.deprecated.replacement !== '' && {
        replacement: image.deprecated.replacement.startsWith('projects/')
          ? link(call, image.deprecated.replacement)
          : image.deprecated.replacement,
      }),
      ...image.deprecated.times,
    },
  }),
  status: image.busy?.type === 'insert' ? 'PENDING' : image.busy?.type === 'delete' ? 'DELETING' : 'READY',
  archiveSizeBytes: String(image.archiveSizeBytes),
  diskSizeGb: String(image.diskSizeGb),
  ...(image.sourceDisk !== '' && {
    sourceDisk: link(call, image.sourceDisk),
    sourceDiskId: image.sourceDiskId,
  }),
  ...(image.sourceSnapshot !== '' && {
    sourceSnapshot: link(call, image.sourceSnapshot),
    sourceSnapshotId: image.sourceSnapshotId,
  }),
  ...(image.sourceImage !== '' && {
    sourceImage: link(call, image.sourceImage),
    sourceImageId: image.sourceImageId,
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

const publicIn = ({ cloud }: Account) => publicImages(cloud.quotas['images']);
const imagesOf = (call: Call, project: string): ReadonlyMap<string, Image> =>
  project === call.account.projectId
    ? call.account.images
    : (publicIn(call.account).get(project) ?? new Map());

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
  const state = image.deprecated?.state;
  if (state === 'OBSOLETE' || state === 'DELETED')
    throw invalid(field, text, `The image is in state ${state} and can't be used for new disks.`);
  if (image.busy) ready(call, image, `global/images/${image.name}`);
  return image;
}

type Origin = Pick<
  Image,
  | 'architecture'
  | 'diskSizeGb'
  | 'archiveSizeBytes'
  | 'licenses'
  | 'os'
  | 'sourceDisk'
  | 'sourceDiskId'
  | 'sourceSnapshot'
  | 'sourceSnapshotId'
  | 'sourceImage'
  | 'sourceImageId'
  | 'content'
>;
const nothing = {
  sourceDisk: '',
  sourceDiskId: '',
  sourceSnapshot: '',
  sourceSnapshotId: '',
  sourceImage: '',
  sourceImageId: '',
};
const archive = (gb: number) => gb * 60_000_000;

/** A disk that a VM runs on is not still: Google refuses it unless told that it need not be. */
function ofDisk(call: Call, from: string, imageId: string): () => Origin {
  const { account, world } = call;
  const field = 'resource.sourceDisk';
  const { scope, place, project, name } = parseLink(call, from, field, 'disks');
  const disk = project === account.projectId ? account.disks.get(place)?.get(name) : undefined;
  if (!disk) throw danglingLink(field, from, 'disk');
  const path = `${scope}/disks/${name}`;
  ready(call, disk, path);
  const { user } = disk;
  if (user && user.machine.state !== 'stopped' && call.query.get('forceCreate') !== 'true')
    throw inUse('disk', own(call, path), own(call, `zones/${user.zone}/instances/${user.name}`));
  return () => ({
    ...nothing,
    architecture: disk.architecture === 'ARM64' ? 'ARM64' : 'X86_64',
    diskSizeGb: disk.sizeGb,
    archiveSizeBytes: archive(disk.sizeGb),
    licenses: disk.licenses,
    os: disk.os,
    sourceDisk: own(call, path),
    sourceDiskId: disk.id,
    content: captured(world, account, disk, `images/${imageId}`),
  });
}

/** Checks the one source that there has to be; what it answers copies it. */
function originOf(call: Call, imageId: string): () => Origin {
  const { account, body } = call;
  const disk = text(body, 'sourceDisk');
  const image = text(body, 'sourceImage');
  const snapshot = text(body, 'sourceSnapshot');
  if (body['rawDisk'] !== undefined)
    throw invalid('resource.rawDisk', '', 'The referenced Cloud Storage object cannot be found.');
  const given = [disk, image, snapshot].filter(each => each !== undefined);
  if (given.length === 0) throw required('resource.sourceDisk');
  if (given.length > 1) throw new GcpError(400, 'invalid', 'Only one source may be specified for an image.');
  if (disk !== undefined) return ofDisk(call, disk, imageId);
  if (image !== undefined) {
    const source = linkedImage(call, image, 'resource.sourceImage');
    return () => ({
      ...source,
      ...nothing,
      sourceImage: imagePath(source),
      sourceImageId: source.id,
      content: hold(account, source.content),
    });
  }
  const source = linkedSnapshot(call, snapshot ?? '', 'resource.sourceSnapshot');
  return () => ({
    ...source,
    ...nothing,
    architecture: source.architecture === 'ARM64' ? 'ARM64' : 'X86_64',
    archiveSizeBytes: archive(source.diskSizeGb),
    sourceSnapshot: own(call, `global/snapshots/${source.name}`),
    sourceSnapshotId: source.id,
    content: hold(account, source.content),
  });
}

function familyOf(body: Json): string | undefined {
  const family = text(body, 'family');
  if (family !== undefined && family !== '' && !isName(family))
    throw invalid(
      'resource.family',
      family,
      `Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'`,
    );
  return family;
}

function insert(call: Call) {
  const { account, body, world } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  const path = `global/images/${name}`;
  if (account.images.has(name)) throw alreadyExists(own(call, path));
  checkProjectQuota(account, 'IMAGES', account.images.size);
  const family = familyOf(body) ?? '';
  const labels = labelsOf(body);
  const resource = newResource(world, account, 'image', name, text(body, 'description'));
  const origin = originOf(call, resource.id)();
  const image: Image = {
    ...origin,
    ...resource,
    project: account.projectId,
    family,
    deprecated: undefined,
    labels,
    labelVersion: 0,
  };
  account.images.set(name, image);
  return begin(call, { type: 'insert', scope: 'global', path, target: image });
}

const deprecationStates = ['ACTIVE', 'DEPRECATED', 'OBSOLETE', 'DELETED'];
const deprecationTimes = ['deprecated', 'obsolete', 'deleted'];
const deprecationKeys = new Set(['state', 'replacement', 'stateOverride', ...deprecationTimes]);

function deprecationOf({ body }: Call): Deprecation | undefined {
  const at = 'deprecation_status';
  checkKeys(body, deprecationKeys, at);
  const state = text(body, 'state', at) ?? 'ACTIVE';
  if (!deprecationStates.includes(state))
    throw invalid(`${at}.state`, state, `Must be one of ${deprecationStates.join(', ')}.`);
  const times: Record<string, string> = {};
  for (const key of deprecationTimes) {
    const value = text(body, key, at);
    if (value === undefined) continue;
    if (Number.isNaN(Date.parse(value)))
      throw invalid(`${at}.${key}`, value, 'Must be an RFC 3339 timestamp.');
    times[key] = value;
  }
  return state === 'ACTIVE' ? undefined : { state, replacement: text(body, 'replacement', at) ?? '', times };
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
      finish() {
        call.account.images.delete(image.name);
        release(call.world, call.account, image.content);
      },
    });
  }),
  route('images.setLabels', 'POST global/images/{name}/setLabels', call => {
    const image = ready(call, find(call), `global/images/${call.name}`);
    const labels = checkLabels(call, labelPrint(image));
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
  route('images.patch', 'PATCH global/images/{name}', call => {
    const image = ready(call, find(call), `global/images/${call.name}`);
    checkKeys(call.body, known, 'resource');
    const family = familyOf(call.body);
    const description = text(call.body, 'description');
    return begin(call, {
      type: 'patch',
      scope: 'global',
      path: `global/images/${image.name}`,
      target: image,
      finish() {
        image.family = family ?? image.family;
        image.description = description ?? image.description;
      },
    });
  }),
  route('images.deprecate', 'POST global/images/{name}/deprecate', call => {
    const image = ready(call, find(call), `global/images/${call.name}`);
    const deprecation = deprecationOf(call);
    return begin(call, {
      type: 'deprecate',
      scope: 'global',
      path: `global/images/${image.name}`,
      target: image,
      finish() {
        image.deprecated = deprecation;
      },
    });
  }),
];
