/**
 * Prices out of Google's public price list (Cloud Billing API, "services.skus.list"): machines have none of their own, but are the sum of
 * their cores, their memory and their GPUs, each priced by family and region ("VM instance pricing"). The list is told whole, tens
 * of thousands of SKUs of all regions, 5000 a page; what is kept of it is a number for each family's part and region, for an hour, for all
 * connections of an account.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { Prices } from '@cloud-barista/driver/prices';
import { createShared } from '@cloud-barista/driver/shared';
import { cloudId } from '@cloud-barista/model/ids';
import type { Api } from './api.ts';
import { listTypes, type MachineType } from './specs.ts';
import type { Zones } from './zones.ts';

/** Compute Engine among the services of the price list. */
const service = '6F81-5844-456A';
const currency = 'USD';
const keptMs = 3_600_000;

export interface Sku {
  description?: string;
  category?: { usageType?: string };
  serviceRegions?: string[];
  pricingInfo?: {
    pricingExpression?: {
      usageUnit?: string;
      tieredRates?: { unitPrice?: { currencyCode?: string; units?: string; nanos?: number } }[];
    };
  }[];
}
const fields =
  'skus(description,category/usageType,serviceRegions,pricingInfo/pricingExpression(usageUnit,tieredRates/unitPrice)),nextPageToken';

/** Dollars an hour by part, as `core n2`, `ram n2` (a GiB), `gpu l4`, `type f1-micro`. */
export type Rates = Map<string, number>;
type Catalogue = Map<string, Rates>;

/** Families that the list calls by what they were made for, and whole machines that have a price of their own. */
const named: Readonly<Record<string, string>> = { 'compute optimized': 'c2', 'memory-optimized': 'm1' };
const whole: Readonly<Record<string, string>> = {
  'micro instance with burstable cpu': 'type f1-micro',
  'small instance with 1 vcpu': 'type g1-small',
};

/**
 * The part that a SKU is about: "N2 Instance Core running in Seoul", "N2D AMD Instance Ram …", "N1 Predefined Instance Core …", "Compute
 * optimized Core …", "Nvidia Tesla T4 GPU …". Custom and sole-tenancy parts, premiums and commitments say more words, and are not meant.
 */
export function partOf(description: string): string | undefined {
  const [what = '', place] = description.toLowerCase().split(' running in ');
  if (place === undefined) return undefined;
  const [, family, part] =
    /^([a-z]\d+[a-z]*)(?: predefined| amd| arm| memory-optimized)? instance (core|ram)$/.exec(what) ?? [];
  if (family !== undefined) return `${part} ${family}`;
  const [, word = '', piece] =
    /^(compute optimized|memory-optimized)(?: instance)? (core|ram)$/.exec(what) ?? [];
  if (piece !== undefined) return `${piece} ${named[word]}`;
  const [, gpu] = /^nvidia (?:tesla )?(.+) gpu$/.exec(what) ?? [];
  return gpu === undefined ? whole[what] : `gpu ${gpu.replaceAll(' ', '-')}`;
}

/** Adds what SKUs say of on-demand use. Two of one part and region: the dearer, so that no price is told that is too low. */
export function gather(catalogue: Catalogue, skus: readonly Sku[]): void {
  for (const { description = '', category, serviceRegions = [], pricingInfo } of skus) {
    if (category?.usageType !== 'OnDemand') continue;
    const part = partOf(description);
    const { usageUnit, tieredRates } = pricingInfo?.at(-1)?.pricingExpression ?? {};
    const price = tieredRates?.at(-1)?.unitPrice;
    if (part === undefined || price === undefined || price.currencyCode !== currency) continue;
    if (usageUnit !== (part.startsWith('ram ') ? 'GiBy.h' : 'h')) continue;
    const hourly = Number(price.units ?? 0) + (price.nanos ?? 0) / 1e9;
    for (const region of serviceRegions) {
      const rates = catalogue.get(region) ?? new Map<string, number>();
      catalogue.set(region, rates.set(part, Math.max(hourly, rates.get(part) ?? 0)));
    }
  }
}

/** Shared-core machines show two CPUs and are billed for a part of them ("E2 shared-core machine types"). */
const sharedCores: Readonly<Record<string, number>> = { 'e2-micro': 0.25, 'e2-small': 0.5, 'e2-medium': 1 };
/** Of A3's kinds these alone have the family's SKUs. */
const otherA3 = /^a3-(?!highgpu|edgegpu)/;

/** undefined where a part has no price, or where the machine comes with local disks, which are billed beside it. */
export function hourlyOf(type: MachineType, rates: Rates): number | undefined {
  const { name = '', guestCpus = 0, memoryMb = 0, accelerators = [] } = type;
  const fixed = rates.get(`type ${name}`);
  if (fixed !== undefined) return fixed > 0 ? fixed : undefined;
  if ((type.bundledLocalSsds?.partitionCount ?? 0) > 0 || name.endsWith('-lssd') || otherA3.test(name))
    return undefined;
  const [family = ''] = name.split('-');
  const parts: [part: string, amount: number][] = [
    [`core ${family}`, sharedCores[name] ?? guestCpus],
    [`ram ${family}`, memoryMb / 1024],
    ...accelerators.map(({ guestAcceleratorType = '', guestAcceleratorCount = 0 }): [string, number] => [
      `gpu ${guestAcceleratorType.replace(/^nvidia-(tesla-)?/, '')}`,
      guestAcceleratorCount,
    ]),
  ];
  let sum = 0;
  for (const [part, amount] of parts) {
    const rate = rates.get(part) ?? 0;
    if (rate <= 0) return undefined;
    sum += rate * amount;
  }
  // The list counts in billionths.
  return Math.round(sum * 1e9) / 1e9;
}

async function readCatalogue(api: Api, signal: AbortSignal): Promise<Catalogue> {
  const catalogue: Catalogue = new Map();
  let pageToken: string | undefined;
  do {
    const page = await api.send<{ skus?: Sku[]; nextPageToken?: string }>(
      'GET v1/services/{service}/skus',
      {
        resource: 'price',
        base: api.settings.billing,
        path: { service },
        query: { pageSize: '5000', currencyCode: currency, fields, pageToken },
      },
      signal,
    );
    gather(catalogue, page.skus ?? []);
    pageToken = page.nextPageToken || undefined;
  } while (pageToken !== undefined);
  return catalogue;
}

const catalogues = createShared<Catalogue>(
  keptMs,
  () => Promise.reject(new Error('Who asks for a price list says how it is read.')),
  { most: 8 },
);

export function createPrices(api: Api, zones: Zones): Prices {
  const { billing, email, region } = api.settings;
  const machines = createShared<MachineType[]>(keptMs, (zone, signal) =>
    listTypes(api, { signal }, zone, ',bundledLocalSsds/partitionCount'),
  );

  return {
    async get(call: Call, specs) {
      if (specs.length === 0) return [];
      const [types, catalogue] = await Promise.all([
        zones.home(call).then(zone => machines.get(zone, call.signal)),
        // By account: one that may not read the list must not answer for another.
        catalogues.get(`${billing} ${email}`, call.signal, (_, signal) => readCatalogue(api, signal)),
      ]);
      const rates: Rates = catalogue.get(region) ?? new Map();
      return types.flatMap(type => {
        const hourly = hourlyOf(type, rates);
        return hourly === undefined ? [] : [{ spec: cloudId(type.name ?? ''), hourly, currency }];
      });
    },
  };
}
