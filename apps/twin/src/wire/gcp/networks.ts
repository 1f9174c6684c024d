/** networks and routes. Source: API reference, networks and routes; "VPC networks". */
import { formatCidr } from '@cloud-barista/model/cidr';
import { isGiven } from './account.ts';
import { newResource } from './new-resource.ts';
import { checkKeys, flag, integer, object, resourceName, text, type Json } from './body.ts';
import { link, own, type Call } from './call.ts';
import { alreadyExists, GcpError, inUse, invalid, notFound } from './errors.ts';
import { entries, listOf, shown } from './listing.ts';
import { createNetworkRecord, fillAutoNetwork } from './network-records.ts';
import { begin, ready } from './operations.ts';
import { checkProjectQuota, projectUsage } from './quotas.ts';
import type { Network, Subnetwork } from './records.ts';
import { route } from './router.ts';
import { time } from './text.ts';

const known = new Set(
  'kind id creationTimestamp name description selfLink selfLinkWithId autoCreateSubnetworks IPv4Range gatewayIPv4 subnetworks peerings routingConfig mtu firewallPolicy networkFirewallPolicyEnforcementOrder enableUlaInternalIpv6 internalIpv6Range networkProfile params'.split(
    ' ',
  ),
);

export const networkPath = (name: string): string => `global/networks/${name}`;
export const subnetPath = (subnet: Subnetwork): string =>
  `regions/${subnet.region}/subnetworks/${subnet.name}`;

const networkView = (call: Call, network: Network): Json => ({
  kind: 'compute#network',
  id: network.id,
  creationTimestamp: time(network.createdAt),
  name: network.name,
  ...(network.description !== '' && { description: network.description }),
  selfLink: link(call, own(call, networkPath(network.name))),
  selfLinkWithId: link(call, own(call, networkPath(network.id))),
  autoCreateSubnetworks: network.auto,
  ...(network.subnets.size > 0 && {
    subnetworks: [...network.subnets.values()].map(subnet => link(call, own(call, subnetPath(subnet)))),
  }),
  routingConfig: { routingMode: network.routingMode },
  mtu: network.mtu,
  networkFirewallPolicyEnforcementOrder: 'AFTER_CLASSIC_FIREWALL',
});

/** By name or id. */
function find(call: Call): Network {
  const { networks } = call.account;
  const network = networks.get(call.name) ?? [...networks.values()].find(each => each.id === call.name);
  if (!network) throw notFound(own(call, networkPath(call.name)));
  return network;
}

function routingMode(body: Json): Network['routingMode'] | undefined {
  const mode = text(object(body, 'routingConfig') ?? {}, 'routingMode', 'resource.routingConfig');
  if (mode !== undefined && mode !== 'REGIONAL' && mode !== 'GLOBAL')
    throw invalid('resource.routingConfig.routingMode', mode, 'Must be one of REGIONAL, GLOBAL.');
  return mode;
}

function mtuOf(body: Json): number | undefined {
  const mtu = integer(body, 'mtu');
  if (mtu !== undefined && mtu !== 0 && (mtu < 1300 || mtu > 8896))
    throw invalid('resource.mtu', mtu, 'Must be between 1300 and 8896.');
  return mtu === 0 ? undefined : mtu;
}

function insert(call: Call) {
  const { body, account, world } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  const auto = flag(body, 'autoCreateSubnetworks');
  if (body['IPv4Range'] !== undefined || auto === undefined)
    throw new GcpError(
      400,
      'invalid',
      'Legacy networks are not supported: autoCreateSubnetworks must be given as true or false.',
    );
  if (account.networks.has(name)) throw alreadyExists(own(call, networkPath(name)));
  checkProjectQuota(account, 'NETWORKS', account.networks.size);
  const regions = account.regions.length;
  if (auto) checkProjectQuota(account, 'SUBNETWORKS', projectUsage(account).SUBNETWORKS, regions);
  const network = createNetworkRecord(
    world,
    account,
    newResource(world, account, 'network', name, text(body, 'description')),
  );
  network.auto = auto;
  network.routingMode = routingMode(body) ?? 'REGIONAL';
  network.mtu = mtuOf(body) ?? 1460;
  account.networks.set(name, network);
  if (auto) fillAutoNetwork(world, account, network);
  return begin(call, { type: 'insert', scope: 'global', path: networkPath(name), target: network });
}

