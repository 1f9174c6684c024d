/** /v2/images: the cloud's own and uploaded ones. Source: Image service API v2. */
import { createHash } from 'node:crypto';
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { ApiError, badRequest, conflict, forbidden, notFound } from '../errors.ts';
import { quota } from '../quotas.ts';
import { created, noContent, ok, type Reply } from '../reply.ts';
import type { Image } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import type { Site } from '../site.ts';
import { isUuid, seconds } from '../text.ts';
import { sumsOf } from './image-list.ts';
import { listImages } from './image-pages.ts';
import { addImage, blankImage, dropImage } from './image-store.ts';

export function imageView(call: SiteCall, image: Image): Record<string, unknown> {
  const { checksum, hash } = image.given ? sumsOf(image.id) : image;
  return {
    ...image.properties,
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    container_format: image.containerFormat,
    disk_format: image.diskFormat,
    size: image.size,
    // What is inside is known of a server's disk alone: nobody looks into what is uploaded.
    virtual_size: image.disk !== undefined && image.size ? image.minDisk * 2 ** 30 : null,
    min_disk: image.minDisk,
    min_ram: image.minRam,
    protected: image.protected,
    os_hidden: image.hidden,
    tags: image.tags,
    owner: image.given ? 'service' : call.account.projectId,
    checksum,
    os_hash_algo: hash === null ? null : 'sha512',
    os_hash_value: hash,
    created_at: seconds(image.createdAt),
    updated_at: seconds(image.updatedAt),
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
  };
}

function find(call: SiteCall): Image {
  const image = call.site.images.get(call.id);
  if (!image) throw notFound(`No image found with ID ${call.id}`);
  return image;
}
/** Those that the cloud comes with belong to its own project. */
function findOwn(call: SiteCall, deed: string): Image {
  const image = find(call);
  if (image.given) throw forbidden(`You are not authorized to complete ${deed} action.`);
  return image;
}

const formats = {
  container_format: ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'],
  disk_format: ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'ploop', 'iso'],
  visibility: ['public', 'private', 'shared', 'community'],
} as const;
const readOnly = new Set([
  'id',
  'status',
  'owner',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
  'direct_url',
  'locations',
]);

const wrong = (key: string, value: unknown) =>
  badRequest(
    `Provided object does not match schema 'image': ${(JSON.stringify(value) as string | undefined)?.slice(0, 64) ?? ''} is not valid for '${key}'`,
  );

/** Sets one attribute; any other name is a property of the image. Null takes it away. */
function assign(image: Image, key: string, value: unknown): void {
  const word = (allowed: readonly string[]) => {
    if (typeof value !== 'string' || !allowed.includes(value)) throw wrong(key, value);
    return value;
  };
  const number = () => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw wrong(key, value);
    return value;
  };
  const flag = () => {
    if (typeof value !== 'boolean') throw wrong(key, value);
    return value;
  };
  switch (key) {
    case 'name':
      if (value !== null && (typeof value !== 'string' || value.length > 255)) throw wrong(key, value);
      image.name = value ?? '';
      return;
    case 'container_format':
      image.containerFormat = value === null ? null : word(formats.container_format);
      return;
    case 'disk_format':
      image.diskFormat = value === null ? null : word(formats.disk_format);
      return;
    case 'visibility':
      image.visibility = word(formats.visibility) as Image['visibility'];
      return;
    case 'min_disk':
      image.minDisk = number();
      return;
    case 'min_ram':
      image.minRam = number();
      return;
    case 'protected':
      image.protected = flag();
      return;
    case 'os_hidden':
      image.hidden = flag();
      return;
    case 'tags':
      if (!Array.isArray(value) || !value.every(each => typeof each === 'string' && each.length <= 255))
        throw wrong(key, value);
      image.tags = [...new Set(value as string[])];
      return;
  }
  if (readOnly.has(key)) throw forbidden(`Attribute '${key}' is read-only.`);
  if (value === null) {
    const { [key]: _, ...rest } = image.properties;
    image.properties = rest;
    return;
  }
  if (typeof value !== 'string' || key.length > 255) throw wrong(key, value);
  image.properties = { ...image.properties, [key]: value };
}

function create(call: SiteCall): Reply {
  const { site, world } = call;
  const { id, ...given } = jsonBody(call);
  if (id !== undefined && (typeof id !== 'string' || !isUuid(id))) throw wrong('id', id);
  if (id !== undefined && site.images.has(id)) throw conflict(`Image ID ${id} already exists!`);
  const image: Image = { ...blankImage(site, world.now()), ...(id !== undefined && { id }) };
  for (const [key, value] of Object.entries(given))
    if (key !== 'owner' || value !== call.account.projectId) assign(image, key, value);
  addImage(site, image);
  const made = created(imageView(call, image));
  return { ...made, headers: { location: `${call.endpoint}/v2/images/${image.id}` } };
}

