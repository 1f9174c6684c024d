/** addresses: reserved ones of a region, external and internal. Source: API reference, addresses; "Static external IP addresses". */
import { siteOf } from './account.ts';
import { newResource } from './new-resource.ts';
import { checkKeys, labelsOf, resourceName, text, type Json } from './body.ts';
import { checkLabels, link, own, regionScopes, type Call } from './call.ts';
import { alreadyExists, danglingLink, GcpError, inUse, invalid, notFound, required } from './errors.ts';
import { aggregatedOf, entries, listOf } from './listing.ts';
import { claimAddress, freeAddress, takeAddress } from './network-records.ts';
import { subnetPath } from './networks.ts';
import { begin, ready } from './operations.ts';
import { checkRegionQuota, regionUsage } from './quotas.ts';
import type { Address, Subnetwork } from './records.ts';
import { route } from './router.ts';
import { findSubnet } from './subnetworks.ts';
import { parseLink, time, versionPrint } from './text.ts';

const known = new Set(
  'kind id creationTimestamp name description address prefixLength status region selfLink users networkTier labels labelFingerprint ipVersion addressType purpose subnetwork network ipv6EndpointType'.split(
    ' ',
  ),
);
const pathOf = (region: string, name: string) => `regions/${region}/addresses/${name}`;
const labelPrint = (address: Address) => versionPrint(address.id, address.labelVersion);

const view = (call: Call, address: Address): Json => ({
  kind: 'compute#address',
  id: address.id,
  creationTimestamp: time(address.createdAt),
  name: address.name,
  description: address.description,
  ...(address.ip !== '' && { address: address.ip }),
  addressType: address.type,
  ...(address.type === 'INTERNAL' && { purpose: 'GCE_ENDPOINT' }),
  ...(address.subnet && { subnetwork: link(call, own(call, subnetPath(address.subnet))) }),
  networkTier: address.tier,
  status: address.busy && !address.user ? 'RESERVING' : address.user ? 'IN_USE' : 'RESERVED',
  ...(address.user && {
    users: [link(call, own(call, `zones/${address.user.zone}/instances/${address.user.name}`))],
  }),
  labelFingerprint: labelPrint(address),
  ...(Object.keys(address.labels).length > 0 && { labels: address.labels }),
  region: link(call, own(call, `regions/${address.region}`)),
  selfLink: link(call, own(call, pathOf(address.region, address.name))),
});

const inRegion = (call: Call, region: string): Address[] =>
  [...call.account.addresses.values()].filter(each => each.region === region);

function find(call: Call): Address {
  const address =
    call.account.addresses.get(`${call.region}/${call.name}`) ??
    inRegion(call, call.region).find(each => each.id === call.name);
  if (!address) throw notFound(own(call, pathOf(call.region, call.name)));
  return address;
}

function internal(call: Call): { ip: string; subnet: Subnetwork } {
  const at = text(call.body, 'subnetwork');
  if (at === undefined) throw required('resource.subnetwork');
  const { name, place } = parseLink(call, at, 'resource.subnetwork', 'subnetworks');
  const subnet = place === call.region ? findSubnet(call, place, name) : undefined;
  if (!subnet) throw danglingLink('resource.subnetwork', at, 'subnetwork');
  const wanted = text(call.body, 'address');
  if (wanted === undefined) {
    const ip = takeAddress(subnet);
    if (ip === undefined)
      throw new GcpError(
        400,
        'ipSpaceExhausted',
        `IP space of '${own(call, subnetPath(subnet))}' is exhausted.`,
      );
    return { ip, subnet };
  }
  const claim = claimAddress(subnet, wanted);
  if (claim !== 'ok')
    throw invalid(
      'resource.address',
      wanted,
      claim === 'taken'
        ? `IP '${wanted}' is already being used by another resource.`
        : 'Requested internal IP address is outside the subnetwork CIDR range.',
    );
  return { ip: wanted, subnet };
}

function external(call: Call): string {
  const { account, world, body, region } = call;
  checkRegionQuota(account, 'STATIC_ADDRESSES', region, regionUsage(account, region).STATIC_ADDRESSES);
  const wanted = text(body, 'address');
  if (wanted !== undefined && wanted !== '') return promoted(call, wanted);
  const ip = world.addresses.allocate();
  if (ip === undefined)
    throw new GcpError(400, 'ipSpaceExhausted', 'No external IP address is left in the region.');
  return ip;
}

