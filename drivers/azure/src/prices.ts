/**
 * Prices by the "Azure Retail Prices" API: public, without a token, at a host of its own. One read of the region's prices for VMs, of some
 * thousand lines in pages of 1,000, kept for an hour.
 *
 * A size has several meters: for Linux and for Windows, on demand, Spot and Low Priority, as a VM and in Cloud Services. What is left
 * when the others are out is what a Linux VM costs, its image aside.
 */
import { createShared } from '@cloud-barista/driver/shared';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { Call } from '@cloud-barista/driver/call';
import type { CloudPrice, Prices } from '@cloud-barista/driver/prices';
import type { Road } from '@cloud-barista/driver/road';
import type { Http } from './http.ts';
import type { Settings } from './settings.ts';

const keepMs = 60 * 60_000;
/** A region has some ten; a list without an end is none. */
const mostPages = 100;

export interface Meter {
  armSkuName?: string;
  productName?: string;
  skuName?: string;
  meterName?: string;
  type?: string;
  unitOfMeasure?: string;
  retailPrice?: number;
  currencyCode?: string;
  effectiveStartDate?: string;
  /** False where the meter is another region's and billed here too. */
  isPrimaryMeterRegion?: boolean;
}

const others = /\b(spot|low priority)\b/i;
const otherProducts = /\bwindows\b|cloud ?services|dedicated host/i;

/** An hour of a Linux VM on demand. */
const isOnDemand = (meter: Meter): boolean =>
  (meter.armSkuName ?? '') !== '' &&
  (meter.type ?? 'Consumption') === 'Consumption' &&
  meter.unitOfMeasure === '1 Hour' &&
  (meter.retailPrice ?? 0) > 0 &&
  !otherProducts.test(meter.productName ?? '') &&
  !others.test(meter.skuName ?? '') &&
  !others.test(meter.meterName ?? '');

/** The one that holds now: the region's own, and of these the latest that has begun. */
function better(a: Meter, b: Meter): boolean {
  const primary = (meter: Meter) => (meter.isPrimaryMeterRegion === false ? 0 : 1);
  if (primary(a) !== primary(b)) return primary(a) > primary(b);
  return (a.effectiveStartDate ?? '') > (b.effectiveStartDate ?? '');
}

/** By the size's name in lower case. */
export function readPrices(meters: readonly Meter[], now = new Date()): Map<string, CloudPrice> {
  const today = now.toISOString();
  const best = new Map<string, Meter>();
  for (const meter of meters) {
    if (!isOnDemand(meter) || (meter.effectiveStartDate ?? '') > today) continue;
    const key = (meter.armSkuName ?? '').toLowerCase();
    const known = best.get(key);
    if (!known || better(meter, known)) best.set(key, meter);
  }
  const price = ({ armSkuName = '', retailPrice = 0, currencyCode = 'USD' }: Meter): CloudPrice => ({
    spec: cloudId(armSkuName),
    hourly: retailPrice,
    currency: currencyCode,
  });
  return new Map([...best].map(([key, meter]) => [key, price(meter)]));
}

export function createPrices({ priceEndpoint, location }: Settings, http: Http, road: Road): Prices {
  const request = { api: 'GET /api/retail/prices', resource: 'price', name: location } as const;
  async function page(call: Call, url: string): Promise<{ Items?: Meter[]; NextPageLink?: string | null }> {
    const answer = await road.send({ ...request, idempotent: true }, call.signal, signal =>
      http.send({ method: 'GET', url }, signal),
    );
    return answer.body ?? {};
  }

  const shared = createShared(keepMs, async (_, signal) => {
    const url = new URL(`${priceEndpoint}/api/retail/prices`);
    const wanted = `serviceName eq 'Virtual Machines' and armRegionName eq '${location}' and priceType eq 'Consumption'`;
    url.search = `$filter=${encodeURIComponent(wanted)}`;
    const meters: Meter[] = [];
    let next: string | undefined = url.href;
    for (let pages = 0; next !== undefined; pages++) {
      if (pages === mostPages)
        throw new BaristaError('unavailable', `The price list of ${location} has no end.`);
      const { Items = [], NextPageLink } = await page({ signal }, next);
      meters.push(...Items);
      next = NextPageLink ? sameHost(NextPageLink, priceEndpoint) : undefined;
    }
    return readPrices(meters);
  });

  return {
    async get(call: Call, specs: readonly CloudId[]) {
      if (specs.length === 0) return [];
      const known = await shared.get('', call.signal);
      // As the caller writes them; all others as Azure does.
      const asked = new Map(specs.map(id => [id.toLowerCase(), id]));
      return [...known].map(([key, price]) => ({ ...price, spec: asked.get(key) ?? price.spec }));
    },
  };
}

/** Links name the real host, whichever we asked. */
function sameHost(link: string, endpoint: string): string {
  const { pathname, search } = new URL(link, endpoint);
  return new URL(pathname + search, endpoint).href;
}
