/** Subnets: a zone's part of a VPC's block. Source: VPC user guide, "Subnet CIDR blocks". */
import { contains, formatCidr, overlaps } from '@cloud-barista/model/cidr';
import { commit, type Call } from './call.ts';
import { Ec2Error, dependency, invalidValue } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { lookup, select } from './ids.ts';
import { quota } from './quotas.ts';
import type { Subnet } from './records.ts';
import { freeAddresses, makeSubnet, type AwsSite } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import { readCidr } from './vpcs.ts';
import type { Members } from './xml.ts';

export function createSubnet(call: Call): Members {
  const { site, params } = call;
  const vpc = lookup(site.vpcs, 'vpc', params.required('VpcId'));
  const text = params.required('CidrBlock');
  const block = readCidr(text, 'cidrBlock');
  if (block.prefix < 16 || block.prefix > 28 || !contains(vpc.block, block))
    throw new Ec2Error('InvalidSubnet.Range', `The CIDR '${text}' is invalid.`);
  const siblings = [...site.subnets.values()].filter(subnet => subnet.vpc === vpc);
  if (siblings.some(subnet => overlaps(subnet.block, block)))
    throw new Ec2Error('InvalidSubnet.Conflict', `The CIDR '${text}' conflicts with another subnet`);
  const name = params.text('AvailabilityZone');
  const id = params.text('AvailabilityZoneId');
  const zone =
    name === undefined && id === undefined
      ? site.zones[siblings.length % site.zones.length]
      : site.zones.find(
          candidate =>
            (name === undefined || candidate.name === name) && (id === undefined || candidate.id === id),
        );
  if (!zone)
    throw invalidValue(
      name ?? id ?? '',
      'availabilityZone',
      `Subnets can currently only be created in the following availability zones: ${site.zones.map(one => one.name).join(', ')}.`,
    );
  const tags = specifiedTags(params, 'subnet');
  if (siblings.length >= quota(site.cloud, 'subnetsPerVpc'))
    throw new Ec2Error('SubnetLimitExceeded', 'The maximum number of subnets for the VPC has been reached.');
  commit(call);
  return { subnet: subnetView(site, makeSubnet(site, vpc, zone, block, false, tags)) };
}

export function deleteSubnet(call: Call): Members {
  const { site, params } = call;
  const subnet = lookup(site.subnets, 'subnet', params.required('SubnetId'));
  if (subnet.used.size > 0)
    throw dependency(`The subnet '${subnet.id}' has dependencies and cannot be deleted.`);
  commit(call);
  site.subnets.delete(subnet.id);
  return { return: true };
}

export function modifySubnetAttribute(call: Call): Members {
  const { site, params } = call;
  const subnet = lookup(site.subnets, 'subnet', params.required('SubnetId'));
  const mapPublicIp = params.boolean('MapPublicIpOnLaunch.Value');
  commit(call);
  if (mapPublicIp !== undefined) subnet.mapPublicIp = mapPublicIp;
  return { return: true };
}

const arn = (site: AwsSite, subnet: Subnet) =>
  `arn:aws:ec2:${site.region}:${site.accountId}:subnet/${subnet.id}`;

function subnetView(site: AwsSite, subnet: Subnet): Members {
  return {
    subnetId: subnet.id,
    subnetArn: arn(site, subnet),
    state: 'available',
    ownerId: site.accountId,
    vpcId: subnet.vpc.id,
    cidrBlock: formatCidr(subnet.block),
    ipv6CidrBlockAssociationSet: [],
    availableIpAddressCount: freeAddresses(subnet),
    availabilityZone: subnet.zone.name,
    availabilityZoneId: subnet.zone.id,
    defaultForAz: subnet.isDefault,
    mapPublicIpOnLaunch: subnet.mapPublicIp,
    mapCustomerOwnedIpOnLaunch: false,
    assignIpv6AddressOnCreation: false,
    enableDns64: false,
    ipv6Native: false,
    privateDnsNameOptionsOnLaunch: {
      hostnameType: 'ip-name',
      enableResourceNameDnsARecord: false,
      enableResourceNameDnsAAAARecord: false,
    },
    tagSet: tagSet(subnet.tags),
  };
}

export function describeSubnets({ site, params }: Call): Members {
  const zone = (subnet: Subnet) => subnet.zone.name;
  const zoneId = (subnet: Subnet) => subnet.zone.id;
  const cidr = (subnet: Subnet) => formatCidr(subnet.block);
  const isDefault = (subnet: Subnet) => subnet.isDefault;
  const filters = {
    'availability-zone': zone,
    availabilityZone: zone,
    'availability-zone-id': zoneId,
    availabilityZoneId: zoneId,
    'available-ip-address-count': freeAddresses,
    cidr,
    'cidr-block': cidr,
    cidrBlock: cidr,
    'default-for-az': isDefault,
    defaultForAz: isDefault,
    'map-public-ip-on-launch': (subnet: Subnet) => subnet.mapPublicIp,
    'owner-id': () => site.accountId,
    state: () => 'available',
    'subnet-arn': (subnet: Subnet) => arn(site, subnet),
    'subnet-id': (subnet: Subnet) => subnet.id,
    'vpc-id': (subnet: Subnet) => subnet.vpc.id,
  };
  const found = filterAll(params, filters, select(site.subnets, 'subnet', params.texts('SubnetId')));
  const { records, nextToken } = page(params, 'DescribeSubnets', found, { least: 5, most: 1000 });
  return { subnetSet: records.map(subnet => subnetView(site, subnet)), nextToken };
}
