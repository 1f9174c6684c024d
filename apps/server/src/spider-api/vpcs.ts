/** VPCs and their subnets. */
import {
  addSubnet,
  createVpc,
  getVpc,
  listVpcs,
  noSuchSubnet,
  removeSubnet,
  type VpcData,
} from '@cloud-barista/spider/vpcs';
import { deleteSubnetInCloud } from '@cloud-barista/spider/cloud-lists';
import { BaristaError } from '@cloud-barista/model/errors';
import { whole } from './credentials.ts';
import { ours, taken } from './names.ts';
import { remove, tag, tagsOf } from './removing.ts';
import { needed, type Fields } from './request.ts';
import { bound, done, type Ask, type SpiderRoute } from './route.ts';
import { oneSubnet, vpcInfo } from './views.ts';

async function subnetInput(ask: Ask, subnet: Fields) {
  const zone = subnet.text('Zone');
  return {
    name: await taken(ask.spider, needed(subnet.text('Name'), 'Subnet Name')),
    cidr: needed(subnet.text('IPv4_CIDR'), 'IPv4_CIDR'),
    ...(zone !== '' && { zone }),
  };
}

/** Some of upstream's clouds take a VPC without a block; ours has one: the smallest that holds its subnets, at most a /16. */
function cidrOf(given: string, subnets: readonly { cidr: string }[]): string {
  if (given !== '') return given;
  const [first] = subnets;
  if (!first) return needed(given, 'IPv4_CIDR');
  const [a, b] = first.cidr.split('.');
  return `${a}.${b}.0.0/16`;
}

async function create(ask: Ask) {
  const { spider, info, call } = ask;
  const connection = ask.connection();
  const name = await ask.newName();
  const subnets = await Promise.all(info.parts('SubnetInfoList').map(one => subnetInput(ask, one)));
  const tags = await tagsOf(ask, 'vpc');
  const input = { name, cidr: cidrOf(info.text('IPv4_CIDR'), subnets), subnets };
  const vpc = await createVpc(spider, connection, input, call);
  await tag(ask, 'vpc', name, tags);
  return vpcInfo(spider, vpc);
}

async function oneOf(ask: Ask) {
  const vpc = ask.name('VPCName');
  const held = await bound<VpcData>(ask, 'vpc', vpc);
  const name = ask.name('Name');
  const found = held.value.data.subnets.find(subnet => subnet.name === name && subnet.id !== '');
  if (!found) throw noSuchSubnet(held, name);
  return oneSubnet(ask.spider, found);
}

async function removeInCloud(ask: Ask) {
  const { spider, call } = ask;
  const connection = ask.connection();
  const held = await bound<VpcData>(ask, 'vpc', ask.name('VPCName'));
  const id = needed(ask.param('Id'), 'Id');
  const own = held.value.data.subnets.find(subnet => subnet.id === id);
  if (own)
    throw new BaristaError(
      'failed_precondition',
      `It is the subnet ${JSON.stringify(own.name)} of this VPC.`,
      {
        next: 'Delete it by that name.',
      },
    );
  await deleteSubnetInCloud(spider, connection, held.value.id, id, call);
  return done;
}

export const vpcRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/vpc',
    since: '2020',
    summary: 'Make a VPC',
    differs:
      'blocks are checked before anything leaves (/16 to /28, subnets inside and apart); IDTransformMode is ignored: in its cloud a VPC carries its name and, where names must be unique, a short suffix',
    answer: create,
  },
  {
    method: 'GET',
    path: '/vpc',
    since: '2020',
    summary: 'List VPCs',
    async answer(ask) {
      const { items } = await listVpcs(ask.spider, ask.connection(), whole);
      return { vpc: items.map(vpc => vpcInfo(ask.spider, vpc)) };
    },
  },
  {
    method: 'GET',
    path: '/vpc/:Name',
    since: '2020',
    summary: 'Get a VPC',
    answer: async ask => vpcInfo(ask.spider, await getVpc(ask.spider, ask.connection(), ask.name())),
  },
  {
    method: 'DELETE',
    path: '/vpc/:Name',
    since: '2020',
    summary: 'Delete a VPC',
    differs: 'refused, also with force, while a security group or VM of ours stands in it',
    answer: ask => remove(ask, 'vpc'),
  },
  {
    method: 'POST',
    path: '/vpc/:VPCName/subnet',
    since: 'v0.3',
    summary: 'Add a subnet',
    async answer(ask) {
      const input = await subnetInput(ask, ask.info);
      return vpcInfo(
        ask.spider,
        await addSubnet(ask.spider, ask.connection(), ask.name('VPCName'), input, ask.call),
      );
    },
  },
  {
    method: 'GET',
    path: '/vpc/:VPCName/subnet/:Name',
    since: 'newest',
    summary: 'Get a subnet',
    answer: oneOf,
  },
  {
    method: 'DELETE',
    path: '/vpc/:VPCName/subnet/:SubnetName',
    since: 'v0.3',
    summary: 'Remove a subnet',
    differs: 'force changes nothing here: a subnet goes by force with its VPC',
    async answer(ask) {
      await removeSubnet(
        ask.spider,
        ask.connection(),
        ask.name('VPCName'),
        ours(ask.param('SubnetName')),
        ask.call,
      );
      return done;
    },
  },
  {
    method: 'DELETE',
    path: '/vpc/:VPCName/cspsubnet/:Id',
    since: 'v0.3',
    summary: 'Remove a subnet by the cloud’s id',
    differs: 'one that has a name here is refused: its record would be left',
    answer: removeInCloud,
  },
];
