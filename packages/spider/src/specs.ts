/** Specs of a cloud, smallest first, and the smallest that is enough. */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import type { Page } from '@cloud-barista/model/schema';
import { bySize, type Spec } from '@cloud-barista/model/spec';
import { cloudOf, guarded } from './clouds.ts';
import type { Spider, SpiderCall } from './context.ts';
import { ownerOf } from './foreign.ts';
import { offered } from './offers.ts';
import { pagedByPlace, type PageOptions } from './paged.ts';
import { priced } from './prices.ts';

const whole = (spider: Spider, connection: string, signal: AbortSignal) =>
  offered<Spec>(
    spider,
    {
      key: `specs/${connection}`,
      resource: 'spec',
      connection,
      sort: bySize,
      list: (open, call) => open.cloud.specs.list(call),
    },
    signal,
  );
const all = async (spider: Spider, connection: string, signal: AbortSignal): Promise<Spec[]> =>
  (await whole(spider, connection, signal)).items;

/** All of them, without their prices. */
export const allSpecs = (spider: Spider, connection: string, call: SpiderCall): Promise<readonly Spec[]> =>
  all(spider, connection, call.signal);

export const listSpecs = async (
  spider: Spider,
  connection: string,
  options: PageOptions & { search?: string | undefined },
  call: SpiderCall,
): Promise<Page<Spec>> => {
  const search = options.search?.trim().toLowerCase() ?? '';
  const specs = await all(spider, connection, call.signal);
  const page = pagedByPlace(
    search === '' ? specs : specs.filter(spec => spec.name.toLowerCase().includes(search)),
    options,
  );
  return { ...page, items: await priced(spider, connection, page.items, call) };
};

function noSuchSpec(connection: string, wanted: string, specs: Spec[], owner?: string): BaristaError {
  return new BaristaError(
    'not_found',
    `The connection ${JSON.stringify(connection)} offers no spec ${JSON.stringify(wanted.slice(0, 200))}${owner === undefined ? '' : `: that is one of ${owner}`}.`,
    {
      next: suggest(
        wanted,
        new Set(specs.flatMap(spec => [spec.name, spec.id])),
        `List them with: barista get specs --connection ${connection}`,
      ),
      where: 'spec',
    },
  );
}

/** By id. */
export async function getSpec(
  spider: Spider,
  connection: string,
  id: string,
  call: SpiderCall,
): Promise<Spec> {
  const specs = await whole(spider, connection, call.signal);
  const found = specs.byId.get(id);
  if (found) return found;
  const open = await cloudOf(spider, connection, call.signal);
  try {
    return await guarded(open, () => open.cloud.specs.get({ signal: call.signal }, cloudId(id)));
  } catch (error) {
    if (!hasCode(error, 'not_found', 'invalid_argument')) throw error;
    throw noSuchSpec(connection, id, specs.items, await ownerOf(spider, connection, 'spec', id, call));
  }
}

export interface SpecWish {
  /** Id or name; the rest is then not looked at. */
  spec?: string | undefined;
  /** At least so many. */
  cpu?: number | undefined;
  memoryMib?: number | undefined;
  architecture?: Spec['architecture'] | undefined;
  withoutGpu?: boolean | undefined;
  /** GiB that its own disk must have, where it brings one. */
  diskGb?: number | undefined;
}

/** An image that needs `diskGb` can be started on it. */
export const hasRoom = (spec: Spec, diskGb: number): boolean => spec.diskGb === 0 || spec.diskGb >= diskGb;

/** So many of the smallest that are enough are compared by price: what is much bigger is dearer, and not every cloud tells prices in bulk. */
const candidates = 12;
/** Placement waits no longer for prices; it then goes by size. */
const priceMs = 3000;

/** By price where prices are known; else, and between equals, the smaller. */
function cheapest(specs: readonly Spec[]): Spec {
  const [best] = specs.toSorted(
    (a, b) => (a.price?.hourly ?? Infinity) - (b.price?.hourly ?? Infinity) || bySize(a, b),
  );
  return best as Spec;
}

/** The spec of that id or name, else the cheapest of the smallest that are enough. */
export async function findSpec(
  spider: Spider,
  connection: string,
  wish: SpecWish,
  call: SpiderCall,
): Promise<Spec> {
  const specs = await all(spider, connection, call.signal);
  const { spec: wanted, cpu = 0, memoryMib = 0, architecture, withoutGpu = true, diskGb = 0 } = wish;
  if (wanted !== undefined)
    return (
      specs.find(spec => spec.id === wanted) ??
      specs.find(spec => spec.name === wanted) ??
      getSpec(spider, connection, wanted, call)
    );
  const right = specs.filter(
    spec =>
      (architecture ? spec.architecture === architecture || spec.architecture === '' : true) &&
      (!withoutGpu || spec.gpus.length === 0) &&
      hasRoom(spec, diskGb),
  );
  const fits = right.filter(spec => spec.cpu >= cpu && spec.memoryMib >= memoryMib);
  // Who says nothing of it means the usual architecture, though another may be cheaper: their programs may not run there.
  const usual = architecture ? fits : fits.filter(spec => spec.architecture !== 'arm64');
  const enough = (usual.length > 0 ? usual : fits).slice(0, candidates);
  if (enough.length > 0) return cheapest(await priced(spider, connection, enough, call, priceMs));
  const biggest = right.at(-1);
  throw new BaristaError(
    'not_found',
    `The connection ${JSON.stringify(connection)} offers no spec with ${cpu} CPUs and ${memoryMib} MiB${architecture ? ` for ${architecture}` : ''}.`,
    {
      next: biggest
        ? `The biggest is ${JSON.stringify(biggest.name)} with ${biggest.cpu} CPUs and ${biggest.memoryMib} MiB.`
        : `List them with: barista get specs --connection ${connection}`,
      where: 'spec',
    },
  );
}
