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
} as const;
export type QuotaName = keyof typeof defaultQuotas;

export const quota = (cloud: Cloud, name: QuotaName): number => cloud.quotas[name] ?? defaultQuotas[name];
