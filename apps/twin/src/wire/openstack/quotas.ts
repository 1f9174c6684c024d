/**
 * Quotas of a project in a region, by the names that Nova and Neutron give them; a cloud may override each. Higher than a fresh installation's
 * (10 instances, 100 networks), as in a project at work. -1 is without limit.
 */
import type { Account } from './account.ts';
import { ApiError, neutronError } from './errors.ts';

export const defaultQuotas = {
  instances: 50_000,
  cores: 200_000,
  /** MiB. */
  ram: 800_000_000,
  key_pairs: 5000,
  metadata_items: 128,
  injected_files: 5,
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255,
  server_groups: 10,
  server_group_members: 10,
  network: 1000,
  subnet: 2000,
  subnetpool: -1,
  port: 100_000,
  router: 1000,
  floatingip: 50_000,
  security_group: 2000,
  security_group_rule: 20_000,
  rbac_policy: 10,
  /** MiB of uploaded images. */
  image_size_total: 1024,
} as const satisfies Record<string, number>;

export type QuotaName = keyof typeof defaultQuotas;
export const isQuota = (name: string): name is QuotaName => Object.hasOwn(defaultQuotas, name);

export const defaultQuota = (account: Account, name: QuotaName): number =>
  account.cloud.quotas[name] ?? defaultQuotas[name];
export const quota = (account: Account, name: QuotaName): number =>
  account.quotas.get(name) ?? defaultQuota(account, name);

const exceeds = (account: Account, name: QuotaName, used: number, more: number) => {
  const limit = quota(account, name);
  return limit >= 0 && used + more > limit;
};

export function checkNeutronQuota(account: Account, name: QuotaName, used: number, more = 1): void {
  if (exceeds(account, name, used, more))
    throw neutronError(409, 'OverQuota', `Quota exceeded for resources: ['${name}'].`);
}

/** All that is exceeded is named in one sentence. nova.exception.TooManyInstances. */
export function checkNovaQuota(
  account: Account,
  wanted: readonly { name: QuotaName; used: number; more: number }[],
): void {
  const over = wanted.filter(({ name, used, more }) => exceeds(account, name, used, more));
  if (over.length === 0) return;
  const join = (values: readonly (string | number)[]) => values.join(', ');
  const used = join(over.map(each => each.used));
  const limits = join(over.map(each => quota(account, each.name)));
  const names = join(over.map(each => each.name));
  const more = join(over.map(each => each.more));
  throw new ApiError(
    403,
    `Quota exceeded for ${names}: Requested ${more}, but already used ${used} of ${limits} ${names}`,
  );
}
