/** Kinds of managed disks and what each size of them does. Source: "Azure managed disk types", "Scalability and performance targets for VM disks". */
import { used, use, type Account } from '../account.ts';
import type { Call } from '../call.ts';
import { badRequest, conflict, invalidParameter } from '../errors.ts';
import { quota, type QuotaName } from '../quotas.ts';
import { regionOf } from '../regions.ts';

export const diskSkus = [
  'Standard_LRS',
  'StandardSSD_LRS',
  'Premium_LRS',
  'StandardSSD_ZRS',
  'Premium_ZRS',
  'PremiumV2_LRS',
  'UltraSSD_LRS',
] as const;
export type DiskSku = (typeof diskSkus)[number];

const isLarge = (sku: string) => sku === 'PremiumV2_LRS' || sku === 'UltraSSD_LRS';
export const isPremium = (sku: string): boolean => sku.startsWith('Premium') || sku === 'UltraSSD_LRS';
export const largest = (sku: string): number => (isLarge(sku) ? 65_536 : 32_767);

export function checkDiskSize(sizeGb: number, sku: string): void {
  const max = largest(sku);
  if (sizeGb >= 1 && sizeGb <= max) return;
  throw invalidParameter(
    'disk.diskSizeGB',
    `The value '${sizeGb}' of parameter 'disk.diskSizeGB' is out of range. The value must be between '1' and '${max}', inclusive.`,
  );
}

/** Zone-redundant disks are in all zones, disks of the two fastest kinds in exactly one. */
export function checkDiskZones(sku: string, zones: readonly string[], location: string): void {
  const zonal = regionOf(location).zones.length > 0;
  if (zones.length > 1)
    throw invalidParameter(
      'zones',
      `The value '${zones.join(',')}' of parameter 'zones' is invalid: a disk is in one zone.`,
    );
  if (sku.endsWith('_ZRS') && (!zonal || zones.length > 0))
    throw badRequest(
      'BadRequest',
      zonal
        ? `A zone cannot be specified for a disk of SKU ${sku}: it is in all of them.`
        : `SKU ${sku} is not supported for resource type Disk in this region. Supported SKUs for this region are Standard_LRS,StandardSSD_LRS,Premium_LRS.`,
    );
  if (isLarge(sku) && zonal && zones.length === 0)
    throw badRequest('BadRequest', `A disk of SKU ${sku} requires an availability zone in '${location}'.`);
}

interface Step {
  readonly tier: string;
  readonly upToGb: number;
  readonly iops: number;
  readonly mbps: number;
}
const steps = (letter: string, rows: readonly (readonly [number, number, number, number])[]): Step[] =>
  rows.map(([number, upToGb, iops, mbps]) => ({ tier: `${letter}${number}`, upToGb, iops, mbps }));

const premium = steps('P', [
  [1, 4, 120, 25],
  [2, 8, 120, 25],
  [3, 16, 120, 25],
  [4, 32, 120, 25],
  [6, 64, 240, 50],
  [10, 128, 500, 100],
  [15, 256, 1100, 125],
  [20, 512, 2300, 150],
  [30, 1024, 5000, 200],
  [40, 2048, 7500, 250],
  [50, 4095, 7500, 250],
  [60, 8192, 16_000, 500],
  [70, 16_384, 18_000, 750],
  [80, 32_767, 20_000, 900],
]);
const slow = (letter: string, sizes: readonly number[], top: readonly [number, number][], mbps: number) =>
  steps(
    letter,
    sizes.map((upToGb, index): [number, number, number, number] => {
      const [iops, rate] = top[index - (sizes.length - top.length)] ?? [500, mbps];
      return [premium.find(each => each.upToGb === upToGb)?.tier.slice(1), upToGb, iops, rate].map(
        Number,
      ) as [number, number, number, number];
    }),
  );
const standardSsd = slow(
  'E',
  premium.map(each => each.upToGb),
  [
    [2000, 400],
    [4000, 600],
    [6000, 750],
  ],
  100,
);
const standard = slow(
  'S',
  premium.slice(3).map(each => each.upToGb),
  [
    [1300, 300],
    [2000, 500],
    [2000, 500],
  ],
  60,
);

/** The steps that disks of this kind are sold in; empty where size and speed are chosen freely. */
export const stepsOf = (sku: string): readonly Step[] =>
  isLarge(sku)
    ? []
    : sku.startsWith('Premium')
      ? premium
      : sku.startsWith('StandardSSD')
        ? standardSsd
        : standard;

export const performance = (sku: string, sizeGb: number): { iops: number; mbps: number; tier?: string } => {
  const step = stepsOf(sku).find(each => each.upToGb >= sizeGb);
  if (!step) return sku === 'UltraSSD_LRS' ? { iops: 500, mbps: 8 } : { iops: 3000, mbps: 125 };
  const { iops, mbps, tier } = step;
  return sku.startsWith('Premium') ? { iops, mbps, tier } : { iops, mbps };
};

const counterOf = (kind: 'Disk' | 'Snapshot', sku: string): QuotaName => {
  if (kind === 'Snapshot')
    return sku.startsWith('Premium') ? 'PremiumSnapshotCount' : 'StandardSnapshotCount';
  if (sku === 'UltraSSD_LRS') return 'UltraDiskCount';
  if (sku.startsWith('Premium')) return 'PremiumDiskCount';
  return sku.startsWith('StandardSSD') ? 'StandardSSDDiskCount' : 'StandardDiskCount';
};
export const diskCounters = [
  'StandardDiskCount',
  'StandardSSDDiskCount',
  'PremiumDiskCount',
  'UltraDiskCount',
  'StandardSnapshotCount',
  'PremiumSnapshotCount',
] as const satisfies readonly QuotaName[];

export function requireDiskRoom(
  { account }: Pick<Call, 'account'>,
  location: string,
  kind: 'Disk' | 'Snapshot',
  sku: string,
  more = 1,
): void {
  const counter = counterOf(kind, sku);
  const limit = quota(account.cloud, counter);
  const current = used(account, location, counter);
  if (current + more > limit)
    throw conflict(
      'OperationNotAllowed',
      `Operation could not be completed as it results in exceeding approved ${counter} quota. Additional details - Deployment Model: Resource Manager, Location: ${location}, Current Limit: ${limit}, Current Usage: ${current}, Additional Required: ${more}, (Minimum) New Limit Required: ${current + more}.`,
    );
}

export const countDisk = (
  account: Account,
  location: string,
  kind: 'Disk' | 'Snapshot',
  sku: string,
  sign: 1 | -1,
): void => use(account, location, counterOf(kind, sku), sign);
