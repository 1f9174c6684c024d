/** VPCs, with what each has from the start: main route table, default group, default network ACL, DHCP options. */
import { formatCidr, parseAddress, type Cidr } from '@cloud-barista/model/cidr';
import { commit, type Call } from './call.ts';
import { Ec2Error, dependency, invalidValue } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { checkId, lookup, notFound, select } from './ids.ts';
import { quota } from './quotas.ts';
import type { NetworkAcl, Subnet, Vpc } from './records.ts';
import { defaultVpc, makeDefaultVpc, makeVpc, removeRule, type AwsSite } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import type { Members } from './xml.ts';

/** A block in its canonical form: 100.68.0.18/18 is taken as 100.68.0.0/18, as EC2 does. */
export function readCidr(text: string, name: string): Cidr {
  const [address = '', length = '', more] = text.split('/');
  const value = parseAddress(address);
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (value === undefined || prefix > 32 || more !== undefined)
    throw invalidValue(text, name, 'This is not a valid CIDR block.');
  return { base: value - (value % 2 ** (32 - prefix)), prefix };
}

export function createVpc(call: Call): Members {
  const { site, params } = call;
  const block = readCidr(params.required('CidrBlock'), 'cidrBlock');
  if (block.prefix < 16 || block.prefix > 28)
    throw new Ec2Error('InvalidVpc.Range', `The CIDR '${params.text('CidrBlock') ?? ''}' is invalid.`);
  const tenancy = params.text('InstanceTenancy') ?? 'default';
  if (tenancy !== 'default')
    throw invalidValue(tenancy, 'instanceTenancy', 'Only the tenancy "default" is offered.');
  const tags = specifiedTags(params, 'vpc');
  if (site.vpcs.size >= quota(site.cloud, 'vpcs') + (defaultVpc(site) ? 1 : 0))
    throw new Ec2Error('VpcLimitExceeded', 'The maximum number of VPCs has been reached.');
  commit(call);
  return { vpc: { ...vpcView(site, makeVpc(site, block, false, tags)), state: 'pending' } };
}

export function createDefaultVpc(call: Call): Members {
  const standing = defaultVpc(call.site);
  if (standing)
    throw new Ec2Error(
      'DefaultVpcAlreadyExists',
      `A Default VPC already exists for this account in this region.`,
    );
  commit(call);
  return { vpc: vpcView(call.site, makeDefaultVpc(call.site)) };
}

export function deleteVpc(call: Call): Members {
  const { site, params } = call;
  const vpc = lookup(site.vpcs, 'vpc', params.required('VpcId'));
  const used =
    vpc.gateway !== undefined ||
    [...site.subnets.values()].some(subnet => subnet.vpc === vpc) ||
    [...site.routeTables.values()].some(table => table.vpcId === vpc.id && !table.isMain) ||
    [...site.groups.values()].some(group => group.vpc === vpc && !group.isDefault);
  if (used) throw dependency(`The vpc '${vpc.id}' has dependencies and cannot be deleted.`);
  commit(call);
  for (const group of site.groups.values()) {
    if (group.vpc !== vpc) continue;
    for (const rule of group.rules.values()) removeRule(site, group, rule);
    site.groups.delete(group.id);
  }
  site.routeTables.delete(vpc.mainTable.id);
  site.acls.delete(vpc.acl.id);
  site.vpcs.delete(vpc.id);
  return { return: true };
}

export function vpcView(site: AwsSite, vpc: Vpc): Members {
  const cidrBlock = formatCidr(vpc.block);
  return {
    vpcId: vpc.id,
    ownerId: site.accountId,
    state: 'available',
    cidrBlock,
    cidrBlockAssociationSet: [
      {
        cidrBlock,
        associationId: vpc.id.replace('vpc-', 'vpc-cidr-assoc-'),
        cidrBlockState: { state: 'associated' },
      },
    ],
    dhcpOptionsId: site.dhcpOptions.id,
    tagSet: tagSet(vpc.tags),
    instanceTenancy: 'default',
    isDefault: vpc.isDefault,
  };
}

export function describeVpcs({ site, params }: Call): Members {
  const filters = {
    cidr: (vpc: Vpc) => formatCidr(vpc.block),
    'cidr-block': (vpc: Vpc) => formatCidr(vpc.block),
    cidrBlock: (vpc: Vpc) => formatCidr(vpc.block),
    'cidr-block-association.cidr-block': (vpc: Vpc) => formatCidr(vpc.block),
    'cidr-block-association.association-id': (vpc: Vpc) => vpc.id.replace('vpc-', 'vpc-cidr-assoc-'),
    'cidr-block-association.state': () => 'associated',
    'dhcp-options-id': () => site.dhcpOptions.id,
    dhcpOptionsId: () => site.dhcpOptions.id,
    'is-default': (vpc: Vpc) => vpc.isDefault,
    isDefault: (vpc: Vpc) => vpc.isDefault,
    'owner-id': () => site.accountId,
    state: () => 'available',
    'vpc-id': (vpc: Vpc) => vpc.id,
  };
  const found = filterAll(params, filters, select(site.vpcs, 'vpc', params.texts('VpcId')));
  const { records, nextToken } = page(params, 'DescribeVpcs', found, { least: 5, most: 1000 });
  return { vpcSet: records.map(vpc => vpcView(site, vpc)), nextToken };
}

