/** /v3/{project}/limits, os-quota-sets, os-availability-zone. Source: Block Storage API v3, the sections of these names. */
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { badRequest } from '../errors.ts';
import { defaultQuota, quota, type QuotaName } from '../quotas.ts';
import { ok, type Reply } from '../reply.ts';
import { route, type SiteRoute } from '../router.ts';
import * as input from './input.ts';
import { volumeTypes } from './type-list.ts';

const names = [
  'volumes',
  'snapshots',
  'gigabytes',
  'per_volume_gigabytes',
  'backups',
  'backup_gigabytes',
  'groups',
] as const satisfies QuotaName[];

/** Each type could have its own; none has. */
const perType = volumeTypes.flatMap(({ name }) =>
  ['volumes', 'snapshots', 'gigabytes'].map(each => `${each}_${name}`),
);

const usedOf = ({ site: { usage } }: SiteCall): Partial<Record<QuotaName, number>> => ({
  volumes: usage.volumes,
  snapshots: usage.snapshots,
  gigabytes: usage.gigabytes,
});

const setOf = (value: (name: QuotaName) => unknown, typed: unknown) => ({
  ...Object.fromEntries(names.map(name => [name, value(name)])),
  ...Object.fromEntries(perType.map(name => [name, typed])),
});

function show(call: SiteCall): Reply {
  const { account } = call;
  const used = usedOf(call);
  const set = /^(true|1)$/i.test(call.query.get('usage') ?? '')
    ? setOf(name => ({ limit: quota(account, name), in_use: used[name] ?? 0, reserved: 0 }), {
        limit: -1,
        in_use: 0,
        reserved: 0,
      })
    : setOf(name => quota(account, name), -1);
  return ok({ quota_set: { id: call.id, ...set } });
}

function change(call: SiteCall): Reply {
  const { quota_set: given } = jsonBody(call);
  if (!isObject(given))
    throw badRequest("Invalid input for field/attribute body. 'quota_set' is a required property");
  const used = usedOf(call);
  const values = names.flatMap(name => {
    const value = given[name];
    if (value === undefined) return [];
    const number = typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < -1)
      throw input.wrong(name, value, 'is less than the minimum of -1');
    if (number !== -1 && number < (used[name] ?? 0))
      throw badRequest(
        `Quota ${name} limit must be equal or greater than existing resources. Current usage is ${used[name]} and the requested limit is ${number}.`,
      );
    return [[name, number] as const];
  });
  for (const [name, value] of values) call.account.quotas.set(name, value);
  return ok({ quota_set: setOf(name => quota(call.account, name), -1) });
}

function limits(call: SiteCall): Reply {
  const limit = (name: QuotaName) => quota(call.account, name);
  const { volumes, snapshots, gigabytes } = call.site.usage;
  return ok({
    limits: {
      rate: [],
      absolute: {
        maxTotalVolumes: limit('volumes'),
        maxTotalVolumeGigabytes: limit('gigabytes'),
        maxTotalSnapshots: limit('snapshots'),
        maxTotalBackups: limit('backups'),
        maxTotalBackupGigabytes: limit('backup_gigabytes'),
        totalVolumesUsed: volumes,
        totalGigabytesUsed: gigabytes,
        totalSnapshotsUsed: snapshots,
        totalBackupsUsed: 0,
        totalBackupGigabytesUsed: 0,
      },
    },
  });
}

export const limitRoutes: readonly SiteRoute[] = [
  route('GET /limits', limits),
  route('GET /os-quota-sets/{}', show),
  route('GET /os-quota-sets/{}/defaults', call =>
    ok({ quota_set: { id: call.id, ...setOf(name => defaultQuota(call.account, name), -1) } }),
  ),
  route('PUT /os-quota-sets/{}', change),
  route('DELETE /os-quota-sets/{}', call => {
    for (const name of names) call.account.quotas.delete(name);
    return { status: 200 };
  }),
  route('GET /os-availability-zone', call =>
    ok({ availabilityZoneInfo: [{ zoneName: call.site.zone, zoneState: { available: true } }] }),
  ),
];
