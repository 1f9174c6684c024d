/**
 * DescribePrice: pay-as-you-go and subscription prices of instances (with their disks), disks and traffic. Mainland regions are in CNY
 * at the list price of China (Hangzhou); elsewhere the API answers in USD, here by one exchange rate and one factor a region,
 * which the vendor's true lists come near to but don't follow type by type.
 * Sources: ECS API reference, DescribePrice; ECS pricing page.
 */
import type { Answer, Call } from './call.ts';
import { AliError, invalid, missing } from './errors.ts';
import {
  categoryOf,
  levelOf,
  pricePerGib,
  sizesOf,
  type DiskCategory,
  type DiskType,
} from './disk-categories.ts';
import { offeredIn, typeOf } from './instance-type-catalogue.ts';
import type { Params } from './params.ts';

const yuanPerDollar = 7.1;
const factors: Readonly<Record<string, number>> = {
  'cn-qingdao': 0.95,
  'cn-zhangjiakou': 0.9,
  'cn-huhehaote': 0.85,
  'cn-wulanchabu': 0.85,
  'cn-chengdu': 0.95,
  'cn-heyuan': 0.9,
  'cn-hongkong': 1.62,
  'ap-northeast-1': 1.65,
  'ap-northeast-2': 1.48,
  'ap-southeast-1': 1.57,
  'ap-southeast-3': 1.45,
  'ap-southeast-5': 1.52,
  'ap-southeast-6': 1.5,
  'ap-southeast-7': 1.5,
  'us-east-1': 1.31,
  'us-west-1': 1.48,
  'eu-central-1': 1.55,
  'eu-west-1': 1.57,
  'me-east-1': 1.9,
  'me-central-1': 1.8,
  'na-south-1': 1.6,
};

/** What a price unit is in hours of pay-as-you-go: a month of subscription is 480 of them, a year's has another 15 % off. */
const units: Readonly<Record<string, { hours: number; paid: number }>> = {
  Hour: { hours: 1, paid: 1 },
  Day: { hours: 22, paid: 1 },
  Week: { hours: 130, paid: 1 },
  Month: { hours: 480, paid: 1 },
  Year: { hours: 5760, paid: 0.85 },
};

interface Part {
  resource: string;
  /** CNY an hour in Hangzhou. */
  yuan: number;
}

function readDisk(
  params: Params,
  prefix: string,
  type: DiskType,
  fallback: DiskCategory | undefined,
): number {
  const name = params.text(`${prefix}.Category`) ?? fallback;
  if (name === undefined) throw missing(`${prefix}.Category`);
  const category = categoryOf(name);
  const code = type === 'system' ? 'SystemDisk' : 'DataDisk';
  if (!category)
    throw invalid(
      `Invalid${code}Category.ValueNotSupported`,
      `The specified parameter "${prefix}.Category" is not valid.`,
    );
  const text = params.text(`${prefix}.PerformanceLevel`);
  const level = text === undefined ? '' : levelOf(text);
  if (level === undefined)
    throw invalid(
      'InvalidPerformanceLevel.Malformed',
      'The specified parameter PerformanceLevel is not valid.',
    );
  const { least, most } = sizesOf(type, category, level);
  const size = params.integer(`${prefix}.Size`, 1, 1e6);
  if (size === undefined && type === 'data') throw missing(`${prefix}.Size`);
  const gib = size ?? Math.max(40, least);
  if (gib < least || gib > most)
    throw invalid(
      `Invalid${code}Size.ValueNotSupported`,
      `The specified ${prefix}.Size is beyond the permitted range.`,
    );
  return gib * pricePerGib(category, level);
}

const dataDisks = (params: Params): Part[] =>
  params.objects('DataDisk').map((_, index) => ({
    resource: 'dataDisk',
    yuan: readDisk(params, `DataDisk.${index + 1}`, 'data', undefined),
  }));