/** One attribute a call, as EC2 wants it. */
export function modifyVpcAttribute(call: Call): Members {
  const { site, params } = call;
  const vpc = lookup(site.vpcs, 'vpc', params.required('VpcId'));
  const support = params.boolean('EnableDnsSupport.Value');
  const hostnames = params.boolean('EnableDnsHostnames.Value');
  if (support !== undefined && hostnames !== undefined)
    throw new Ec2Error('InvalidParameterCombination', 'Fields for multiple attribute types specified');
  if (support === undefined && hostnames === undefined && !params.child('EnableNetworkAddressUsageMetrics'))
    throw new Ec2Error(
      'MissingParameter',
      'The request must contain one of EnableDnsSupport, EnableDnsHostnames',
    );
  commit(call);
  if (support !== undefined) vpc.dnsSupport = support;
  if (hostnames !== undefined) vpc.dnsHostnames = hostnames;
  return { return: true };
}

export function describeVpcAttribute({ site, params }: Call): Members {
  const vpc = lookup(site.vpcs, 'vpc', params.required('VpcId'));
  const attribute = params.required('Attribute');
  const values: Readonly<Record<string, boolean>> = {
    enableDnsSupport: vpc.dnsSupport,
    enableDnsHostnames: vpc.dnsHostnames,
    enableNetworkAddressUsageMetrics: false,
  };
  if (!Object.hasOwn(values, attribute)) throw invalidValue(attribute, 'attribute', 'Unknown VPC attribute.');
  return { vpcId: vpc.id, [attribute]: { value: values[attribute] } };
}

export function describeDhcpOptions({ site, params }: Call): Members {
  const asked = params.texts('DhcpOptionsId');
  for (const id of asked) if (id !== site.dhcpOptions.id) checkId('dhcpOptions', id);
  const unknown = asked.find(id => id !== site.dhcpOptions.id);
  if (unknown !== undefined) throw notFound('dhcpOptions', unknown);
  const domain = site.region === 'us-east-1' ? 'ec2.internal' : `${site.region}.compute.internal`;
  const filters = {
    'dhcp-options-id': () => site.dhcpOptions.id,
    key: () => ['domain-name', 'domain-name-servers'],
    value: () => [domain, 'AmazonProvidedDNS'],
    'owner-id': () => site.accountId,
  };
  return {
    dhcpOptionsSet: filterAll(params, filters, [site.dhcpOptions]).map(options => ({
      dhcpOptionsId: options.id,
      dhcpConfigurationSet: [
        { key: 'domain-name', valueSet: [{ value: domain }] },
        { key: 'domain-name-servers', valueSet: [{ value: 'AmazonProvidedDNS' }] },
      ],
      ownerId: site.accountId,
      tagSet: tagSet(options.tags),
    })),
  };
}

/** The one of each VPC, which lets everything through. */
export function describeNetworkAcls({ site, params }: Call): Members {
  const subnetsOf = (acl: NetworkAcl): Subnet[] =>
    [...site.subnets.values()].filter(subnet => subnet.vpc.id === acl.vpcId);
  const associationId = (subnet: Subnet) => subnet.id.replace('subnet-', 'aclassoc-');
  const filters = {
    'association.association-id': (acl: NetworkAcl) => subnetsOf(acl).map(associationId),
    'association.network-acl-id': (acl: NetworkAcl) => acl.id,
    'association.subnet-id': (acl: NetworkAcl) => subnetsOf(acl).map(subnet => subnet.id),
    default: () => true,
    'network-acl-id': (acl: NetworkAcl) => acl.id,
    'owner-id': () => site.accountId,
    'vpc-id': (acl: NetworkAcl) => acl.vpcId,
  };
  const found = filterAll(params, filters, select(site.acls, 'acl', params.texts('NetworkAclId')));
  const { records, nextToken } = page(params, 'DescribeNetworkAcls', found, { least: 5, most: 1000 });
  const entries = [true, false].flatMap(egress => [
    { ruleNumber: 100, protocol: '-1', ruleAction: 'allow', egress, cidrBlock: '0.0.0.0/0' },
    { ruleNumber: 32_767, protocol: '-1', ruleAction: 'deny', egress, cidrBlock: '0.0.0.0/0' },
  ]);
  return {
    networkAclSet: records.map(acl => ({
      networkAclId: acl.id,
      vpcId: acl.vpcId,
      ownerId: site.accountId,
      default: true,
      entrySet: entries,
      associationSet: subnetsOf(acl).map(subnet => ({
        networkAclAssociationId: associationId(subnet),
        networkAclId: acl.id,
        subnetId: subnet.id,
      })),
      tagSet: tagSet(acl.tags),
    })),
    nextToken,
  };
}
