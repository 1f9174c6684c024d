/** Specs of a cloud, smallest first, and the smallest that is enough. */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import type { Page } from '@cloud-barista/model/schema';
import { bySize, type Spec } from '@cloud-barista/model/spec';
import { cloudOf, guarded } from './clouds.ts';
import type { Spider, SpiderCall } from './context.ts';
import { offered } from './offers.ts';
import { pagedByPlace, type PageOptions } from './paged.ts';

const whole = (spider: Spider, connection: string, signal: AbortSignal) =>
  offered<Spec>(
    spider,
    {
      key: `specs/${connection}`,
      connection,
      sort: bySize,
      list: (open, call) => open.cloud.specs.list(call),
    },
    signal,
  );
const all = async (spider: Spider, connection: string, signal: AbortSignal): Promise<Spec[]> =>
  (await whole(spider, connection, signal)).items;

export const listSpecs = async (
  spider: Spider,
  connection: string,
  options: PageOptions,
  call: SpiderCall,
): Promise<Page<Spec>> => pagedByPlace(await all(spider, connection, call.signal), options);

function noSuchSpec(connection: string, wanted: string, specs: Spec[]): BaristaError {
  return new BaristaError(
    'not_found',
    `The connection ${JSON.stringify(connection)} offers no spec ${JSON.stringify(wanted.slice(0, 200))}.`,
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
    throw noSuchSpec(connection, id, specs.items);
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
}

/** The spec of that id or name, else the smallest that is enough. */
export async function findSpec(
  spider: Spider,
  connection: string,
  wish: SpecWish,
  call: SpiderCall,
): Promise<Spec> {
  const specs = await all(spider, connection, call.signal);
  const { spec: wanted, cpu = 0, memoryMib = 0, architecture, withoutGpu = true } = wish;
  if (wanted !== undefined)
    return (
      specs.find(spec => spec.id === wanted) ??
      specs.find(spec => spec.name === wanted) ??
      getSpec(spider, connection, wanted, call)
    );
  const right = specs.filter(
    spec =>
      (architecture ? spec.architecture === architecture || spec.architecture === '' : true) &&
      (!withoutGpu || spec.gpus.length === 0),
  );
  const enough = right.find(spec => spec.cpu >= cpu && spec.memoryMib >= memoryMib);
  if (enough) return enough;
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
