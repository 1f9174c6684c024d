/**
 * Where an instance to be goes: subnet, groups, addresses – from the top level of RunInstances or from its one network interface,
 * never both. Source: EC2 API reference, RunInstances and InstanceNetworkInterfaceSpecification.
 */
import { parseAddress } from '@cloud-barista/model/cidr';
import type { Call } from './call.ts';
import { Ec2Error, combination, invalidValue } from './errors.ts';
import { groupByName } from './group-names.ts';
import { lookup, notFound } from './ids.ts';
import type { Params } from './query.ts';
import { quota } from './quotas.ts';
import type { SecurityGroup, Subnet } from './records.ts';
import { defaultGroup, defaultVpc, type AwsSite } from './site.ts';
import type { Zone } from './zones.ts';

export interface LaunchNetwork {
  subnet: Subnet;
  groups: readonly SecurityGroup[];
  publicIp: boolean;
  privateIp: string | undefined;
  /** The private address as an offset in the subnet; -1 where none is asked for. */
  offset: number;
}

function oneInterface({ params }: Call): Params | undefined {
  const [first, second] = params.list('NetworkInterface');
  if (!first) return undefined;
  if (second) throw new Ec2Error('Unsupported', 'One network interface an instance is supported at launch.');
  if ((first.integer('DeviceIndex') ?? 0) !== 0)
    throw invalidValue(
      first.text('DeviceIndex') ?? '',
      'deviceIndex',
      'The primary network interface has device index 0.',
    );
  const standing = first.text('NetworkInterfaceId');
  if (standing !== undefined) throw notFound('interface', standing);
  if (params.text('SubnetId') !== undefined)
    throw combination(
      'Network interfaces and an instance-level subnet ID may not be specified on the same request',
    );
  if (params.list('SecurityGroupId').length > 0 || params.list('SecurityGroup').length > 0)
    throw combination(
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    );
  if (params.text('PrivateIpAddress') !== undefined)
    throw combination(
      'Network interfaces and an instance-level private IP address may not be specified on the same request',
    );
  return first;
}

function chooseSubnet(call: Call, id: string | undefined, offers: (zone: Zone) => boolean): Subnet {
  const { site, params } = call;
  const zoneName = params.text('Placement.AvailabilityZone');
  if (zoneName !== undefined && zoneName !== '' && !site.zones.some(zone => zone.name === zoneName))
    throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${zoneName}]`);
  if (id !== undefined && id !== '') {
    const subnet = lookup(site.subnets, 'subnet', id);
    if (zoneName !== undefined && zoneName !== '' && subnet.zone.name !== zoneName)
      throw invalidValue(
        zoneName,
        'availabilityZone',
        `The availability zone does not match that of subnet ${id}.`,
      );
    return subnet;
  }
  const vpc = defaultVpc(site);
  if (!vpc)
    throw new Ec2Error(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    );
  const fit = [...site.subnets.values()].filter(subnet => subnet.vpc === vpc && subnet.isDefault);
  const subnet =
    zoneName !== undefined && zoneName !== ''
      ? fit.find(one => one.zone.name === zoneName)
      : (fit.find(one => offers(one.zone)) ?? fit[0]);
  if (subnet) return subnet;
  throw new Ec2Error(
    'MissingInput',
    `No subnets found for the default VPC '${vpc.id}'. Please specify a subnet.`,
  );
}

export function readGroups(site: AwsSite, subnet: Subnet, ids: string[]): readonly SecurityGroup[] {
  const groups = [...new Set(ids)].map(id => lookup(site.groups, 'securityGroup', id));
  for (const group of groups)
    if (group.vpc !== subnet.vpc)
      throw new Ec2Error(
        'InvalidParameter',
        `Security group ${group.id} and subnet ${subnet.id} belong to different networks.`,
      );
  const most = quota(site.cloud, 'securityGroupsPerInterface');
  if (groups.length > most)
    throw new Ec2Error(
      'SecurityGroupsPerInterfaceLimitExceeded',
      `The maximum number of security groups per interface (${most}) has been reached.`,
    );
  if (groups.length > 0) return groups;
  const usual = defaultGroup(site, subnet.vpc);
  return usual ? [usual] : [];
}

function readPrivateIp(subnet: Subnet, text: string | undefined): number {
  if (text === undefined || text === '') return -1;
  const value = parseAddress(text);
  if (value === undefined) throw invalidValue(text, 'privateIpAddress', 'It is not an IPv4 address.');
  const offset = value - subnet.block.base;
  const size = 2 ** (32 - subnet.block.prefix);
  if (offset < 0 || offset >= size)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Address ${text} does not fall within the subnet's address range`,
    );
  if (offset < 4 || offset === size - 1)
    throw new Ec2Error('InvalidParameterValue', `Address ${text} is in subnet's reserved address range`);
  if (subnet.used.has(offset)) throw new Ec2Error('InvalidIPAddress.InUse', `Address ${text} is in use.`);
  return offset;
}

export function readNetwork(call: Call, offers: (zone: Zone) => boolean): LaunchNetwork {
  const { site, params } = call;
  const card = oneInterface(call);
  const subnetId = card ? card.text('SubnetId') : params.text('SubnetId');
  const subnet = chooseSubnet(call, subnetId, offers);
  const names = params.texts('SecurityGroup');
  if (names.length > 0 && subnetId !== undefined && subnetId !== '')
    throw combination('The parameter groupName cannot be used with the parameter subnet');
  const ids = card ? card.texts('SecurityGroupId') : params.texts('SecurityGroupId');
  const groups = readGroups(site, subnet, [...ids, ...names.map(name => groupByName(site, name).id)]);
  const offset = readPrivateIp(
    subnet,
    card ? card.text('PrivateIpAddress') : params.text('PrivateIpAddress'),
  );
  const privateIp = offset < 0 ? undefined : (card ?? params).text('PrivateIpAddress');
  const publicIp = card?.boolean('AssociatePublicIpAddress') ?? subnet.mapPublicIp;
  return {
    subnet,
    groups,
    publicIp,
    privateIp: privateIp === undefined ? undefined : Buffer.from(privateIp).toString(),
    offset,
  };
}
