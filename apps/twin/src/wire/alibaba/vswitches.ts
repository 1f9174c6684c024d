/** vSwitches: a zone's part of a VPC's block. Source: VPC API reference: CreateVSwitch, DescribeVSwitches, DeleteVSwitch. */
import { contains, formatCidr, overlaps } from '@cloud-barista/model/cidr';
import { commit, find, idempotent, type Answer, type Call } from './call.ts';
import { AliError, dependency, invalid, notFound } from './errors.ts';
import { readDescription, readName } from './names.ts';
import { page, second } from './pages.ts';
import { quota } from './quotas.ts';
import type { VSwitch } from './records.ts';
import { freeAddresses, type AliSite } from './site.ts';
import { readTags, tagFilter, vpcTags } from './tags.ts';
import { namedVpc, readBlock, resourceGroup, settling, statusOf } from './vpcs.ts';

export function createVSwitch(call: Call): Answer {
  const { params, world } = call;
  return idempotent(call, 'CreateVSwitch', () => {
    const zone = params.required('ZoneId');
    const text = params.required('CidrBlock');
    const { site, record: vpc } = namedVpc(call, 'InvalidVpcId.NotFound');
    const known = site.zones.find(each => each === zone);
    if (known === undefined) throw notFound('InvalidZoneId.NotFound', 'zone');
    const block = readBlock(text);
    if (block.prefix < 16 || block.prefix > 29 || !contains(vpc.block, block))
      throw invalid('InvalidCidrBlock.Malformed', 'Specified CIDR block is not valid.');
    if (statusOf(vpc, world.now()) !== 'Available')
      throw new AliError('IncorrectVpcStatus', 'Current VPC status does not support this operation.');
    const siblings = [...site.vSwitches.values()].filter(each => each.vpc === vpc);
    if (siblings.some(each => overlaps(each.block, block)))
      throw invalid('InvalidCidrBlock.Overlapped', 'Specified CIDR block overlapped with other subnets.');
    const name = readName(params, 'VSwitchName');
    const description = readDescription(params);
    const tags = readTags(params);
    if (siblings.length >= quota(site.cloud, 'vSwitchesPerVpc'))
      throw new AliError('QuotaExceeded.VSwitch', 'VSwitch quota exceeded.');
    commit(call);
    const vSwitch: VSwitch = {
      id: site.newId('vsw'),
      createdAt: world.now(),
      readyAt: world.now() + settling(site),
      tags,
      vpc,
      zone: known,
      name,
      description,
      block,
      used: new Set(),
      cursor: 0,
    };
    site.vSwitches.set(vSwitch.id, vSwitch);
    return { VSwitchId: vSwitch.id };
  });
}

const view = (call: Call, vSwitch: VSwitch): Answer => ({
  VSwitchId: vSwitch.id,
  VSwitchName: vSwitch.name,
  Description: vSwitch.description,
  VpcId: vSwitch.vpc.id,
  ZoneId: vSwitch.zone,
  CidrBlock: formatCidr(vSwitch.block),
  Ipv6CidrBlock: '',
  Status: statusOf(vSwitch, call.world.now()),
  AvailableIpAddressCount: freeAddresses(vSwitch),
  IsDefault: false,
  ResourceGroupId: resourceGroup,
  CreationTime: second(vSwitch.createdAt),
  RouteTable: { RouteTableId: vSwitch.vpc.routeTable, RouteTableType: 'System' },
  Tags: vpcTags(vSwitch.tags),
});

export function describeVSwitches(call: Call): Answer {
  const { site, params } = call;
  const vpcId = params.text('VpcId');
  const ids = params.text('VSwitchId')?.split(',');
  const zone = params.text('ZoneId');
  const name = params.text('VSwitchName');
  const has = tagFilter(params);
  const all = [...site.vSwitches.values()].filter(
    each =>
      (vpcId === undefined || vpcId === each.vpc.id) &&
      (!ids || ids.includes(each.id)) &&
      (zone === undefined || zone === each.zone) &&
      (name === undefined || name === each.name) &&
      has(each),
  );
  const { records, members } = page(params, all, 50);
  return { ...members, VSwitches: { VSwitch: records.map(each => view(call, each)) } };
}

function named(call: Call): { site: AliSite; record: VSwitch } {
  const found = find(call, site => site.vSwitches, call.params.required('VSwitchId'));
  if (!found) throw notFound('InvalidVSwitchId.NotFound', 'VSwitch');
  return found;
}

export function describeVSwitchAttributes(call: Call): Answer {
  const { record } = named(call);
  return view(call, record);
}

export function deleteVSwitch(call: Call): Answer {
  const { site, record } = named(call);
  if (statusOf(record, call.world.now()) !== 'Available')
    throw new AliError('IncorrectVSwitchStatus', 'Current VSwitch status does not support this operation.');
  if (record.used.size > 0)
    throw dependency('DependencyViolation', 'Specified object has dependent resources.');
  commit(call);
  site.vSwitches.delete(record.id);
  return {};
}
