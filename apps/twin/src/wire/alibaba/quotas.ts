/**
 * Quotas per region, by the names under which a cloud may override them; `images` is no limit but how many system images the cloud
 * offers, up to 20,000, so that the speed of listing can be measured. Source: ECS and VPC "Limits and quotas".
 */
import type { Cloud } from '../../world/clouds.ts';
import { ownImages } from './image-catalogue.ts';

export const defaultQuotas = {
  vpcs: 100,
  vSwitchesPerVpc: 150,
  securityGroups: 500,
  rulesPerSecurityGroup: 200,
  securityGroupsPerInstance: 5,
  keyPairs: 500,
  eips: 100,
  disks: 5000,
  /** Beside the system disk. */
  disksPerInstance: 16,
  snapshots: 10_000,
  customImages: 200,
  images: ownImages.length,
  instances: 50_000,
  vcpus: 200_000,
} as const;
export type QuotaName = keyof typeof defaultQuotas;

export const quota = (cloud: Cloud, name: QuotaName): number => cloud.quotas[name] ?? defaultQuotas[name];
