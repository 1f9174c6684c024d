/** Subscriptions, tenants, locations, providers, and all resources in one list. Source: Subscription and Resource Management REST APIs. */
import { versionsOf } from '../api-versions.ts';
import { ok, param, type Call, type Reply } from '../call.ts';
import { ArmError } from '../errors.ts';
import { idOf } from '../ids.ts';
import { page } from '../pages.ts';
import {
  fullType,
  namespaces,
  noTags,
  resourceTypes,
  type Group,
  type PublicIp,
  type Tracked,
} from '../records.ts';
import { regionOf } from '../regions.ts';
import { route, type Route } from '../router.ts';
import { groupOf, head } from '../tracked.ts';
import { isTagFilter, parseFilter } from './filter.ts';

const subscriptionView = ({ account }: Call) => ({
  id: `/subscriptions/${account.subscriptionId}`,
  authorizationSource: 'RoleBased',
  managedByTenants: [],
  subscriptionId: account.subscriptionId,
  tenantId: account.tenantId,
  displayName: account.cloud.name,
  state: 'Enabled',
  subscriptionPolicies: {
    locationPlacementId: 'Public_2014-09-01',
    quotaId: 'PayAsYouGo_2014-09-01',
    spendingLimit: 'Off',
  },
  ...(account.tags !== noTags && { tags: account.tags }),
});

/** Logical zones are dealt out anew to each subscription. */
const physicalZone = (subscription: string, region: string, zone: string, count: number): string => {
  const shift = Number.parseInt(subscription.slice(0, 4), 16) + region.length;
  return `${region}-az${((Number(zone) - 1 + shift) % count) + 1}`;
};

function locations({ account }: Call): Reply {
  const id = (name: string) => `/subscriptions/${account.subscriptionId}/locations/${name}`;
  return ok({
    value: account.cloud.regions.map(name => {
      const region = regionOf(name);
      return {
        id: id(name),
        name,
        type: 'Region',
        displayName: region.displayName,
        regionalDisplayName: `(${region.geographyGroup}) ${region.displayName}`,
        metadata: {
          regionType: 'Physical',
          regionCategory: region.zones.length > 0 ? 'Recommended' : 'Other',
          geography: region.geography,
          geographyGroup: region.geographyGroup,
          longitude: region.longitude,
          latitude: region.latitude,
          physicalLocation: region.place,
          pairedRegion: region.pair === '' ? [] : [{ name: region.pair, id: id(region.pair) }],
        },
        ...(region.zones.length > 0 && {
          availabilityZoneMappings: region.zones.map(zone => ({
            logicalZone: zone,
            physicalZone: physicalZone(account.subscriptionId, name, zone, region.zones.length),
          })),
        }),
      };
    }),
  });
}

function providerView(call: Call, namespace: string) {
  const own = resourceTypes.filter(type => namespaces[type].toLowerCase() === namespace.toLowerCase());
  const [first] = own;
  if (!first)
    throw new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
  const shown = call.account.cloud.regions.map(name => regionOf(name).displayName);
  const name = namespaces[first];
  return {
    id: `/subscriptions/${call.account.subscriptionId}/providers/${name}`,
    namespace: name,
    registrationPolicy: 'RegistrationRequired',
    registrationState: 'Registered',
    resourceTypes: own.map(type => ({
      resourceType: type,
      locations: shown,
      apiVersions: versionsOf(name, type),
      capabilities: 'CrossResourceGroupResourceMove, SupportsTags, SupportsLocation',
    })),
  };
}

function resources(call: Call, groups: Iterable<Group>): Reply {
  const text = call.query.get('$filter');
  const filter = parseFilter(text);
  const hidden = isTagFilter(text);
  const expand = call.query.get('$expand')?.toLowerCase() ?? '';
  const found: Tracked[] = [];
  for (const group of groups)
    for (const type of resourceTypes)
      for (const resource of group.resources[type].values()) {
        const { name, tags, location } = resource;
        if (filter({ name, tags, location, type: fullType(type), group: group.name })) found.push(resource);
      }
  found.sort((a, b) => a.n - b.n);
  return page(
    call,
    found,
    resource => {
      const shown = head(resource);
      const sku = resource.type === 'publicIPAddresses' ? (resource as PublicIp).sku : undefined;
      return {
        id: idOf(resource),
        name: resource.name,
        type: fullType(resource.type),
        location: resource.location,
        ...(sku !== undefined && { sku: { name: sku, tier: 'Regional' } }),
        // A search by tag does not show them again.
        ...(!hidden && 'tags' in shown && { tags: shown.tags }),
        ...(expand.includes('createdtime') && { createdTime: new Date(resource.createdAt).toISOString() }),
        ...(expand.includes('provisioningstate') && { provisioningState: resource.state }),
      };
    },
    { top: true },
  );
}

export const subscriptionRoutes: readonly Route[] = [
  route('Subscriptions_List', 'GET /subscriptions', call =>
    ok({ value: [subscriptionView(call)], count: { type: 'Total', value: 1 } }),
  ),
  route('Subscriptions_Get', 'GET /subscriptions/{}', call => ok(subscriptionView(call))),
  route('Subscriptions_ListLocations', 'GET /subscriptions/{}/locations', locations),
  route('Tenants_List', 'GET /tenants', ({ account }) =>
    ok({
      value: [
        {
          id: `/tenants/${account.tenantId}`,
          tenantId: account.tenantId,
          displayName: account.cloud.name,
          tenantCategory: 'Home',
        },
      ],
    }),
  ),
  route('Providers_List', 'GET /subscriptions/{}/providers', call =>
    ok({ value: ['Microsoft.Compute', 'Microsoft.Network'].map(namespace => providerView(call, namespace)) }),
  ),
  route('Providers_Get', 'GET /subscriptions/{}/providers/{}', call =>
    ok(providerView(call, param(call, 1))),
  ),
  route('Providers_Register', 'POST /subscriptions/{}/providers/{}/register', call =>
    ok(providerView(call, param(call, 1))),
  ),
  route('Resources_List', 'GET /subscriptions/{}/resources', call =>
    resources(call, call.account.groups.values()),
  ),
  route('Resources_ListByResourceGroup', 'GET /subscriptions/{}/resourceGroups/{}/resources', call =>
    resources(call, [groupOf(call)]),
  ),
];
