/** Quotas per region, by the names under which a cloud may override them. Source: ECS and VPC "Limits and quotas". */
import type { Cloud } from '../../world/clouds.ts';

export const defaultQuotas = {
  vpcs: 100,
  vSwitchesPerVpc: 150,
  securityGroups: 500,
  rulesPerSecurityGroup: 200,
  securityGroupsPerInstance: 5,
  keyPairs: 500,
  eips: 100,
  instances: 50_000,
  vcpus: 200_000,
} as const;
export type QuotaName = keyof typeof defaultQuotas;

export const quota = (cloud: Cloud, name: QuotaName): number => cloud.quotas[name] ?? defaultQuotas[name];
