/** The Retail Prices API: anybody may ask. Source: "Azure Retail Prices overview" (prices.azure.com/api/retail/prices). */
import type { Reply } from '../call.ts';
import { ArmError } from '../errors.ts';
import { parsePriceFilter, regionIn } from './filter.ts';
import { itemsOf, type PriceItem } from './items.ts';

const pageSize = 100;

/** What a dollar is in the list's other currencies: reference rates of 2025. */
const rates: Readonly<Record<string, number>> = {
  USD: 1,
  AUD: 1.54,
  BRL: 5.56,
  CAD: 1.37,
  CHF: 0.8,
  DKK: 6.36,
  EUR: 0.853,
  GBP: 0.738,
  INR: 85.8,
  JPY: 144.9,
  KRW: 1365,
  NOK: 10.1,
  NZD: 1.65,
  SEK: 9.5,
  TWD: 29.2,
};

const refuse = (message: string): ArmError => new ArmError(400, 'BadRequest', message);
const words = (text: string | undefined): string | undefined => text?.replace(/^'(.*)'$/, '$1');

const versions = ['2021-10-01-preview', '2023-01-01-preview'];

/** `address` is where it was asked, for the link to the next page. */
export function prices(
  regions: readonly string[],
  query: ReadonlyMap<string, string>,
  address: string,
): Reply {
  const version = query.get('api-version');
  if (version !== undefined && !versions.includes(version))
    throw refuse(
      `The api-version '${version}' is invalid. The supported versions are '${versions.join(',')}'.`,
    );
  const currency = (words(query.get('currencycode')) ?? 'USD').toUpperCase();
  const rate = rates[currency];
  if (rate === undefined) throw refuse(`The currency '${currency}' is not supported.`);
  const skip = query.get('$skip') ?? '0';
  const top = query.get('$top');
  if (!/^\d{1,7}$/.test(skip) || (top !== undefined && !/^[1-9]\d{0,5}$/.test(top)))
    throw refuse('Invalid OData parameters supplied');
  const text = query.get('$filter') ?? '';
  // Case counts in values since the preview of 2023.
  const filter = text.trim() === '' ? () => true : parsePriceFilter(text, version === '2023-01-01-preview');
  if (!filter) throw refuse('Invalid OData parameters supplied');
  const only = regionIn(text);
  const from = Number(skip);
  const limit = Math.min(pageSize, top === undefined ? pageSize : Number(top));
  const found: PriceItem[] = [];
  let seen = 0;
  let more = false;
  for (const region of only === undefined ? regions : regions.filter(each => each === only)) {
    for (const item of itemsOf(region)) {
      if (!filter(item)) continue;
      if (seen++ < from) continue;
      if (found.length === limit) {
        more = true;
        break;
      }
      found.push(item);
    }
    if (more) break;
  }
  const left = top === undefined ? undefined : Number(top) - found.length;
  const goesOn = more && (left === undefined || left > 0);
  const next = new URLSearchParams([...query].filter(([name]) => name !== '$skip' && name !== '$top'));
  if (left !== undefined) next.set('$top', String(left));
  next.set('$skip', String(from + found.length));
  const plans = version === '2023-01-01-preview';
  const inCurrency = (usd: number) => (rate === 1 ? usd : Number((usd * rate).toPrecision(6)));
  return {
    status: 200,
    body: {
      BillingCurrency: currency,
      CustomerEntityId: 'Default',
      CustomerEntityType: 'Retail',
      Items: found.map(({ savingsPlan, ...item }) => ({
        ...item,
        currencyCode: currency,
        retailPrice: inCurrency(item.retailPrice),
        unitPrice: inCurrency(item.unitPrice),
        ...(plans &&
          savingsPlan && {
            savingsPlan: savingsPlan.map(plan => ({
              ...plan,
              retailPrice: inCurrency(plan.retailPrice),
              unitPrice: inCurrency(plan.unitPrice),
            })),
          }),
      })),
      NextPageLink: goesOn ? `${address}?${next.toString()}` : null,
      Count: found.length,
    },
  };
}
