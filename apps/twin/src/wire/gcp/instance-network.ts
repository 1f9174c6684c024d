/** The network interface of an instance to be: which network and subnet, which addresses. Source: API reference, instances, networkInterfaces[]. */
import type { Call } from './call.ts';
import { regionOf } from './account.ts';
import { checkKeys, objects, text, type Json } from './body.ts';
import { danglingLink, GcpError, invalid, required } from './errors.ts';
import { claimAddress, takeAddress } from './network-records.ts';
import { networkPath, subnetPath } from './networks.ts';
import { own } from './call.ts';
import { ready } from './operations.ts';
import type { AccessConfig, Address, Network, Subnetwork } from './records.ts';
import { findSubnet } from './subnetworks.ts';
import { parseLink } from './text.ts';

const known = new Set(
  'kind network subnetwork networkIP ipv6Address internalIpv6PrefixLength name accessConfigs ipv6AccessConfigs aliasIpRanges fingerprint stackType ipv6AccessType nicType queueCount networkAttachment'.split(
    ' ',
  ),
);
export const knownAccess = new Set(
  'kind type name natIP setPublicPtr publicPtrDomainName networkTier externalIpv6 externalIpv6PrefixLength securityPolicy'.split(
    ' ',
  ),
);

export interface Placement {
  network: Network;
  subnet: Subnetwork;
  accessConfig: AccessConfig | undefined;
  /** As asked for, or "". */
  wantedIp: string;
}

function subnetOf(call: Call, nic: Json, at: string): Subnetwork {
  const { account } = call;
  const region = regionOf(call.zone);
  const networkLink = text(nic, 'network', at);
  const subnetLink = text(nic, 'subnetwork', at);
  let network: Network | undefined;
  if (networkLink !== undefined || subnetLink === undefined) {
    const link = networkLink ?? 'global/networks/default';
    const { name, project } = parseLink(call, link, `${at}.network`, 'networks');
    network = project === account.projectId ? account.networks.get(name) : undefined;
    if (!network) throw danglingLink(`${at}.network`, link, 'network');
    ready(call, network, networkPath(network.name));
  }
  if (subnetLink !== undefined) {
    const { name, place } = parseLink(call, subnetLink, `${at}.subnetwork`, 'subnetworks');
    if (place !== region)
      throw invalid(
        `${at}.subnetwork`,
        subnetLink,
        `The subnetwork is in region '${place}', the instance would be in '${region}'.`,
      );
    const subnet = findSubnet(call, place, name);
    if (!subnet) throw danglingLink(`${at}.subnetwork`, subnetLink, 'subnetwork');
    if (network && subnet.network !== network)
      throw invalid(`${at}.subnetwork`, subnetLink, `The subnetwork is not of network '${network.name}'.`);
    return ready(call, subnet, subnetPath(subnet));
  }
  const auto = network?.auto ? findIn(network, region) : undefined;
  if (!auto || !network)
    throw invalid(
      `${at}.subnetwork`,
      '',
      network?.auto === false
        ? 'Subnetwork should be specified for custom subnetmode network'
        : `The network has no subnetwork in region '${region}'.`,
    );
  return auto;
}

function findIn(network: Network, region: string): Subnetwork | undefined {
  for (const subnet of network.subnets.values()) if (subnet.auto && subnet.region === region) return subnet;
  return undefined;
}

/** Of accessConfigs[] and of addAccessConfig. */
export function accessConfigOf(call: Call, json: Json, at: string): AccessConfig {
  checkKeys(json, knownAccess, at);
  const type = text(json, 'type', at) ?? 'ONE_TO_ONE_NAT';
  if (type !== 'ONE_TO_ONE_NAT') throw invalid(`${at}.type`, type, 'Must be ONE_TO_ONE_NAT.');
  const tier = text(json, 'networkTier', at) ?? 'PREMIUM';
  if (tier !== 'PREMIUM' && tier !== 'STANDARD')
    throw invalid(`${at}.networkTier`, tier, 'Must be one of PREMIUM, STANDARD.');
  return {
    name: text(json, 'name', at) ?? 'external-nat',
    tier,
    address: reserved(call, text(json, 'natIP', at), `${at}.natIP`),
  };
}

function reserved(call: Call, ip: string | undefined, field: string): Address | undefined {
  if (ip === undefined || ip === '') return undefined;
  const region = regionOf(call.zone);
  for (const address of call.account.addresses.values()) {
    if (address.region !== region || address.ip !== ip || address.type !== 'EXTERNAL') continue;
    if (address.user) throw new GcpError(400, 'invalid', `External IP address: ${ip} is already in-use.`);
    return address;
  }
  throw invalid(field, ip, `The specified external IP address '${ip}' was not found in region '${region}'.`);
}

export function placementOf(call: Call, body: Json): Placement {
  const interfaces = objects(body, 'networkInterfaces');
  const [nic, second] = interfaces ?? [];
  if (!nic) throw required('resource.networkInterfaces');
  if (second)
    throw invalid(
      'resource.networkInterfaces',
      '',
      'At most 1 network interface is allowed for this machine type.',
    );
  const at = 'resource.networkInterfaces[0]';
  checkKeys(nic, known, at);
  const subnet = subnetOf(call, nic, at);
  const [access, another] = objects(nic, 'accessConfigs', at) ?? [];
  if (another) throw invalid(`${at}.accessConfigs`, '', 'At most one access config currently supported.');
  return {
    network: subnet.network,
    subnet,
    accessConfig: access && accessConfigOf(call, access, `${at}.accessConfigs[0]`),
    wantedIp: text(nic, 'networkIP', at) ?? '',
  };
}

/** Takes an internal address: the wanted one, a reserved one, or the next. */
export function takePrivateIp(
  call: Call,
  { subnet, wantedIp }: Placement,
): { ip: string; reserved: Address | undefined } {
  const field = 'resource.networkInterfaces[0].networkIP';
  if (wantedIp === '') {
    const ip = takeAddress(subnet);
    if (ip === undefined)
      throw new GcpError(
        400,
        'ipSpaceExhausted',
        `IP space of '${own(call, subnetPath(subnet))}' is exhausted.`,
      );
    return { ip, reserved: undefined };
  }
  for (const user of subnet.users)
    if ('ip' in user && user.ip === wantedIp && !user.user) return { ip: wantedIp, reserved: user };
  const claim = claimAddress(subnet, wantedIp);
  if (claim === 'taken')
    throw new GcpError(400, 'invalid', `IP '${wantedIp}' is already being used by another resource.`);
  if (claim === 'outside')
    throw invalid(field, wantedIp, 'Requested internal IP address is outside the network/subnetwork range.');
  return { ip: wantedIp, reserved: undefined };
}
