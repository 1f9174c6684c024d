/**
 * Compute Engine's SKUs as its price list has them: a core's and a GiB's of each family, by place and by how it is bought; GPUs; shared
 * cores; disks. A machine's price is the sum of its parts'. Source: Cloud Billing Catalog API, services.skus; prices.ts.
 */
import { createHash } from 'node:crypto';
import { acceleratorTypes } from './accelerator-catalogue.ts';
import { machineTypes } from './machine-type-catalogue.ts';
import { commitments, customShare, families, gpus, sharedCores, spotShare, storage } from './prices.ts';
import { regions, zonesOf } from './regions.ts';

export interface Sku {
  readonly id: string;
  readonly description: string;
  readonly family: 'Compute' | 'Storage' | 'Network';
  readonly group: string;
  readonly usage: 'OnDemand' | 'Preemptible' | 'Commit1Yr' | 'Commit3Yr';
  readonly regions: readonly string[];
  readonly unit: keyof typeof units;
  /** US dollars. */
  readonly price: number;
}

export const units = {
  h: { words: 'hour', base: 's', baseWords: 'second', factor: 3600 },
  'GiBy.h': { words: 'gibibyte hour', base: 'By.s', baseWords: 'byte second', factor: 3_865_470_566_400 },
  'GiBy.mo': {
    words: 'gibibyte month',
    base: 'By.s',
    baseWords: 'byte second',
    factor: 2_875_909_701_401_600,
  },
} as const;

interface Place {
  readonly words: string;
  readonly factor: number;
  readonly regions: readonly string[];
}
/** The price list's places: regions of one name are sold as one. */
const places: readonly Place[] = [...Map.groupBy(regions, each => each.place)].map(([words, each]) => ({
  words,
  factor: each[0]?.factor ?? 1,
  regions: each.map(({ name }) => name),
}));

const idOf = (text: string): string => {
  const hex = createHash('sha256').update(`sku/${text}`).digest('hex').toUpperCase();
  return `${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8, 12)}`;
};
const nano = (price: number): number => Math.round(price * 1e9) / 1e9;

type Common = Pick<Sku, 'group' | 'unit'>;
const compute = (words: string, price: number, place: Place, usage: Sku['usage'], common: Common): Sku => ({
  ...common,
  id: idOf(`${words} ${place.words}`),
  description: words,
  family: 'Compute',
  usage,
  regions: place.regions,
  price: nano(price * place.factor),
});

/** The regions of the place that have a zone in `zones`. */
function within(place: Place, zones: ReadonlySet<string> | undefined): Place | undefined {
  const having = place.regions.filter(
    region => zones === undefined || zonesOf(region).some(zone => zones.has(zone)),
  );
  return having.length > 0 ? { ...place, regions: having } : undefined;
}

function* familySkus(): Generator<Sku> {
  for (const family of families)
    for (const everywhere of places) {
      const place = within(everywhere, machineTypes.get(family.like)?.zones);
      if (!place) continue;
      for (const [part, price, group, unit] of [
        ['Core', family.core, family.group ?? 'CPU', 'h'],
        ['Ram', family.ram, family.group ?? 'RAM', 'GiBy.h'],
      ] as const) {
        const common = { group, unit };
        const running = (words: string) => `${words} ${part} running in ${place.words}`;
        yield compute(running(family.words), price, place, 'OnDemand', common);
        const spot = price * spotShare;
        yield compute(running(`Spot Preemptible ${family.words}`), spot, place, 'Preemptible', common);
        if (family.custom !== undefined) {
          const custom = { group: part === 'Core' ? 'CPU' : 'RAM', unit };
          yield compute(running(family.custom), price * customShare, place, 'OnDemand', custom);
          yield compute(
            running(`Spot Preemptible ${family.custom}`),
            spot * customShare,
            place,
            'Preemptible',
            custom,
          );
        }
        for (const [usage, { share, words }] of Object.entries(commitments)) {
          const text = `Commitment v1: ${family.short} ${part === 'Core' ? 'Cpu' : 'Ram'} in ${place.words} for ${words}`;
          const bought = { group: part === 'Core' ? 'CPU' : 'RAM', unit };
          yield compute(text, price * share, place, usage as keyof typeof commitments, bought);
        }
      }
    }
}

function* otherSkus(): Generator<Sku> {
  for (const place of places) {
    for (const { words, group, price, spot } of sharedCores) {
      const text = `${words} running in ${place.words}`;
      yield compute(text, price, place, 'OnDemand', { group, unit: 'h' });
      yield compute(`Spot Preemptible ${text}`, price * spot, place, 'Preemptible', { group, unit: 'h' });
    }
    for (const { name, zones } of acceleratorTypes) {
      const at = within(place, zones);
      const gpu = gpus[name];
      if (!at || !gpu) continue;
      const common = { group: 'GPU', unit: 'h' } as const;
      yield compute(`${gpu.words} running in ${at.words}`, gpu.price, at, 'OnDemand', common);
      const spot = `${gpu.words} attached to Spot Preemptible VMs running in ${at.words}`;
      yield compute(spot, gpu.price * spotShare, at, 'Preemptible', common);
    }
    for (const { words, group, price } of storage)
      yield {
        ...compute(`${words} in ${place.words}`, price, place, 'OnDemand', { group, unit: 'GiBy.mo' }),
        family: 'Storage',
      };
    const ip = { group: 'IpAddress', unit: 'h' } as const;
    yield {
      ...compute(`Static Ip Charge in ${place.words}`, 0.01, place, 'OnDemand', ip),
      family: 'Network',
    };
  }
}

let made: readonly Sku[] | undefined;
/** In the order of their ids, which is none to rely on. */
export const skus = (): readonly Sku[] =>
  (made ??= [...familySkus(), ...otherSkus()].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