function instanceParts({ params, site }: Call): Part[] {
  const name = params.required('InstanceType');
  const type = typeOf(name);
  if (!type)
    throw new AliError(
      'InvalidInstanceType.ValueNotSupported',
      'The specified InstanceType does not exist or beyond the permitted range.',
    );
  const zone = params.text('ZoneId');
  if (zone !== undefined && !site.zones.includes(zone))
    throw new AliError('InvalidZoneId.NotFound', 'The specified zone does not exist.', 404);
  if (!(zone === undefined ? site.zones : [zone]).some(each => offeredIn(type, each)))
    throw new AliError(
      'InvalidInstanceType.ZoneNotSupported',
      'The specified zone does not support this instancetype.',
      403,
    );
  const megabits = params.integer('InternetMaxBandwidthOut', 0, 100) ?? 0;
  const charge = params.text('InternetChargeType') ?? 'PayByTraffic';
  if (charge !== 'PayByTraffic' && charge !== 'PayByBandwidth')
    throw invalid(
      'InvalidInternetChargeType.ValueNotSupported',
      'The specified InternetChargeType is not valid.',
    );
  // 0.063 for each of the first five, 0.248 for each above.
  const line =
    charge === 'PayByTraffic' ? 0 : Math.min(megabits, 5) * 0.063 + Math.max(0, megabits - 5) * 0.248;
  return [
    { resource: 'instanceType', yuan: type.price },
    { resource: 'image', yuan: 0 },
    { resource: 'systemDisk', yuan: readDisk(params, 'SystemDisk', 'system', 'cloud_efficiency') },
    ...dataDisks(params),
    { resource: 'bandwidth', yuan: line },
  ];
}

export function describePrice(call: Call): Answer {
  const { params, site } = call;
  const unitName = params.text('PriceUnit') ?? 'Hour';
  const unit = Object.hasOwn(units, unitName) ? units[unitName] : undefined;
  if (!unit) throw invalid('InvalidPriceUnit.ValueNotSupported', 'The specified PriceUnit is not valid.');
  const kind = params.text('ResourceType') ?? 'instance';
  let parts: Part[];
  if (kind === 'instance') parts = instanceParts(call);
  else if (kind === 'disk') {
    parts = dataDisks(params);
    if (parts.length === 0) throw missing('DataDisk.1.Category');
    if (unitName !== 'Hour')
      throw invalid('InvalidPriceUnit.ValueNotSupported', 'Disks are priced by the hour.');
  } else if (kind === 'bandwidth') parts = [{ resource: 'bandwidth', yuan: 0.8 }];
  else throw invalid('InvalidResourceType.ValueNotSupported', 'The specified ResourceType is not supported.');
  const amount = params.integer('Amount', 1, 1000) ?? 1;
  const period = unitName === 'Hour' ? 1 : (params.integer('Period', 1, 100) ?? 1);

  const mainland = site.region.startsWith('cn-') && site.region !== 'cn-hongkong';
  const factor = (factors[site.region] ?? (mainland ? 1 : 1.5)) / (mainland ? 1 : yuanPerDollar);
  const cost = (yuan: number) => {
    const original = Math.round(yuan * factor * unit.hours * period * amount * 1e6) / 1e6;
    const trade = Math.round(original * unit.paid * 1e6) / 1e6;
    return {
      OriginalPrice: original,
      TradePrice: trade,
      DiscountPrice: Math.round((original - trade) * 1e6) / 1e6,
    };
  };
  return {
    PriceInfo: {
      Price: {
        ...cost(parts.reduce((sum, part) => sum + part.yuan, 0)),
        Currency: mainland ? 'CNY' : 'USD',
        ReservedInstanceHourPrice: 0,
        DetailInfos: {
          DetailInfo: parts.map(part => ({
            Resource: part.resource,
            ...cost(part.yuan),
            Rules: { Rule: [] },
          })),
        },
      },
      Rules: { Rule: [] },
    },
  };
}
