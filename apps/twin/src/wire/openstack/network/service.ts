/** Neutron as a whole: its versions, extensions, quotas, zones, and the routes of all of its nouns. */
import type { Call, SiteCall } from '../call.ts';
import { noContent, ok } from '../reply.ts';
import { badRequest, neutronError } from '../errors.ts';
import { defaultQuota, quota, type QuotaName } from '../quotas.ts';
import { route, type SiteRoute } from '../router.ts';
import type { Site } from '../site.ts';
import * as fields from './fields.ts';
import { floatingIpRoutes } from './floating-ips.ts';
import { networkRoutes } from './networks.ts';
import { portRoutes } from './ports.ts';
import { routerRoutes } from './routers.ts';
import { ruleRoutes } from './rules.ts';
import { groupRoutes } from './security-groups.ts';
import { subnetRoutes } from './subnets.ts';
import { tagRoutes } from './tags.ts';

const extensions: readonly [alias: string, name: string, description: string][] = [
  ['availability_zone', 'Availability Zone', 'Availability zones of networks and routers.'],
  ['binding', 'Port Binding', 'Where ports are bound.'],
  ['external-net', 'Neutron external network', 'Networks that lead outside.'],
  ['ext-gw-mode', 'Neutron L3 Configurable external gateway mode', 'SNAT of routers.'],
  ['extraroute', 'Neutron Extra Route', 'Static routes of routers.'],
  ['allowed-address-pairs', 'Allowed Address Pairs', 'More addresses behind a port.'],
  ['fip-port-details', 'Floating IP Port Details Extension', 'The port in a floating IP.'],
  ['net-mtu', 'Network MTU', 'MTU of networks.'],
  ['net-mtu-writable', 'Network MTU (writable)', 'MTU of networks, settable.'],
  ['pagination', 'Pagination support', 'Lists in pages.'],
  ['port-security', 'Port Security', 'Ports without filtering.'],
  ['project-id', 'project_id field enabled', 'project_id beside tenant_id.'],
  ['provider', 'Provider Network', 'How networks are carried.'],
  ['quotas', 'Quota management support', 'Quotas of a project.'],
  ['quota_details', 'Quota details management support', 'Quotas and their use.'],
  ['router', 'Neutron L3 Router', 'Routers and floating IPs.'],
  ['security-group', 'security-group', 'Security groups.'],
  [
    'security-groups-normalized-cidr',
    'Normalized CIDR field for security group rules',
    'normalized_cidr of rules.',
  ],
  ['stateful-security-group', 'Stateful security group', 'stateful of groups.'],
  ['sorting', 'Sorting support', 'Lists in order.'],
  ['standard-attr-description', 'standard-attr-description', 'Descriptions of resources.'],
  ['standard-attr-revisions', 'Resource revision numbers', 'revision_number of resources.'],
  ['standard-attr-tag', 'Tag support for resources with standard attribute', 'Tags of resources.'],
  ['standard-attr-timestamp', 'Resource timestamps', 'created_at and updated_at of resources.'],
];
const extensionViews = extensions.map(([alias, name, description]) => ({
  alias,
  name,
  description,
  updated: '2022-10-05T00:00:00-00:00',
  links: [],
}));

const quotaNames = [
  'network',
  'subnet',
  'subnetpool',
  'port',
  'router',
  'floatingip',
  'rbac_policy',
  'security_group',
  'security_group_rule',
] as const satisfies QuotaName[];

const used: Record<(typeof quotaNames)[number], (site: Site) => number> = {
  network: site => site.networks.size - 1,
  subnet: site => site.subnets.size - 1,
  subnetpool: () => 0,
  port: site => site.ports.size,
  router: site => site.routers.size,
  floatingip: site => site.floatingIps.size,
  rbac_policy: () => 0,
  security_group: site => site.groups.size,
  security_group_rule: site => site.rules.size,
};

const quotas = (value: (name: (typeof quotaNames)[number]) => unknown) =>
  Object.fromEntries(quotaNames.map(name => [name, value(name)]));

function setQuotas(call: SiteCall) {
  const limit = fields.integer(-1, 2 ** 31 - 1);
  const readers = {
    ...quotas(() => limit),
    tenant_id: fields.anything,
    project_id: fields.anything,
  } as Record<string, fields.Reader<unknown>>;
  const given = fields.read(readers, fields.input(call, 'quota'));
  for (const name of quotaNames) {
    const value = given[name];
    if (typeof value === 'number') call.account.quotas.set(name, value);
  }
  return ok({ quota: quotas(name => quota(call.account, name)) });
}

const detail = (call: SiteCall) =>
  ok({
    quota: quotas(name => ({ limit: quota(call.account, name), used: used[name](call.site), reserved: 0 })),
  });

export const versions = (call: Call) => ({
  versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${call.endpoint}/v2.0/` }] }],
});

/** What stands below /v2.0/ */
export const resources = (call: Call) => ({
  resources: [
    ['network', 'networks'],
    ['subnet', 'subnets'],
    ['port', 'ports'],
    ['router', 'routers'],
    ['floatingip', 'floatingips'],
    ['security_group', 'security-groups'],
    ['security_group_rule', 'security-group-rules'],
    ['quota', 'quotas'],
    ['extension', 'extensions'],
  ].map(([name, collection]) => ({
    name,
    collection: collection?.replaceAll('-', '_'),
    links: [{ rel: 'self', href: `${call.endpoint}/v2.0/${collection ?? ''}` }],
  })),
});

/** Without `/v2.0`. */
export const networkRouteTable: readonly SiteRoute[] = [
  route('GET /extensions', () => ok({ extensions: extensionViews })),
  route('GET /extensions/{}', call => {
    const extension = extensionViews.find(each => each.alias === call.id);
    if (!extension)
      throw neutronError(404, 'ExtensionNotFound', `Extension with alias ${call.id} does not exist`);
    return ok({ extension });
  }),
  route('GET /availability_zones', call =>
    ok({
      availability_zones: ['network', 'router'].map(resource => ({
        name: call.site.zone,
        resource,
        state: 'available',
      })),
    }),
  ),
  route('GET /quotas', call =>
    ok({
      quotas: [
        {
          ...quotas(name => quota(call.account, name)),
          tenant_id: call.account.projectId,
          project_id: call.account.projectId,
        },
      ],
    }),
  ),
  route('GET /quotas/{}', call => ok({ quota: quotas(name => quota(call.account, name)) })),
  route('GET /quotas/{}/default', call => ok({ quota: quotas(name => defaultQuota(call.account, name)) })),
  route('GET /quotas/{}/details', detail),
  route('GET /quotas/{}/details.json', detail),
  route('PUT /quotas/{}', setQuotas),
  route('DELETE /quotas/{}', call => {
    if (call.id !== call.account.projectId) throw badRequest(`Project ${call.id} has no quotas of its own.`);
    for (const name of quotaNames) call.account.quotas.delete(name);
    return noContent;
  }),
  ...networkRoutes,
  ...subnetRoutes,
  ...portRoutes,
  ...routerRoutes,
  ...floatingIpRoutes,
  ...groupRoutes,
  ...ruleRoutes,
  ...tagRoutes,
];