/** RFC 6902 as Glance takes it: one level deep. */
function patch(call: SiteCall): Reply {
  const image = findOwn(call, 'modify_image');
  let changes: unknown;
  try {
    changes = JSON.parse(call.raw.toString('utf8'));
  } catch {
    throw badRequest('Malformed JSON in request body.');
  }
  if (!Array.isArray(changes)) throw badRequest('Request body must be a JSON array of operation objects.');
  // All or nothing.
  const draft = { ...image };
  for (const change of changes) {
    if (!isObject(change)) throw badRequest('Operations must be JSON objects.');
    const { op, path, value } = change;
    const key = String(path ?? '')
      .replace(/^\//, '')
      .replaceAll('~1', '/')
      .replaceAll('~0', '~');
    if (op !== 'add' && op !== 'replace' && op !== 'remove')
      throw badRequest(
        `Unable to find 'add', 'replace' or 'remove' in JSON Schema change: ${String(op).slice(0, 32)}`,
      );
    if (op === 'remove' && !(key in draft.properties))
      throw conflict(`Property ${key.slice(0, 64)} does not exist.`);
    assign(draft, key, op === 'remove' ? null : value);
  }
  Object.assign(image, draft, { updatedAt: call.world.now() });
  return ok(imageView(call, image));
}

const uploaded = (site: Site) =>
  [...site.images.values()].reduce((sum, image) => sum + (image.data?.length ?? 0), 0);

function upload(call: SiteCall): Reply {
  const { site, raw } = call;
  const image = findOwn(call, 'upload_image');
  if (!/^application\/octet-stream/i.test(call.headers['content-type'] ?? ''))
    throw new ApiError(415, 'The content type of an image is application/octet-stream.');
  if (image.status !== 'queued')
    throw conflict(`Image status transition from ${image.status} to saving is not allowed`);
  if (image.containerFormat === null || image.diskFormat === null)
    throw badRequest('Properties disk_format, container_format must be set prior to saving data.');
  const limit = quota(call.account, 'image_size_total');
  if (limit >= 0 && uploaded(site) + raw.length > limit * 2 ** 20)
    throw new ApiError(413, `Resource image_size_total is over limit of ${limit} due to current usage`);
  image.data = Buffer.from(raw);
  image.size = raw.length;
  image.checksum = createHash('md5').update(raw).digest('hex');
  image.hash = createHash('sha512').update(raw).digest('hex');
  image.status = 'active';
  image.updatedAt = call.world.now();
  return noContent;
}

function remove(call: SiteCall): Reply {
  const image = call.site.images.get(call.id);
  if (!image) throw notFound(`Failed to find image ${call.id} to delete`);
  if (image.given) throw forbidden('You do not own this image');
  if (image.protected) throw forbidden(`Image ${image.id} is protected and cannot be deleted.`);
  dropImage(call.world, call.site, image);
  return noContent;
}

/** The images that the cloud comes with have no bytes to give. */
function download(call: SiteCall): Reply {
  const image = find(call);
  if (!image.data) return noContent;
  return {
    status: 200,
    data: image.data,
    type: 'application/octet-stream',
    headers: { 'content-md5': image.checksum ?? '' },
  };
}

const setStatus =
  (from: Image['status'], to: Image['status']) =>
  (call: SiteCall): Reply => {
    const image = findOwn(call, to === 'active' ? 'reactivate' : 'deactivate');
    if (image.status !== from && image.status !== to)
      throw forbidden(`Not allowed to change the status of image ${image.id} from ${image.status} to ${to}.`);
    image.status = to;
    return noContent;
  };

export const imageRoutes: readonly SiteRoute[] = [
  route('GET /images', call => listImages(call, imageView)),
  route('POST /images', create),
  route('GET /images/{}', call => ok(imageView(call, find(call)))),
  route('PATCH /images/{}', patch),
  route('DELETE /images/{}', remove),
  route('PUT /images/{}/file', upload),
  route('GET /images/{}/file', download),
  route('POST /images/{}/actions/deactivate', setStatus('active', 'deactivated')),
  route('POST /images/{}/actions/reactivate', setStatus('deactivated', 'active')),
  route('GET /images/{}/members', call => {
    find(call);
    return ok({ members: [], schema: '/v2/schemas/members' });
  }),
  route('PUT /images/{}/tags/{}', call => {
    const image = findOwn(call, 'modify_image');
    image.tags = [...new Set([...image.tags, call.sub])];
    return noContent;
  }),
  route('DELETE /images/{}/tags/{}', call => {
    const image = findOwn(call, 'modify_image');
    if (!image.tags.includes(call.sub)) throw notFound('');
    image.tags = image.tags.filter(tag => tag !== call.sub);
    return noContent;
  }),
];
