/**
 * Quotas by Google's own metrics, of the project and of each region; a cloud may override each. Higher than a new project's, as in one at work.
 * Source: "Allocation quotas".
 */
import type { Account } from './account.ts';
import { quotaExceeded } from './errors.ts';

const projectQuotas = {
  NETWORKS: 1000,
  SUBNETWORKS: 5000,
  FIREWALLS: 5000,
  IMAGES: 2000,
  CPUS_ALL_REGIONS: 400_000,
} as const satisfies Record<string, number>;
const regionQuotas = {
  CPUS: 200_000,
  INSTANCES: 100_000,
  IN_USE_ADDRESSES: 100_000,
  STATIC_ADDRESSES: 10_000,
  DISKS_TOTAL_GB: 10_000_000,
} as const satisfies Record<string, number>;

export const defaultQuotas = { ...projectQuotas, ...regionQuotas };

type ProjectQuota = keyof typeof projectQuotas;
type RegionQuota = keyof typeof regionQuotas;

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

export function regionUsage(account: Account, region: string): Record<RegionQuota, number> {
  const zones = account.zones.filter(zone => zone.startsWith(`${region}-`));
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
    CPUS_ALL_REGIONS: cpus,
  };
};

export const projectQuotaList = (account: Account) => named(account, projectQuotas, projectUsage(account));
export const regionQuotaList = (account: Account, region: string) =>
  named(account, regionQuotas, regionUsage(account, region));
