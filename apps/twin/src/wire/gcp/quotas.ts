/**
 * Quotas by Google's own metrics, of the project and of each region; a cloud may override each. Higher than a new project's, as in one at work.
 * Source: "Allocation quotas".
 */
import type { Account } from './account.ts';
import { acceleratorTypes } from './accelerator-catalogue.ts';
import { quotaExceeded } from './errors.ts';
import { usualImages } from './image-catalogue.ts';

const projectQuotas = {
  NETWORKS: 1000,
  SUBNETWORKS: 5000,
  FIREWALLS: 5000,
  IMAGES: 25_000,
  SNAPSHOTS: 25_000,
  MACHINE_IMAGES: 5000,
  CPUS_ALL_REGIONS: 400_000,
} as const satisfies Record<string, number>;
const regionQuotas = {
  CPUS: 200_000,
  INSTANCES: 100_000,
  IN_USE_ADDRESSES: 100_000,
  STATIC_ADDRESSES: 10_000,
  DISKS_TOTAL_GB: 10_000_000,
  SSD_TOTAL_GB: 10_000_000,
  NVIDIA_T4_GPUS: 1000,
  NVIDIA_V100_GPUS: 1000,
  NVIDIA_P100_GPUS: 1000,
  NVIDIA_P4_GPUS: 1000,
  NVIDIA_L4_GPUS: 1000,
  NVIDIA_A100_GPUS: 1000,
  NVIDIA_A100_80GB_GPUS: 1000,
  NVIDIA_H100_GPUS: 1000,
} as const satisfies Record<string, number>;

/** `images` is no metric of Google's: how many the public projects have in all, at most `mostImages` (image-catalogue.ts). */
export const defaultQuotas = { ...projectQuotas, ...regionQuotas, images: usualImages };

type ProjectQuota = keyof typeof projectQuotas;
export type RegionQuota = keyof typeof regionQuotas;

const limitOf = (account: Account, metric: ProjectQuota | RegionQuota): number =>
  account.cloud.quotas[metric] ?? defaultQuotas[metric];

export function checkProjectQuota(account: Account, metric: ProjectQuota, used: number, more = 1): void {
  const limit = limitOf(account, metric);
  if (used + more > limit) throw quotaExceeded(metric, limit, 'globally');
}
export function checkRegionQuota(
  account: Account,
  metric: RegionQuota,
  region: string,
  used: number,
  more = 1,
): void {
  const limit = limitOf(account, metric);
  if (used + more > limit) throw quotaExceeded(metric, limit, `in region ${region}`);
}

export function checkCpuQuota(account: Account, region: string, more: number): void {
  checkRegionQuota(account, 'CPUS', region, account.sites.get(region)?.usage.cpus ?? 0, more);
  let used = 0;
  for (const site of account.sites.values()) used += site.usage.cpus;
  checkProjectQuota(account, 'CPUS_ALL_REGIONS', used, more);
}

const named = (account: Account, metrics: object, usage: Record<string, number>) =>
  Object.keys(metrics).map(metric => ({
    metric,
    limit: limitOf(account, metric as ProjectQuota | RegionQuota),
    usage: usage[metric] ?? 0,
  }));

type GpuQuota = Extract<RegionQuota, `NVIDIA_${string}`>;
const gpuUsage = (gpus: ReadonlyMap<string, number> | undefined) =>
  Object.fromEntries(acceleratorTypes.map(({ name, metric }) => [metric, gpus?.get(name) ?? 0])) as Record<
    GpuQuota,
    number
  >;

/** Of accelerators that an instance is about to take. */
export function checkGpuQuota(
  account: Account,
  region: string,
  wanted: readonly { type: string; count: number }[],
): void {
  const used = account.sites.get(region)?.usage.gpus;
  for (const { type, count } of wanted) {
    const metric = acceleratorTypes.find(each => each.name === type)?.metric;
    if (metric) checkRegionQuota(account, metric, region, used?.get(type) ?? 0, count);
  }
}

export function regionUsage(account: Account, region: string): Record<RegionQuota, number> {
  const zones = account.zonesOf.get(region) ?? [];
  let instances = 0;
  let addresses = 0;
  for (const zone of zones) instances += account.instances.get(zone)?.size ?? 0;
  for (const address of account.addresses.values())
    if (address.region === region && address.type === 'EXTERNAL') addresses++;
  const usage = account.sites.get(region)?.usage;
  return {
    CPUS: usage?.cpus ?? 0,
    INSTANCES: instances,
    IN_USE_ADDRESSES: usage?.addressesInUse ?? 0,
    STATIC_ADDRESSES: addresses,
    DISKS_TOTAL_GB: usage?.diskGb ?? 0,
    SSD_TOTAL_GB: usage?.ssdGb ?? 0,
    ...gpuUsage(usage?.gpus),
  };
}

export const projectUsage = (account: Account): Record<ProjectQuota, number> => {
  let subnets = 0;
  for (const network of account.networks.values()) subnets += network.subnets.size;
  let cpus = 0;
  for (const site of account.sites.values()) cpus += site.usage.cpus;
  return {
    NETWORKS: account.networks.size,
    SUBNETWORKS: subnets,
    FIREWALLS: account.firewalls.size,
    IMAGES: account.images.size,
    SNAPSHOTS: account.snapshots.size,
    MACHINE_IMAGES: account.machineImages.size,
    CPUS_ALL_REGIONS: cpus,
  };
};

export const projectQuotaList = (account: Account) => named(account, projectQuotas, projectUsage(account));
export const regionQuotaList = (account: Account, region: string) =>
  named(account, regionQuotas, regionUsage(account, region));
