/** subnetworks. Source: API reference, subnetworks; "Subnets", valid IPv4 ranges. */
import { contains, formatCidr, overlaps, parseCidr, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import { newResource } from './new-resource.ts';
import { checkKeys, flag, neededText, object, resourceName, text, type Json } from './body.ts';
import { checkFingerprint, link, own, regionScopes, type Call } from './call.ts';
import { alreadyExists, danglingLink, GcpError, inUse, invalid, notFound } from './errors.ts';
import { aggregatedOf, entries, listOf } from './listing.ts';
import { autoBlock, createSubnetRecord, gatewayOf, subnetKey } from './network-records.ts';
import { networkPath, subnetPath } from './networks.ts';
import { begin, ready } from './operations.ts';
import { checkProjectQuota, projectUsage } from './quotas.ts';
import type { Network, Subnetwork } from './records.ts';
import { route } from './router.ts';
import { parseLink, time, versionPrint } from './text.ts';

const known = new Set(
  'kind id creationTimestamp name description network ipCidrRange reservedInternalRange gatewayAddress region selfLink privateIpGoogleAccess secondaryIpRanges fingerprint enableFlowLogs privateIpv6GoogleAccess externalIpv6Prefix internalIpv6Prefix ipv6CidrRange purpose role state logConfig stackType ipv6AccessType params'.split(
    ' ',
  ),
);

/** "Prohibited IPv4 subnet ranges". */
const prohibited = [
  '199.36.153.4/30',
  '199.36.153.8/30',
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
].map(each => parseCidr(each));

const revisionOf = (subnet: Subnetwork) => versionPrint(subnet.id, subnet.revision);

const view = (call: Call, subnet: Subnetwork): Json => ({
  kind: 'compute#subnetwork',
  id: subnet.id,
  creationTimestamp: time(subnet.createdAt),
  name: subnet.name,
  ...(subnet.description !== '' && { description: subnet.description }),
  network: link(call, own(call, networkPath(subnet.network.name))),
  ipCidrRange: formatCidr(subnet.block),
  gatewayAddress: gatewayOf(subnet),
  region: link(call, own(call, `regions/${subnet.region}`)),
  selfLink: link(call, own(call, subnetPath(subnet))),
  privateIpGoogleAccess: subnet.privateGoogleAccess,
  privateIpv6GoogleAccess: 'DISABLE_GOOGLE_ACCESS',
  purpose: subnet.purpose,
  stackType: 'IPV4_ONLY',
  fingerprint: revisionOf(subnet),
});

function* subnetsIn(call: Call, region: string): Generator<Subnetwork> {
  for (const network of call.account.networks.values())
    for (const subnet of network.subnets.values()) if (subnet.region === region) yield subnet;
}

/** Names are one region's, whatever the network. */
export function findSubnet(call: Call, region: string, name: string): Subnetwork | undefined {
  for (const subnet of subnetsIn(call, region)) if (subnet.name === name || subnet.id === name) return subnet;
  return undefined;
}

function find(call: Call): Subnetwork {
  const subnet = findSubnet(call, call.region, call.name);
  if (!subnet) throw notFound(own(call, `regions/${call.region}/subnetworks/${call.name}`));
  return subnet;
}

function blockOf(value: string): Cidr {
  const field = 'resource.ipCidrRange';
  const block = tryCidr(value);
  if (!block)
    throw invalid(
      field,
      value,
      'Must be a valid IPv4 address range in CIDR notation, with no bits set behind the prefix.',
    );
  if (block.prefix < 4 || block.prefix > 29)
    throw invalid(field, value, 'Subnetwork IP range mask must be between /4 and /29.');
  if (prohibited.some(each => overlaps(each, block)))
    throw invalid(field, value, 'Range is prohibited or reserved.');
  return block;
}

function checkFree(call: Call, network: Network, block: Cidr, but?: Subnetwork): void {
  for (const other of network.subnets.values())
    if (other !== but && overlaps(other.block, block))
      throw invalid(
        'resource.ipCidrRange',
        formatCidr(block),
        `Invalid IPCidrRange: ${formatCidr(block)} conflicts with existing subnetwork '${other.name}' in region '${other.region}'.`,
      );
  if (network.auto && !but && overlaps(autoBlock, block))
    throw invalid(
      'resource.ipCidrRange',
      formatCidr(block),
      `Range is reserved for automatic subnetworks of auto mode networks: ${formatCidr(autoBlock)}.`,
    );
}

function insert(call: Call) {
  const { account, body, region, world } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  const at = neededText(body, 'network');
  const { name: networkName, project } = parseLink(call, at, 'resource.network', 'networks');
  const network = project === account.projectId ? account.networks.get(networkName) : undefined;
  if (!network) throw danglingLink('resource.network', at, 'network');
  ready(call, network, networkPath(network.name));
  const givenRegion = text(body, 'region');
  if (givenRegion !== undefined && givenRegion.split('/').at(-1) !== region)
    throw invalid('resource.region', givenRegion, `Must be the region of the request, ${region}.`);
  const block = blockOf(neededText(body, 'ipCidrRange'));
  const path = `regions/${region}/subnetworks/${name}`;
  if (findSubnet(call, region, name)) throw alreadyExists(own(call, path));
  checkFree(call, network, block);
  checkProjectQuota(account, 'SUBNETWORKS', projectUsage(account).SUBNETWORKS);
  const resource = newResource(world, account, 'subnetwork', name, text(body, 'description'));
  const subnet = createSubnetRecord(resource, network, region, block);
  subnet.privateGoogleAccess = flag(body, 'privateIpGoogleAccess') ?? false;
  subnet.purpose = text(body, 'purpose') ?? 'PRIVATE';
  object(body, 'logConfig');
  network.subnets.set(subnetKey(region, name), subnet);
  return begin(call, { type: 'insert', scope: `regions/${region}`, path, target: subnet });
}

function remove(call: Call) {
  const subnet = ready(call, find(call), `regions/${call.region}/subnetworks/${call.name}`);
  const path = subnetPath(subnet);
  for (const user of subnet.users)
    throw inUse(
      'subnetwork',
      own(call, path),
      own(
        call,
        'zone' in user
          ? `zones/${user.zone}/instances/${user.name}`
          : `regions/${user.region}/addresses/${user.name}`,
      ),
    );
  if (subnet.auto && subnet.network.auto)
    throw new GcpError(
      400,
      'invalid',
      `Invalid resource usage: 'Cannot delete auto subnetwork from an auto subnet mode network.'.`,
    );
  return begin(call, {
    type: 'delete',
    scope: `regions/${subnet.region}`,
    path,
    target: subnet,
    finish: () => subnet.network.subnets.delete(subnetKey(subnet.region, subnet.name)),
  });
}

const change = (call: Call, subnet: Subnetwork, type: string, finish: () => void) =>
  begin(call, {
    type,
    scope: `regions/${subnet.region}`,
    path: subnetPath(subnet),
    target: subnet,
    finish() {
      subnet.revision++;
      finish();
    },
  });

export const subnetworkRoutes = [
  route('subnetworks.list', 'GET regions/{region}/subnetworks', call =>
    listOf(
      call,
      'subnetwork',
      `regions/${call.region}/subnetworks`,
      entries(subnetsIn(call, call.region), each => view(call, each)),
    ),
  ),
  route('subnetworks.get', 'GET regions/{region}/subnetworks/{name}', call => ({
    view: view(call, find(call)),
  })),
  route('subnetworks.insert', 'POST regions/{region}/subnetworks', insert),
  route('subnetworks.delete', 'DELETE regions/{region}/subnetworks/{name}', remove),
  route('subnetworks.patch', 'PATCH regions/{region}/subnetworks/{name}', call => {
    const subnet = ready(call, find(call), `regions/${call.region}/subnetworks/${call.name}`);
    checkKeys(call.body, known, 'resource');
    checkFingerprint(call.body['fingerprint'], revisionOf(subnet), 'subnetwork');
    const access = flag(call.body, 'privateIpGoogleAccess');
    const description = text(call.body, 'description');
    return change(call, subnet, 'patch', () => {
      subnet.privateGoogleAccess = access ?? subnet.privateGoogleAccess;
      subnet.description = description ?? subnet.description;
    });
  }),
  route(
    'subnetworks.expandIpCidrRange',
    'POST regions/{region}/subnetworks/{name}/expandIpCidrRange',
    call => {
      const subnet = ready(call, find(call), `regions/${call.region}/subnetworks/${call.name}`);
      const block = blockOf(neededText(call.body, 'ipCidrRange'));
      if (!contains(block, subnet.block) || block.prefix === subnet.block.prefix)
        throw invalid(
          'resource.ipCidrRange',
          formatCidr(block),
          `New IP CIDR range must be a superset of the current one, ${formatCidr(subnet.block)}.`,
        );
      checkFree(call, subnet.network, block, subnet);
      return change(call, subnet, 'expandIpCidrRange', () => {
        // Addresses are kept as offsets from the base, which may move.
        const shift = subnet.block.base - block.base;
        subnet.used = new Set([...subnet.used].map(offset => offset + shift));
        subnet.cursor += shift;
        subnet.block = block;
      });
    },
  ),
  route(
    'subnetworks.setPrivateIpGoogleAccess',
    'POST regions/{region}/subnetworks/{name}/setPrivateIpGoogleAccess',
    call => {
      const subnet = ready(call, find(call), `regions/${call.region}/subnetworks/${call.name}`);
      const access = flag(call.body, 'privateIpGoogleAccess') ?? false;
      return change(call, subnet, 'setPrivateIpGoogleAccess', () => {
        subnet.privateGoogleAccess = access;
      });
    },
  ),
  route('subnetworks.aggregatedList', 'GET aggregated/subnetworks', call =>
    aggregatedOf(
      call,
      'subnetwork',
      'subnetworks',
      regionScopes(call),
      call.account.regions.flatMap(region =>
        entries(subnetsIn(call, region), each => view(call, each), `regions/${region}`),
      ),
    ),
  ),
];
