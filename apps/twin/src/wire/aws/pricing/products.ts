/**
 * The products of AmazonEC2 with their on-demand terms: every instance type in every region that offers it, with what an operating
 * system, a tenancy and a capacity reservation make of its price, and the volumes of EBS.
 * Form: Billing user guide, "Reading the service price list files". Prices: instance-type-families.ts and regions.ts.
 */
import { hash } from 'node:crypto';
import { offeredInRegion, instanceTypes, type InstanceType } from '../instance-type-catalogue.ts';
import { normalization } from '../instance-type-families.ts';
import { pricedRegions, type PricedRegion } from './regions.ts';

export interface Product {
  readonly sku: string;
  readonly family: string;
  /** Shared by all products of an instance type in a region. */
  readonly common: Attributes;
  readonly own: Attributes;
  readonly usd: number;
  readonly unit: string;
  readonly describe: (product: Product) => string;
}
type Attributes = Readonly<Record<string, string>>;

export const published = '2025-11-14T00:00:00Z';
const version = '20251114000000';
/** What AWS's lists call on demand, and its rate. */
const onDemand = 'JRTCXTETFR';
const rate = '6YS6EN2CT7';

interface System {
  readonly name: string;
  readonly operation: string;
  readonly license: string;
  /** USD an hour on top, by vCPUs (EC2 on-demand pricing: Windows 0.046 a vCPU, RHEL by the model of July 2024). */
  readonly extra: (vcpus: number) => number;
}
const systems: readonly System[] = [
  { name: 'Linux', operation: 'RunInstances', license: 'No License required', extra: () => 0 },
  {
    name: 'Windows',
    operation: 'RunInstances:0002',
    license: 'No License required',
    extra: vcpus => 0.046 * vcpus,
  },
  {
    name: 'RHEL',
    operation: 'RunInstances:0010',
    license: 'No License required',
    extra: vcpus => (vcpus <= 8 ? 0.0144 * vcpus : 0.1152 + 0.0108 * (vcpus - 8)),
  },
];

/** Tenancy and capacity; a dedicated instance costs some 6 % more, capacity that a reservation has paid for nothing. */
const usages = [
  { tenancy: 'Shared', capacity: 'Used', usage: 'BoxUsage', times: 1 },
  { tenancy: 'Shared', capacity: 'UnusedCapacityReservation', usage: 'UnusedBox', times: 1 },
  { tenancy: 'Shared', capacity: 'AllocatedCapacityReservation', usage: 'Reservation', times: 0 },
  { tenancy: 'Dedicated', capacity: 'Used', usage: 'DedicatedUsage', times: 1.06 },
] as const;

const families: readonly (readonly [RegExp, string])[] = [
  [/^c/, 'Compute optimized'],
  [/^r/, 'Memory optimized'],
  [/^[gp]\d/, 'GPU instance'],
  [/./, 'General purpose'],
];

const processors: Readonly<Record<string, string>> = {
  t2: 'Intel Xeon Family',
  t3: 'Intel Skylake E5 2686 v5',
  c5: 'Intel Xeon Platinum 8124M',
  m5: 'Intel Xeon Platinum 8175 (Skylake)',
  r5: 'Intel Xeon Platinum 8175',
  m7i: 'Intel Xeon Scalable (Sapphire Rapids)',
  m7g: 'AWS Graviton3 Processor',
  c7g: 'AWS Graviton3 Processor',
  p3: 'Intel Xeon E5-2686 v4 (Broadwell)',
};
const processor = ({ name, maker }: InstanceType): string =>
  processors[name.slice(0, name.indexOf('.'))] ??
  (maker === 'AWS'
    ? 'AWS Graviton2 Processor'
    : maker === 'AMD'
      ? 'AMD EPYC 7R32'
      : 'Intel Xeon 8375C (Ice Lake)');

const gib = (mib: number): string => `${Number((mib / 1024).toFixed(2)).toLocaleString('en-US')} GiB`;

function storage({ localDisk }: InstanceType): string {
  if (!localDisk) return 'EBS only';
  return `${localDisk.count} x ${localDisk.gib}${localDisk.nvme ? ' NVMe SSD' : ''}`;
}

const usageType = ({ short }: PricedRegion, text: string): string =>
  short === '' ? text : `${short}-${text}`;
const sku = (text: string): string =>
  BigInt(`0x${hash('sha256', text, 'hex').slice(0, 24)}`)
    .toString(36)
    .toUpperCase()
    .padStart(16, '0')
    .slice(-16);
const round = (usd: number): number => Math.round(usd * 1e6) / 1e6;

function place(region: string, { location }: PricedRegion): Record<string, string> {
  return {
    servicecode: 'AmazonEC2',
    servicename: 'Amazon Elastic Compute Cloud',
    location,
    locationType: 'AWS Region',
    regionCode: region,
  };
}

const describeHour = ({ usd, common, own }: Product): string => {
  const { operatingSystem: system = '', capacitystatus: capacity = '', tenancy } = own;
  const kind = tenancy === 'Shared' ? 'On Demand' : 'Dedicated';
  const how = { Used: kind, UnusedCapacityReservation: 'Unused Reservation' }[capacity] ?? 'Reservation';
  return `$${usd} per ${how} ${system} ${common['instanceType'] ?? ''} Instance Hour`;
};
const describeMonth = ({ usd, common, own }: Product): string =>
  `$${usd} per GB-month of ${own['volumeType'] ?? ''} (${own['volumeApiName'] ?? ''}) provisioned storage - ${common['location'] ?? ''}`;

