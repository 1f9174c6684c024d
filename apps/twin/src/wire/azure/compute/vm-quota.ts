/** What virtual machines take of the quotas. Source: "Check vCPU quotas". */
import { use, used } from '../account.ts';
import type { Call } from '../call.ts';
import { conflict } from '../errors.ts';
import { familyQuota, quota } from '../quotas.ts';
import type { Size } from './sizes.ts';

/** Cores in all and of the family, and machines: "Total Regional Cores" counts those that are deallocated, too. */
export function checkQuota(call: Call, location: string, size: Size, before: Size | undefined): void {
  const { account } = call;
  const refuse = (what: string, limit: number, current: number, more: number) => {
    if (current + more <= limit || more <= 0) return;
    const regional = what === 'Total Regional Cores';
    throw conflict(
      regional ? 'OperationNotAllowed' : 'QuotaExceeded',
      `Operation could not be completed as it results in exceeding approved ${what} quota. Additional details - Deployment Model: Resource Manager, Location: ${location}, Current Limit: ${limit}, Current Usage: ${current}, Additional Required: ${more}, (Minimum) New Limit Required: ${current + more}. Submit a request for Quota increase at https://aka.ms/ProdportalCRP. Please read more about quota limits at https://docs.microsoft.com/azure/azure-supportability/per-vm-quota-requests`,
    );
  };
  const cores = size.vcpus - (before?.vcpus ?? 0);
  refuse('Total Regional Cores', quota(account.cloud, 'cores'), used(account, location, 'cores'), cores);
  const sameFamily = before?.family === size.family;
  refuse(
    `${size.family} Cores`,
    familyQuota(account.cloud, size.family),
    used(account, location, size.family),
    sameFamily ? cores : size.vcpus,
  );
  if (!before)
    refuse(
      'virtualMachines',
      quota(account.cloud, 'virtualMachines'),
      used(account, location, 'virtualMachines'),
      1,
    );
}

export function count(call: Pick<Call, 'account'>, location: string, size: Size, sign: 1 | -1): void {
  use(call.account, location, 'cores', sign * size.vcpus);
  use(call.account, location, size.family, sign * size.vcpus);
}
