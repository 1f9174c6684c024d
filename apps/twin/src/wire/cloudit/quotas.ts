/** Quotas of a tenant, by the names under which a cloud may override them. Cloudit publishes none; these are high, as of a tenant at work. */
import type { Cloud } from '../../world/clouds.ts';
import { overQuota } from './errors.ts';

export const defaultQuotas = {
  servers: 50_000,
  vcpus: 200_000,
  /** Of the 63 blocks 10.0.0.0/22 to 10.0.248.0/22, one holds the tenant's default network. */
  subnets: 63,
  /**
   * The prefix that every subnet has: a tenant's network is 10.0.0.0/16 in blocks of 22 bits. 0 lifts both rules, for an
   * installation that is drawn otherwise.
   */
  subnetPrefix: 22,
  securityGroups: 2000,
  rulesPerSecurityGroup: 200,
  nicsPerServer: 8,
  adaptiveIps: 50_000,
  volumes: 100_000,
  volumeGigabytes: 10_000_000,
  snapshots: 10_000,
  templates: 1000,
} as const;
export type QuotaName = keyof typeof defaultQuotas;

export const quota = (cloud: Cloud, name: QuotaName): number => cloud.quotas[name] ?? defaultQuotas[name];

/** `noun` as the message shall name it. */
export function checkQuota(cloud: Cloud, name: QuotaName, used: number, more = 1): void {
  if (used + more > quota(cloud, name)) throw overQuota(name);
}