function ofType(type: InstanceType, region: string, priced: PricedRegion): Product[] {
  const { name, vcpus, memoryMib, gpu } = type;
  const nitro = type.hypervisor === 'nitro';
  const common: Record<string, string> = {
    ...place(region, priced),
    instanceType: name,
    instanceFamily: families.find(([pattern]) => pattern.test(name))?.[1] ?? '',
    currentGeneration: type.currentGeneration ? 'Yes' : 'No',
    vcpu: `${vcpus}`,
    physicalProcessor: processor(type),
    clockSpeed: `${type.ghz} GHz`,
    memory: gib(memoryMib),
    storage: storage(type),
    networkPerformance: type.network,
    processorArchitecture: type.architectures.includes('i386') ? '32-bit or 64-bit' : '64-bit',
    enhancedNetworkingSupported: nitro ? 'Yes' : 'No',
    normalizationSizeFactor: `${normalization(name)}`,
    classicnetworkingsupport: 'false',
    vpcnetworkingsupport: 'true',
    availabilityzone: 'NA',
    marketoption: 'OnDemand',
    preInstalledSw: 'NA',
    ...(gpu ? { gpu: `${gpu.count}`, gpuMemory: gib(gpu.count * gpu.memoryMib).replace('GiB', 'GB') } : {}),
  };
  const arm = type.architectures.includes('arm64');
  return systems
    .filter(system => !arm || system.name !== 'Windows')
    .flatMap(system =>
      usages.map(({ tenancy, capacity, usage, times }) => {
        const usd = round((type.usd * priced.factor + system.extra(vcpus)) * times);
        const usagetype = usageType(priced, `${usage}:${name}`);
        return {
          sku: sku(`${region} ${usagetype} ${system.operation}`),
          family: 'Compute Instance',
          common,
          own: {
            operatingSystem: system.name,
            operation: system.operation,
            licenseModel: system.license,
            tenancy,
            capacitystatus: capacity,
            usagetype,
          },
          usd,
          unit: 'Hrs',
          describe: describeHour,
        };
      }),
    );
}

/** USD a GiB and month in us-east-1 (EBS pricing). */
const volumes: readonly (readonly [api: string, type: string, media: string, usage: string, usd: number])[] =
  [
    ['gp2', 'General Purpose', 'SSD-backed', 'VolumeUsage.gp2', 0.1],
    ['gp3', 'General Purpose', 'SSD-backed', 'VolumeUsage.gp3', 0.08],
    ['io1', 'Provisioned IOPS', 'SSD-backed', 'VolumeUsage.piops', 0.125],
    ['io2', 'Provisioned IOPS', 'SSD-backed', 'VolumeUsage.io2', 0.125],
    ['st1', 'Throughput Optimized HDD', 'HDD-backed', 'VolumeUsage.st1', 0.045],
    ['sc1', 'Cold HDD', 'HDD-backed', 'VolumeUsage.sc1', 0.015],
    ['standard', 'Magnetic', 'HDD-backed', 'VolumeUsage', 0.05],
  ];

const ofVolumes = (region: string, priced: PricedRegion): Product[] =>
  volumes.map(([api, volumeType, storageMedia, usage, base]) => {
    const usd = round(base * priced.factor);
    const usagetype = usageType(priced, `EBS:${usage}`);
    return {
      sku: sku(`${region} ${usagetype}`),
      family: 'Storage',
      common: place(region, priced),
      own: {
        volumeApiName: api,
        volumeType,
        storageMedia,
        usagetype,
        operation: '',
      },
      usd,
      unit: 'GB-Mo',
      describe: describeMonth,
    };
  });

const made = new Map<string, readonly Product[]>();

/** The products of a region, ordered by SKU as the price list gives them: in no order that a reader could guess. */
export function productsOf(region: string): readonly Product[] {
  let products = made.get(region);
  if (!products) {
    const priced = pricedRegions[region];
    products = !priced
      ? []
      : [...instanceTypes.values()]
          .filter(type => offeredInRegion(type, region))
          .flatMap(type => ofType(type, region, priced))
          .concat(ofVolumes(region, priced))
          .sort((a, b) => (a.sku < b.sku ? -1 : 1));
    made.set(region, products);
  }
  return products;
}

/** As a member of PriceList: a JSON text. */
export function priceListText(product: Product): string {
  const { sku: id, family, common, own, usd, unit, describe } = product;
  const [term, price] = [`${id}.${onDemand}`, `${id}.${onDemand}.${rate}`];
  return JSON.stringify({
    product: { productFamily: family, attributes: { ...common, ...own }, sku: id },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        [term]: {
          priceDimensions: {
            [price]: {
              unit,
              endRange: 'Inf',
              description: describe(product),
              appliesTo: [],
              rateCode: price,
              beginRange: '0',
              pricePerUnit: { USD: usd.toFixed(10) },
            },
          },
          sku: id,
          effectiveDate: '2025-11-01T00:00:00Z',
          offerTermCode: onDemand,
          termAttributes: {},
        },
      },
    },
    version,
    publicationDate: published,
  });
}
