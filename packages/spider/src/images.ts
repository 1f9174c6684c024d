/** Images of a cloud: list, search, and the one that a person means by `ubuntu-22.04`. */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import type { Image } from '@cloud-barista/model/image';
import { suggest } from '@cloud-barista/model/nearest';
import type { Page } from '@cloud-barista/model/schema';
import type { IdRecord } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import type { Spider, SpiderCall } from './context.ts';
import { customImageOf, type CustomImageData } from './custom-image-records.ts';
import { ownerOf } from './foreign.ts';
import { offered } from './offers.ts';
import { pagedByPlace, type PageOptions } from './paged.ts';

const order = (a: Image, b: Image) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1);

/** `ubuntu-22.04`, `ubuntu 22.04`, `ubuntu`; undefined where it is written otherwise. */
function readSystem(text: string): { os: string; version: string } | undefined {
  const match = /^([a-z]+(?:-[a-z]+)*?)(?:[- _]?(\d+(?:\.\d+)*))?$/.exec(text.trim().toLowerCase());
  return match ? { os: match[1] ?? '', version: match[2] ?? '' } : undefined;
}
const isSystem = (image: Image, { os, version }: { os: string; version: string }) =>
  image.os === os &&
  (version === '' || image.osVersion === version || image.osVersion.startsWith(`${version}.`));

const whole = (spider: Spider, connection: string, signal: AbortSignal) =>
  offered<Image>(
    spider,
    {
      key: `images/${connection}`,
      resource: 'image',
      connection,
      sort: order,
      list: (open, call) => open.cloud.images.list(call),
    },
    signal,
  );

async function all(
  spider: Spider,
  connection: string,
  signal: AbortSignal,
  search?: string,
): Promise<Image[]> {
  const known = await whole(spider, connection, signal);
  if (!known.cut || search === undefined) return known.items;
  // More images than we read: let the cloud narrow them down.
  const open = await cloudOf(spider, connection, signal);
  const items: Image[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Image> = await guarded(open, () =>
      open.cloud.images.list({ signal, limit: 1000, ...(cursor !== undefined && { cursor }) }, search),
    );
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < 5000);
  return items.sort(order);
}

export async function listImages(
  spider: Spider,
  connection: string,
  options: PageOptions & { search?: string | undefined },
  call: SpiderCall,
): Promise<Page<Image>> {
  const search = options.search?.trim().toLowerCase();
  if (search === undefined || search === '')
    return pagedByPlace(await all(spider, connection, call.signal), options);
  const system = readSystem(search);
  const images = await all(spider, connection, call.signal, system?.os ?? search);
  const matches = (image: Image) =>
    (system !== undefined && isSystem(image, system)) ||
    image.name.toLowerCase().includes(search) ||
    image.id.toLowerCase().includes(search);
  return pagedByPlace(images.filter(matches), options);
}

export async function getImage(
  spider: Spider,
  connection: string,
  id: string,
  call: SpiderCall,
): Promise<Image> {
  // First ours: of them we know more than the cloud does.
  const own = customImageOf(spider, connection, id);
  if (own) return ofOurs(spider, connection, own, call);
  const images = await whole(spider, connection, call.signal);
  const found = images.byId.get(id);
  if (found) return found;
  // A private image, or one younger than our list.
  const open = await cloudOf(spider, connection, call.signal);
  try {
    return await guarded(open, () => open.cloud.images.get({ signal: call.signal }, cloudId(id)));
  } catch (error) {
    if (!hasCode(error, 'not_found', 'invalid_argument')) throw error;
    throw noSuchImage(connection, id, images.items, await ownerOf(spider, connection, 'image', id, call));
  }
}

function noSuchImage(connection: string, wanted: string, images: Image[], owner?: string): BaristaError {
  const systems = new Set(
    images.filter(image => image.os !== '').map(image => `${image.os}-${image.osVersion}`),
  );
  const known = [...systems, ...images.flatMap(image => [image.id, image.name])];
  return new BaristaError(
    'not_found',
    `The connection ${JSON.stringify(connection)} offers no image ${JSON.stringify(wanted.slice(0, 200))}${owner === undefined ? '' : `: that is one of ${owner}`}.`,
    {
      next: suggest(wanted, known, `List them with: barista get images --connection ${connection}`),
      where: 'image',
    },
  );
}

/** An image that we made of a VM: its system is the VM's, whatever the image is called. */
async function ofOurs(
  spider: Spider,
  connection: string,
  own: IdRecord<CustomImageData>,
  call: SpiderCall,
): Promise<Image> {
  const open = await cloudOf(spider, connection, call.signal);
  const image = await guarded(open, () => open.cloud.images.get({ signal: call.signal }, cloudId(own.id)));
  return { ...image, user: own.data.user || image.user };
}

/** Cut-down, paid or unfinished builds, which nobody means by the system's plain name. */
const variant =
  /minimal|[-_/ ]pro[-_/ ]|pro-server|daily|[-_]eks[-_]|deep.?learning|sql|cuda|nvidia|hardened|fips|test|beta|[-_]rc\d/i;

/** The cloud says so, or our records do. */
const isCustom = (spider: Spider, connection: string, image: Image): boolean =>
  image.custom === true || customImageOf(spider, connection, image.id) !== undefined;

/** An image of ours by its name, one by its id or exact name, else the newest available one of the system that `wanted` names (x86_64 unless told otherwise). */
export async function findImage(
  spider: Spider,
  connection: string,
  wanted: string,
  architecture: Image['architecture'] | undefined,
  call: SpiderCall,
): Promise<Image> {
  const own = customImageOf(spider, connection, wanted);
  if (own) return ofOurs(spider, connection, own, call);
  const system = readSystem(wanted);
  const images = await all(spider, connection, call.signal, system?.os);
  const exact = images.find(image => image.id === wanted) ?? images.find(image => image.name === wanted);
  if (exact) return exact;
  if (!system) return getImage(spider, connection, wanted, call);
  const fits = images.filter(
    image => image.available && !isCustom(spider, connection, image) && isSystem(image, system),
  );
  const right = fits.filter(image =>
    architecture === undefined ? true : image.architecture === architecture || image.architecture === '',
  );
  const usual =
    architecture === undefined && right.some(image => image.architecture !== 'arm64')
      ? right.filter(image => image.architecture !== 'arm64')
      : right;
  const plain = usual.filter(image => !variant.test(image.name));
  // Without a version: the highest. Then the newest; equal dates by name, so that the answer is one.
  const [best] = (plain.length > 0 ? plain : usual).sort(
    (a, b) =>
      b.osVersion.localeCompare(a.osVersion, 'en', { numeric: true }) ||
      (a.created > b.created ? -1 : a.created < b.created ? 1 : order(b, a)),
  );
  if (best) return best;
  throw noSuchImage(connection, wanted, images, await ownerOf(spider, connection, 'image', wanted, call));
}
