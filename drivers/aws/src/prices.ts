/** Prices of instance types: the region's whole list, read page by page and kept for an hour. */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudPrice, Prices } from '@cloud-barista/driver/prices';
import { createShared } from '@cloud-barista/driver/shared';
import { cloudId } from '@cloud-barista/model/ids';
import type { PriceFilter, PriceList, Product } from './price-list.ts';

const hourMs = 3_600_000;

/** On demand, in the region proper, on shared hosts, for plain Linux ("Finding services and products", AWS Billing User Guide). */
const filters = (region: string): PriceFilter[] =>
  Object.entries({
    regionCode: region,
    operatingSystem: 'Linux',
    preInstalledSw: 'NA',
    tenancy: 'Shared',
    // What a running instance costs; the others are reserved capacity's.
    capacitystatus: 'Used',
  }).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value }));

/** Undefined where it is none, or costs nothing: prices of 0 stand for what is billed elsewhere. */
export function toPrice({ product, terms }: Product): CloudPrice | undefined {
  const type = product?.attributes?.instanceType;
  for (const { priceDimensions = {} } of Object.values(terms?.OnDemand ?? {}))
    for (const { unit, pricePerUnit = {} } of Object.values(priceDimensions))
      for (const [currency, amount] of Object.entries(pricePerUnit))
        if (type !== undefined && unit === 'Hrs' && Number(amount) > 0)
          return { spec: cloudId(type), hourly: Number(amount), currency };
  return undefined;
}

async function readAll(list: PriceList, call: Call): Promise<CloudPrice[]> {
  const prices = new Map<string, CloudPrice>();
  let NextToken: string | undefined;
  do {
    const page = await list.getProducts(call, {
      ServiceCode: 'AmazonEC2',
      Filters: filters(list.region),
      ...(NextToken !== undefined && { NextToken }),
    });
    for (const product of page.products) {
      const price = toPrice(product);
      if (price) prices.set(price.spec, price);
    }
    NextToken = page.next;
  } while (NextToken !== undefined);
  return [...prices.values()];
}

export function createPrices(list: PriceList): Prices {
  const shared = createShared(hourMs, (_, signal) => readAll(list, { signal }));
  return {
    async get(call, specs) {
      // GovCloud's keys are none in the partition where its prices stand, and its own has no such API.
      if (specs.length === 0 || list.region.startsWith('us-gov-')) return [];
      return shared.get(list.region, call.signal);
    },
  };
}
