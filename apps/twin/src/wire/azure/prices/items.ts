/**
 * The retail price list's items for virtual machines. What Linux costs in eastus is as published (compute/size-table.ts);
 * other regions take a factor of it that general-purpose sizes had there, and what Windows, spot, low priority,
 * reservations and savings plans cost is worked out from the usual differences – plausible, not quotable.
 * Source: "Azure Retail Prices overview".
 */
import { stableGuid } from '../account.ts';
import { sizes, type Size } from '../compute/sizes.ts';
import { digest } from '../../../world/clouds.ts';

export interface PriceItem {
  readonly currencyCode: string;
  readonly tierMinimumUnits: number;
  readonly reservationTerm?: string;
  readonly retailPrice: number;
  readonly unitPrice: number;
  readonly armRegionName: string;
  readonly location: string;
  readonly effectiveStartDate: string;
  readonly meterId: string;
  readonly meterName: string;
  readonly productId: string;
  readonly skuId: string;
  readonly productName: string;
  readonly skuName: string;
  readonly serviceName: string;
  readonly serviceId: string;
  readonly serviceFamily: string;
  readonly unitOfMeasure: string;
  readonly type: 'Consumption' | 'DevTestConsumption' | 'Reservation';
  readonly isPrimaryMeterRegion: boolean;
  readonly armSkuName: string;
  readonly savingsPlan?: readonly {
    readonly unitPrice: number;
    readonly retailPrice: number;
    readonly term: string;
  }[];
}

/** The list's own names of regions, and what D2s v5 costs there by what it costs in eastus. */
const regions: Readonly<Record<string, readonly [name: string, factor: number]>> = {
  eastus: ['US East', 1],
  eastus2: ['US East 2', 1],
  centralus: ['US Central', 1.198],
  northcentralus: ['US North Central', 1.052],
  southcentralus: ['US South Central', 1.198],
  westcentralus: ['US West Central', 1.208],
  westus: ['US West', 1.167],
  westus2: ['US West 2', 1],
  westus3: ['US West 3', 1],
  canadacentral: ['CA Central', 1.115],
  canadaeast: ['CA East', 1.115],
  brazilsouth: ['BR South', 1.594],
  northeurope: ['EU North', 1.115],
  westeurope: ['EU West', 1.198],
  uksouth: ['UK South', 1.156],
  ukwest: ['UK West', 1.208],
  francecentral: ['FR Central', 1.167],
  germanywestcentral: ['DE West Central', 1.198],
  switzerlandnorth: ['CH North', 1.323],
  norwayeast: ['NO East', 1.24],
  swedencentral: ['SE Central', 1.063],
  polandcentral: ['PL Central', 1.198],
  italynorth: ['IT North', 1.198],
  spaincentral: ['ES Central', 1.115],
  uaenorth: ['AE North', 1.24],
  qatarcentral: ['QA Central', 1.24],
  israelcentral: ['IL Central', 1.219],
  southafricanorth: ['ZA North', 1.24],
  centralindia: ['IN Central', 1.052],
  southindia: ['IN South', 1.26],
  westindia: ['IN West', 1.302],
  eastasia: ['AP East', 1.375],
  southeastasia: ['AP Southeast', 1.25],
  japaneast: ['JA East', 1.292],
  japanwest: ['JA West', 1.354],
  koreacentral: ['KR Central', 1.229],
  koreasouth: ['KR South', 1.104],
  australiaeast: ['AU East', 1.25],
  australiasoutheast: ['AU Southeast', 1.25],
  australiacentral: ['AU Central', 1.25],
};

/** Dollars have at most six places in the list. */
const round = (usd: number): number => Number(usd.toPrecision(6));
const short = (text: string, length: number): string =>
  digest(`price/${text}`).toString('hex').slice(0, length).toUpperCase();

interface Kind {
  readonly suffix: '' | ' Spot' | ' Low Priority';
  readonly windows: boolean;
  readonly type: PriceItem['type'];
  readonly usd: number;
  readonly term?: string;
}

function kindsOf(size: Size, usd: number): Kind[] {
  const licence = size.vcpus * (size.burstable ? 0.004 : 0.046);
  const spot = size.gpus > 0 ? 0.35 : 0.19;
  const kinds: Kind[] = [
    { suffix: '', windows: false, type: 'Consumption', usd },
    { suffix: ' Spot', windows: false, type: 'Consumption', usd: usd * spot },
    { suffix: ' Low Priority', windows: false, type: 'Consumption', usd: usd * 0.2 },
  ];
  if (size.architecture === 'x64')
    kinds.push(
      { suffix: '', windows: true, type: 'Consumption', usd: usd + licence },
      { suffix: ' Spot', windows: true, type: 'Consumption', usd: usd * spot + licence },
      { suffix: ' Low Priority', windows: true, type: 'Consumption', usd: (usd + licence) * 0.4 },
      { suffix: '', windows: true, type: 'DevTestConsumption', usd },
    );
  kinds.push(
    { suffix: '', windows: false, type: 'Reservation', usd: Math.round(usd * 8760 * 0.59), term: '1 Year' },
    {
      suffix: '',
      windows: false,
      type: 'Reservation',
      usd: Math.round(usd * 26_280 * 0.38),
      term: '3 Years',
    },
  );
  // Burstable sizes cannot be evicted.
  return size.burstable ? kinds.filter(each => each.suffix === '') : kinds;
}

function itemOf(size: Size, armRegionName: string, location: string, kind: Kind): PriceItem {
  const { suffix, windows, type, usd, term } = kind;
  const meter = size.name.slice('Standard_'.length).replaceAll('_', ' ') + suffix;
  const productName = `Virtual Machines ${size.series} Series${windows ? ' Windows' : ''}`;
  const productId = `DZH318Z${short(productName, 5)}`;
  const price = round(usd);
  const plans = type === 'Consumption' && suffix === '';
  return {
    currencyCode: 'USD',
    tierMinimumUnits: 0,
    ...(term !== undefined && { reservationTerm: term }),
    retailPrice: price,
    unitPrice: price,
    armRegionName,
    location,
    effectiveStartDate: '2025-01-01T00:00:00Z',
    meterId: stableGuid(`meter/${armRegionName}/${productName}/${meter}`),
    meterName: meter,
    productId,
    skuId: `${productId}/${short(`${armRegionName}/${meter}/${type}`, 4)}`,
    productName,
    skuName: meter,
    serviceName: 'Virtual Machines',
    serviceId: 'DZH313Z7MMC8',
    serviceFamily: 'Compute',
    unitOfMeasure: '1 Hour',
    type,
    isPrimaryMeterRegion: true,
    armSkuName: size.name,
    ...(plans && {
      savingsPlan: [
        { unitPrice: round(usd * 0.54), retailPrice: round(usd * 0.54), term: '3 Years' },
        { unitPrice: round(usd * 0.73), retailPrice: round(usd * 0.73), term: '1 Year' },
      ],
    }),
  };
}

const byRegion = new Map<string, readonly PriceItem[]>();

/** All of a region's, in dollars, always in the same order. */
export function itemsOf(region: string): readonly PriceItem[] {
  let items = byRegion.get(region);
  if (!items) {
    const [location, factor] = regions[region] ?? [region, 1.2];
    items = sizes.flatMap(size =>
      kindsOf(size, size.usdPerHour * factor).map(kind => itemOf(size, region, location, kind)),
    );
    byRegion.set(region, items);
  }
  return items;
}
