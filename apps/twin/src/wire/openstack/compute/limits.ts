/** /v2.1/limits, os-quota-sets, os-availability-zone. Source: Compute API, the sections of these names. */
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { ok, type Reply } from '../reply.ts';
import { badRequest } from '../errors.ts';
import { defaultQuota, quota, type QuotaName } from '../quotas.ts';
import { route, type SiteRoute } from '../router.ts';
import { micros } from '../text.ts';

/** The cloud's compute hosts; a server's is chosen by its number. */
export const hosts: readonly string[] = ['compute-1', 'compute-2', 'compute-3', 'compute-4'];

const names = [
  'instances',
  'cores',
  'ram',
  'metadata_items',
  'key_pairs',
  'server_groups',
  'server_group_members',
  'injected_files',
  'injected_file_content_bytes',
  'injected_file_path_bytes',
] as const satisfies QuotaName[];

/** 2.36 took the network's out, 2.57 the files'. */
const shown = (call: SiteCall) =>
  call.version >= 57 ? names.filter(name => !name.startsWith('injected')) : names;

const used = ({ site }: SiteCall): Partial<Record<QuotaName, number>> => ({
  instances: site.servers.size,
  cores: site.usage.cores,
  ram: site.usage.ram,
});

/** Counted by Neutron, and so without limit here. */
const network = ['fixed_ips', 'floating_ips', 'security_group_rules', 'security_groups'];

const setOf = (call: SiteCall, value: (name: QuotaName) => unknown, none: unknown = -1) =>
  Object.fromEntries([
    ...shown(call).map(name => [name, value(name)] as const),
    ...(call.version < 36 ? network.map(name => [name, none] as const) : []),
  ]);
const quotaSet = (call: SiteCall, value: (name: QuotaName) => unknown, none?: unknown) =>
  ok({ quota_set: { id: call.id, ...setOf(call, value, none) } });

function setQuotas(call: SiteCall): Reply {
  const { quota_set: given } = jsonBody(call);
  if (!isObject(given))
    throw badRequest("Invalid input for field/attribute quota_set. 'quota_set' is a required property");
  for (const name of names) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < -1)
      throw badRequest(`Quota limit ${String(value).slice(0, 32)} for ${name} must be -1 or greater.`);
    call.account.quotas.set(name, value);
  }
  return ok({ quota_set: setOf(call, name => quota(call.account, name)) });
}

function limits(call: SiteCall): Reply {
  const limit = (name: QuotaName) => quota(call.account, name);
  const { site } = call;
  return ok({
    limits: {
      rate: [],
      absolute: {
        maxTotalInstances: limit('instances'),
        maxTotalCores: limit('cores'),
        maxTotalRAMSize: limit('ram'),
        maxServerMeta: limit('metadata_items'),
        maxImageMeta: limit('metadata_items'),
        maxTotalKeypairs: limit('key_pairs'),
        maxServerGroups: limit('server_groups'),
        maxServerGroupMembers: limit('server_group_members'),
        totalInstancesUsed: site.servers.size,
        totalCoresUsed: site.usage.cores,
        totalRAMUsed: site.usage.ram,
        totalServerGroupsUsed: 0,
        ...(call.version < 57 && {
          maxPersonality: limit('injected_files'),
          maxPersonalitySize: limit('injected_file_content_bytes'),
        }),
        ...(call.version < 36 && {
          maxSecurityGroups: limit('security_group'),
          maxSecurityGroupRules: limit('security_group_rule'),
          maxTotalFloatingIps: limit('floatingip'),
          totalSecurityGroupsUsed: site.groups.size,
          totalFloatingIpsUsed: site.floatingIps.size,
        }),
      },
    },
  });
}

/** With the details, which are for operators, Nova shows its own services' zone too. */
function zones({ site, world }: SiteCall, detail: boolean): Reply {
  const zone = (zoneName: string, names: readonly string[], service: string) => ({
    zoneName,
    zoneState: { available: true },
    hosts: detail
      ? Object.fromEntries(
          names.map(name => [
            name,
            { [service]: { active: true, available: true, updated_at: micros(world.now()) } },
          ]),
        )
      : null,
  });
  return ok({
    availabilityZoneInfo: [
      ...(detail ? [zone('internal', ['controller'], 'nova-scheduler')] : []),
      zone(site.zone, hosts, 'nova-compute'),
    ],
  });
}

export const limitRoutes: readonly SiteRoute[] = [
  route('GET /limits', limits),
  route('GET /os-quota-sets/{}', call => quotaSet(call, name => quota(call.account, name))),
  route('GET /os-quota-sets/{}/defaults', call => quotaSet(call, name => defaultQuota(call.account, name))),
  route('GET /os-quota-sets/{}/detail', call =>
    quotaSet(
      call,
      name => ({ limit: quota(call.account, name), in_use: used(call)[name] ?? 0, reserved: 0 }),
      { limit: -1, in_use: 0, reserved: 0 },
    ),
  ),
  route('PUT /os-quota-sets/{}', setQuotas),
  route('DELETE /os-quota-sets/{}', call => {
    for (const name of names) call.account.quotas.delete(name);
    return { status: 202 };
  }),
  route('GET /os-availability-zone', call => zones(call, false)),
  route('GET /os-availability-zone/detail', call => zones(call, true)),
];
