/**
 * Quotas by the names that usages show, per region (ResourceGroups: per subscription); a cloud may override each. Those
 * that Microsoft raises for anybody who asks start higher here, as in a subscription at work.
 * Source: "Azure subscription and service limits, quotas, and constraints".
 */
import type { Cloud } from '../../world/clouds.ts';

export const defaultQuotas = {
  ResourceGroups: 980,
  cores: 200_000,
  virtualMachines: 50_000,
  /** Of each family of sizes, unless named by itself, e.g. standardDSv5Family. */
  familyCores: 200_000,
  StandardDiskCount: 50_000,
  StandardSSDDiskCount: 50_000,
  PremiumDiskCount: 50_000,
  UltraDiskCount: 1000,
  StandardSnapshotCount: 75_000,
  PremiumSnapshotCount: 75_000,
  VirtualNetworks: 1000,
  SubnetsPerVirtualNetwork: 3000,
  NetworkInterfaces: 65_536,
  NetworkSecurityGroups: 5000,
  SecurityRulesPerNetworkSecurityGroup: 1000,
  PublicIPAddresses: 50_000,
} as const satisfies Record<string, number>;
export type QuotaName = keyof typeof defaultQuotas;

export const quota = (cloud: Cloud, name: QuotaName): number => cloud.quotas[name] ?? defaultQuotas[name];
export const familyQuota = (cloud: Cloud, family: string): number =>
  cloud.quotas[family] ?? quota(cloud, 'familyCores');