function remove(call: Call) {
  const { account } = call;
  const network = ready(call, find(call), networkPath(call.name));
  const path = networkPath(network.name);
  const used = (by: string) => inUse('network', own(call, path), own(call, by));
  for (const rule of network.firewalls.values()) throw used(`global/firewalls/${rule.name}`);
  for (const subnet of network.subnets.values()) {
    if (!subnet.auto) throw used(subnetPath(subnet));
    for (const user of subnet.users)
      throw used(
        'zone' in user
          ? `zones/${user.zone}/instances/${user.name}`
          : `regions/${user.region}/addresses/${user.name}`,
      );
  }
  return begin(call, {
    type: 'delete',
    scope: 'global',
    path,
    target: network,
    finish: () => account.networks.delete(network.name),
  });
}

function patch(call: Call) {
  const network = ready(call, find(call), networkPath(call.name));
  checkKeys(call.body, known, 'resource');
  const mode = routingMode(call.body);
  const mtu = mtuOf(call.body);
  return begin(call, {
    type: 'patch',
    scope: 'global',
    path: networkPath(network.name),
    target: network,
    finish() {
      network.routingMode = mode ?? network.routingMode;
      network.mtu = mtu ?? network.mtu;
    },
  });
}

function* routeViews(call: Call): Generator<Json> {
  for (const network of call.account.networks.values()) {
    const common = {
      kind: 'compute#route',
      creationTimestamp: time(network.createdAt),
      network: link(call, own(call, networkPath(network.name))),
    };
    const self = (name: string) => ({ name, selfLink: link(call, own(call, `global/routes/${name}`)) });
    yield {
      ...common,
      ...self(network.routeName),
      id: network.routeId,
      description: 'Default route to the Internet.',
      destRange: '0.0.0.0/0',
      priority: 1000,
      nextHopGateway: link(call, own(call, 'global/gateways/default-internet-gateway')),
    };
    for (const subnet of network.subnets.values())
      yield {
        ...common,
        ...self(`default-route-${BigInt(subnet.id).toString(16).padStart(16, '0')}`),
        id: subnet.id,
        creationTimestamp: time(subnet.createdAt),
        description: `Default local route to the subnetwork ${formatCidr(subnet.block)}.`,
        destRange: formatCidr(subnet.block),
        priority: 0,
        nextHopNetwork: link(call, own(call, networkPath(network.name))),
      };
  }
}

export const networkRoutes = [
  route('networks.list', 'GET global/networks', call =>
    listOf(
      call,
      'network',
      'global/networks',
      entries(call.account.networks.values(), each => networkView(call, each)),
    ),
  ),
  route('networks.get', 'GET global/networks/{name}', call => ({ view: networkView(call, find(call)) })),
  route('networks.insert', 'POST global/networks', insert),
  route('networks.patch', 'PATCH global/networks/{name}', patch),
  route('networks.delete', 'DELETE global/networks/{name}', remove),
  route('networks.switchToCustomMode', 'POST global/networks/{name}/switchToCustomMode', call => {
    const network = ready(call, find(call), networkPath(call.name));
    if (!network.auto)
      throw new GcpError(400, 'invalid', 'Cannot switch network to custom mode: it is one already.');
    return begin(call, {
      type: 'switchToCustomMode',
      scope: 'global',
      path: networkPath(network.name),
      target: network,
      finish() {
        network.auto = false;
        if (isGiven(call.account, network)) return;
        for (const subnet of network.subnets.values()) subnet.auto = false;
      },
    });
  }),
  route('routes.list', 'GET global/routes', call =>
    listOf(call, 'route', 'global/routes', shown([...routeViews(call)])),
  ),
  route('routes.get', 'GET global/routes/{name}', call => {
    const view = [...routeViews(call)].find(each => each['name'] === call.name);
    if (!view) throw notFound(own(call, `global/routes/${call.name}`));
    return { view };
  }),
];