/** An ephemeral address that is in use is made static under the instance that has it. */
function promoted(call: Call, ip: string): string {
  const machine = call.world.machines.byAddress(ip);
  const instance = machine && siteOf(call.account, call.region).byMachine.get(machine.id);
  if (
    !machine ||
    machine.site.cloud !== call.account.cloud ||
    !instance?.accessConfig ||
    instance.accessConfig.address
  )
    throw invalid(
      'resource.address',
      ip,
      'Specified IP address is not allocated to the project, or is static already.',
    );
  return ip;
}

function insert(call: Call) {
  const { account, body, region, world } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  if (account.addresses.has(`${region}/${name}`)) throw alreadyExists(own(call, pathOf(region, name)));
  const type = text(body, 'addressType') ?? 'EXTERNAL';
  if (type !== 'EXTERNAL' && type !== 'INTERNAL')
    throw invalid('resource.addressType', type, 'Must be one of EXTERNAL, INTERNAL.');
  const labels = labelsOf(body);
  const resource = newResource(world, account, 'address', name, text(body, 'description'));
  const { ip, subnet } = type === 'INTERNAL' ? internal(call) : { ip: external(call), subnet: undefined };
  const address: Address = {
    ...resource,
    region,
    ip,
    type,
    tier: text(body, 'networkTier') ?? 'PREMIUM',
    subnet,
    user: undefined,
    labels,
    labelVersion: 0,
  };
  subnet?.users.add(address);
  const holder = type === 'EXTERNAL' ? world.machines.byAddress(ip) : undefined;
  const instance = holder && siteOf(account, region).byMachine.get(holder.id);
  if (instance?.accessConfig) {
    instance.accessConfig.address = address;
    address.user = instance;
  }
  account.addresses.set(`${region}/${name}`, address);
  return begin(call, {
    type: 'insert',
    scope: `regions/${region}`,
    path: pathOf(region, name),
    target: address,
  });
}

function remove(call: Call) {
  const { account, region, world } = call;
  const address = ready(call, find(call), pathOf(region, call.name));
  const path = pathOf(region, address.name);
  if (address.user)
    throw inUse(
      'address',
      own(call, path),
      own(call, `zones/${address.user.zone}/instances/${address.user.name}`),
    );
  return begin(call, {
    type: 'delete',
    scope: `regions/${region}`,
    path,
    target: address,
    finish() {
      account.addresses.delete(`${region}/${address.name}`);
      if (address.subnet) {
        address.subnet.users.delete(address);
        freeAddress(address.subnet, address.ip);
      } else world.addresses.release(address.ip);
    },
  });
}

export const addressRoutes = [
  route('addresses.list', 'GET regions/{region}/addresses', call =>
    listOf(
      call,
      'address',
      `regions/${call.region}/addresses`,
      entries(inRegion(call, call.region), each => view(call, each)),
    ),
  ),
  route('addresses.get', 'GET regions/{region}/addresses/{name}', call => ({ view: view(call, find(call)) })),
  route('addresses.insert', 'POST regions/{region}/addresses', insert),
  route('addresses.delete', 'DELETE regions/{region}/addresses/{name}', remove),
  route('addresses.setLabels', 'POST regions/{region}/addresses/{name}/setLabels', call => {
    const address = ready(call, find(call), pathOf(call.region, call.name));
    const labels = checkLabels(call, labelPrint(address));
    return begin(call, {
      type: 'setLabels',
      scope: `regions/${call.region}`,
      path: pathOf(call.region, address.name),
      target: address,
      finish() {
        address.labels = labels;
        address.labelVersion++;
      },
    });
  }),
  route('addresses.aggregatedList', 'GET aggregated/addresses', call =>
    aggregatedOf(
      call,
      'address',
      'addresses',
      ['global', ...regionScopes(call)],
      call.account.regions.flatMap(region =>
        entries(inRegion(call, region), each => view(call, each), `regions/${region}`),
      ),
    ),
  ),
];
