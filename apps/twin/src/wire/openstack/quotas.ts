/**
 * Quotas of a project in a region, by the names that Nova, Neutron and Cinder give them; a cloud may override each. Higher than a fresh installation's
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
  volumes: 50_000,
  /** GiB of volumes and snapshots together. */
  gigabytes: 10_000_000,
  snapshots: 10_000,
  per_volume_gigabytes: -1,
  backups: 10,
  backup_gigabytes: 1000,
  groups: 10,
  /** MiB of uploaded images. */
  image_size_total: 1024,
  /** No quota of OpenStack's: how many public images a region's catalogue has, at most 20,000. */
  images: 12,
} as const satisfies Record<string, number>;

export type QuotaName = keyof typeof defaultQuotas;

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

/** Cinder names its exception in front: 413 is told by the middleware around it (cinder.api.middleware.fault). */
const overLimit = (message: string) => new ApiError(413, message, '', { 'retry-after': '0' });

/** Throws where `more` volumes or snapshots and their GiB, in all and of the largest, are too many. cinder.exception, the QuotaErrors. */
export function checkCinderQuota(
  { account, usage }: { account: Account; usage: { volumes: number; snapshots: number; gigabytes: number } },
  more: { volumes?: number; snapshots?: number; gigabytes: number; largest?: number },
): void {
  const { volumes = 0, snapshots = 0, gigabytes, largest = gigabytes } = more;
  const each = quota(account, 'per_volume_gigabytes');
  if (each >= 0 && largest > each)
    throw overLimit(
      `VolumeSizeExceedsLimit: Requested volume size ${largest}G is larger than maximum allowed limit ${each}G.`,
    );
  if (exceeds(account, 'gigabytes', usage.gigabytes, gigabytes))
    throw overLimit(
      `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${gigabytes}G, quota is ${quota(account, 'gigabytes')}G and ${usage.gigabytes}G has been consumed.`,
    );
  if (volumes > 0 && exceeds(account, 'volumes', usage.volumes, volumes))
    throw overLimit(
      `VolumeLimitExceeded: Maximum number of volumes allowed (${quota(account, 'volumes')}) exceeded for quota 'volumes'.`,
    );
  if (snapshots > 0 && exceeds(account, 'snapshots', usage.snapshots, snapshots))
    throw overLimit(
      `SnapshotLimitExceeded: Maximum number of snapshots allowed (${quota(account, 'snapshots')}) exceeded`,
    );
}
