/** VPCs. Source: VPC API reference 2016-04-28: CreateVpc, DescribeVpcs, DescribeVpcAttribute, DeleteVpc, DescribeRouteTableList. */
import { contains, formatCidr, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import { commit, find, idempotent, type Answer, type Call } from './call.ts';
import { AliError, dependency, invalid, notFound } from './errors.ts';
import { readDescription, readName } from './names.ts';
import { page, second } from './pages.ts';
import { quota } from './quotas.ts';
import type { Vpc } from './records.ts';
import type { AliSite } from './site.ts';
import { readTags, tagFilter, vpcTags } from './tags.ts';

const rooms: readonly Cidr[] = [
  { base: 10 * 2 ** 24, prefix: 8 },
  { base: (172 * 256 + 16) * 65_536, prefix: 12 },
  { base: (192 * 256 + 168) * 65_536, prefix: 16 },
];
/** A new network is Pending for a moment, shorter than a VM's. */
export const settling = (site: AliSite): number => Math.min(100, site.cloud.delays.create / 3);

export const statusOf = (record: { readyAt: number }, now: number): 'Pending' | 'Available' =>
  now >= record.readyAt ? 'Available' : 'Pending';

export function readBlock(text: string): Cidr {
  const block = tryCidr(text);
  if (!block) throw invalid('InvalidCidrBlock.Malformed', 'Specified CIDR block is not valid.');
  return block;
}

export function createVpc(call: Call): Answer {
  const { site, params, world } = call;
  return idempotent(call, 'CreateVpc', () => {
    const block = readBlock(params.text('CidrBlock') ?? '172.16.0.0/12');
    if (block.prefix < 8 || block.prefix > 28 || !rooms.some(room => contains(room, block)))
      throw invalid('InvalidCidrBlock.Malformed', 'Specified CIDR block is not valid.');
    const name = readName(params, 'VpcName');
    const description = readDescription(params);
    const tags = readTags(params);
    if (site.vpcs.size >= quota(site.cloud, 'vpcs'))
      throw new AliError('QuotaExceeded.Vpc', 'VPC quota exceeded.');
    commit(call);
    const vpc: Vpc = {
      id: site.newId('vpc'),
      createdAt: world.now(),
      readyAt: world.now() + settling(site),
      tags,
      name,
      description,
      block,
      vRouter: site.newId('vrt'),
      routeTable: site.newId('vtb'),
    };
    site.vpcs.set(vpc.id, vpc);
    return {
      VpcId: vpc.id,
      VRouterId: vpc.vRouter,
      RouteTableId: vpc.routeTable,
      ResourceGroupId: resourceGroup,
    };
  });
}

export const resourceGroup = 'rg-acfmxazb4ph6aiy';

function view(call: Call, site: AliSite, vpc: Vpc): Answer {
  const vSwitches = [...site.vSwitches.values()].filter(each => each.vpc === vpc).map(each => each.id);
  return {
    VpcId: vpc.id,
    VpcName: vpc.name,
    Description: vpc.description,
    RegionId: site.region,
    Status: statusOf(vpc, call.world.now()),
    CidrBlock: formatCidr(vpc.block),
    Ipv6CidrBlock: '',
    IsDefault: false,
    VRouterId: vpc.vRouter,
    OwnerId: Number(site.cloud.credentials['accountId'] ?? 0),
    ResourceGroupId: resourceGroup,
    CreationTime: second(vpc.createdAt),
    NetworkAclNum: '0',
    VSwitchIds: { VSwitchId: vSwitches },
    RouterTableIds: { RouterTableIds: [vpc.routeTable] },
    SecondaryCidrBlocks: { SecondaryCidrBlock: [] },
    UserCidrs: { UserCidr: [] },
    NatGatewayIds: { NatGatewayIds: [] },
    CenStatus: 'Detached',
    Tags: vpcTags(vpc.tags),
  };
}

export function describeVpcs(call: Call): Answer {
  const { site, params } = call;
  const ids = params.text('VpcId')?.split(',');
  const name = params.text('VpcName');
  const isDefault = params.boolean('IsDefault') === true;
  const has = tagFilter(params);
  const all = [...site.vpcs.values()].filter(
    vpc =>
      !isDefault && (!ids || ids.includes(vpc.id)) && (name === undefined || name === vpc.name) && has(vpc),
  );
  const { records, members } = page(params, all, 50);
  return { ...members, Vpcs: { Vpc: records.map(vpc => view(call, site, vpc)) } };
}

export function namedVpc(call: Call, code: string): { site: AliSite; record: Vpc } {
  const found = find(call, site => site.vpcs, call.params.required('VpcId'));
  if (!found) throw notFound(code, 'VPC');
  return found;
}

export function describeVpcAttribute(call: Call): Answer {
  const { site, record } = namedVpc(call, 'InvalidVpcId.NotFound');
  return {
    ...view(call, site, record),
    CloudResources: {
      CloudResourceSetType: [
        { ResourceType: 'VRouter', ResourceCount: 1 },
        {
          ResourceType: 'VSwitch',
          ResourceCount: [...site.vSwitches.values()].filter(each => each.vpc === record).length,
        },
        {
          ResourceType: 'SecurityGroup',
          ResourceCount: [...site.groups.values()].filter(each => each.vpc === record).length,
        },
      ],
    },
  };
}

export function modifyVpcAttribute(call: Call): Answer {
  const { record } = namedVpc(call, 'InvalidVpcId.NotFound');
  const name = readName(call.params, 'VpcName');
  const description = readDescription(call.params);
  if (name !== '') record.name = name;
  if (description !== '') record.description = description;
  return {};
}

export function deleteVpc(call: Call): Answer {
  const { site, record } = namedVpc(call, 'InvalidVpcID.NotFound');
  const has = (records: ReadonlyMap<string, { vpc: Vpc }>): boolean =>
    [...records.values()].some(each => each.vpc === record);
  if (has(site.vSwitches))
    throw dependency('DependencyViolation.VSwitch', 'Specified object has dependent resources: VSwitch.');
  if (has(site.groups))
    throw dependency(
      'DependencyViolation.SecurityGroup',
      'Specified object has dependent resources: SecurityGroup.',
    );
  commit(call);
  site.vpcs.delete(record.id);
  return {};
}

/** The system route table of each VPC. */
export function describeRouteTableList(call: Call): Answer {
  const { site, params } = call;
  const vpcId = params.text('VpcId');
  const id = params.text('RouteTableId');
  const all = [...site.vpcs.values()].filter(
    vpc => (vpcId === undefined || vpcId === vpc.id) && (id === undefined || id === vpc.routeTable),
  );
  const { records, members } = page(params, all, 50);
  return {
    ...members,
    RouterTableList: {
      RouterTableListType: records.map(vpc => ({
        RouteTableId: vpc.routeTable,
        RouteTableName: '',
        RouteTableType: 'System',
        AssociateType: 'VSwitch',
        RouterId: vpc.vRouter,
        RouterType: 'VRouter',
        VpcId: vpc.id,
        Status: statusOf(vpc, call.world.now()),
        CreationTime: second(vpc.createdAt),
        Description: '',
        ResourceGroupId: resourceGroup,
        VSwitchIds: {
          VSwitchId: [...site.vSwitches.values()].filter(each => each.vpc === vpc).map(each => each.id),
        },
        Tags: { Tag: [] },
      })),
    },
  };
}
