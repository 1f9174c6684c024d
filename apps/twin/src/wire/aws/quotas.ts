/**
 * Quotas per region, by the names under which a cloud may override them. Those that AWS raises for anybody who asks
 * (5 VPCs, 5 addresses, 32 vCPUs) start higher here, as in an account at work; the others are AWS's own.
 * Source: VPC user guide, "Amazon VPC quotas"; EC2 user guide, "Amazon EC2 service quotas".
 */
import type { Cloud } from '../../world/clouds.ts';

export const defaultQuotas = {
  vpcs: 100,
  subnetsPerVpc: 200,
  internetGateways: 100,
  routeTablesPerVpc: 200,
  routesPerTable: 500,
  securityGroups: 2500,
  /** In each direction. */
  rulesPerSecurityGroup: 60,
  securityGroupsPerInterface: 5,
  keyPairs: 5000,
  addresses: 100,
  instances: 50_000,
  /** Of instances that are not stopped. */
  vcpus: 200_000,
  /** Of each volume type (EBS endpoints and quotas: "Storage for … volumes, in TiB"). */
  volumeStorageTib: 10_000,
  snapshots: 100_000,
  /** In progress, of one gp2, gp3, io1, io2 or standard volume; of the others one (EBS user guide, quotas). */
  snapshotsPerVolumeAtOnce: 5,
  /** In a rolling 24 hours (EC2 API reference, ModifyVolume). */
  volumeModificationsPerDay: 4,
  ownImages: 50_000,
  /** No quota of AWS's: how many public images the catalogue of a region has, at most 20,000. */
  images: 30,
  /** No quota either: how long a new resource is not yet found (freshness.ts). */
  consistencyMs: 0,
} as const;
export type QuotaName = keyof typeof defaultQuotas;

export const quota = (cloud: Cloud, name: QuotaName): number => cloud.quotas[name] ?? defaultQuotas[name];
