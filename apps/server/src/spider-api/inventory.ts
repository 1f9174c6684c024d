/** What is ours, what is the cloud's, and what is both (all…, all…info); deleting by the cloud's id (csp…); registering and unregistering (reg…). */
import { BaristaError } from '@cloud-barista/model/errors';
import { integratedKinds, type IntegratedKind, type InventoryItem } from '@cloud-barista/model/inventory';
import { deleteInCloud, getCloudVm, listCloud } from '@cloud-barista/spider/cloud-lists';
import { takeInventory } from '@cloud-barista/spider/inventory';
import { register, unregister } from '@cloud-barista/spider/register';
import { registerSubnet, unregisterSubnet } from '@cloud-barista/spider/register-subnet';
import { boundId, type IdRecord } from '@cloud-barista/spider/claims';
import type { SecurityGroupData } from '@cloud-barista/spider/security-groups';
import { idFolder } from '@cloud-barista/spider/keys';
import { kinds, regionOf, type KindRoutes } from './kinds.ts';
import { ours, taken, theirs } from './names.ts';
import { needed } from './request.ts';
import { done, type Ask, type SpiderRoute } from './route.ts';
import { cloudVmInfo, iid, iidOf, orNull, vpcInfo, type Iid } from './views.ts';

/** Upstream shows what stands in the cloud alone by the name that it has there. */
const iidsOf = (ask: Ask, items: readonly InventoryItem[], where: InventoryItem['where']): Iid[] =>
  items
    .filter(item => item.where === where)
    .map(item => iid(where === 'cloud' ? item.cloudName : theirs(ask.spider, item.name), item.id));

async function allOf(ask: Ask, kind: IntegratedKind) {
  const items = await takeInventory(ask.spider, ask.connection(), kind, ask.call);
  return {
    AllList: {
      MappedList: iidsOf(ask, items, 'mapped'),
      OnlySpiderList: iidsOf(ask, items, 'ours'),
      OnlyCSPList: iidsOf(ask, items, 'cloud'),
    },
  };
}

/** A record of ours that the cloud does not have is no reason for the rest to fail. */
async function allInfoOf(ask: Ask, row: KindRoutes) {
  const [items, own, there] = await Promise.all([
    takeInventory(ask.spider, ask.connection(), row.kind, ask.call),
    row.all(ask) as Promise<{ IId: Iid }[]>,
    listCloud(ask.spider, ask.connection(), row.kind, ask.call),
  ]);
  const of = (where: InventoryItem['where']) =>
    new Set(items.filter(item => item.where === where).map(item => item.id));
  const [mapped, foreign] = [of('mapped'), of('cloud')];
  return {
    ResourceType: row.type,
    AllListInfo: {
      MappedInfoList: own.filter(info => mapped.has(info.IId.SystemId)),
      OnlySpiderList: iidsOf(ask, items, 'ours'),
      OnlyCSPInfoList: there
        .filter(found => foreign.has(found.id))
        .map(found => row.fromCloud(ask, found as never)),
    },
  };
}

async function registerOne(ask: Ask, row: KindRoutes) {
  const { spider, info, call } = ask;
  const connection = ask.connection();
  const name = await ask.newName();
  const id = needed(info.text('CSPId'), 'CSPId');
  await register(spider, connection, { kind: row.kind, name, id }, call);
  return row.one(ask, name);
}

const forAll = (row: KindRoutes): SpiderRoute[] => {
  const { word, kind } = row;
  const since = ['vpc', 'securitygroup', 'keypair', 'vm'].includes(word) ? '2020' : 'newest';
  const listed: SpiderRoute[] = [
    {
      method: 'GET',
      path: `/all${word}`,
      since,
      summary: `Ours and the cloud’s: ${word}`,
      answer: ask => allOf(ask, kind),
    },
    {
      method: 'GET',
      path: `/all${word}info`,
      since: 'newest',
      summary: `Ours and the cloud’s, with all they have: ${word}`,
      answer: ask => allInfoOf(ask, row),
    },
    {
      method: 'DELETE',
      path: `/csp${word}/:Id`,
      since,
      summary: `Delete by the cloud’s id: ${word}`,
      differs: 'what the cloud does not have (any more) is "true" too',
      async answer(ask) {
        await deleteInCloud(ask.spider, ask.connection(), kind, needed(ask.param('Id'), 'Id'), ask.call);
        return kind === 'vm' ? { Status: 'Terminating' } : done;
      },
    },
  ];
  const registering: SpiderRoute[] = [
    {
      method: 'POST',
      path: `/reg${word}`,
      since: 'newest',
      summary: `Register what stands in the cloud: ${word}`,
      ...(differs[word] !== undefined && { differs: differs[word] }),
      answer: ask => registerOne(ask, row),
    },
    {
      method: 'DELETE',
      path: `/reg${word}/:Name`,
      since: 'newest',
      summary: `Unregister, the cloud keeps it: ${word}`,
      differs: 'refused while something of ours stands on it',
      async answer(ask) {
        await unregister(ask.spider, ask.connection(), kind, ask.name(), ask.call);
        return done;
      },
    },
  ];
  // Upstream's newest has no such lists of public addresses.
  return word === 'publicip' ? registering : [...listed, ...registering];
};
const differs: Record<string, string> = {
  vpc: 'its subnets come with it, under the names they have in the cloud',
  securitygroup: 'its VPC must be registered first; VPCName is not needed',
  vm: 'its VPC must be registered first',
  keypair: 'the cloud has no private half: commands on its VMs need another key',
};

const subnetRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/regsubnet',
    since: 'newest',
    summary: 'Register a subnet of a VPC',
    async answer(ask) {
      const { spider, info, call } = ask;
      const input = {
        vpc: ours(needed(info.text('VPCName'), 'VPCName')),
        name: await taken(spider, needed(info.text('Name'), 'Name')),
        id: needed(info.text('CSPId'), 'CSPId'),
      };
      return vpcInfo(spider, await registerSubnet(spider, ask.connection(), input, call));
    },
  },
  {
    method: 'DELETE',
    path: '/regsubnet/:Name',
    since: 'newest',
    summary: 'Unregister a subnet, the cloud keeps it',
    differs: 'refused while a VM of ours stands in it',
    async answer(ask) {
      const vpc = ours(needed(ask.word('VPCName'), 'VPCName'));
      await unregisterSubnet(ask.spider, ask.connection(), vpc, ask.name(), ask.call);
      return done;
    },
  },
];

/** Upstream's words for resources in ResourceType. */
const byType: Record<string, IntegratedKind> = {
  ...Object.fromEntries(integratedKinds.map(kind => [kind, kind])),
  ...Object.fromEntries(kinds.flatMap(row => [[row.word, row.kind] as const, [row.type, row.kind] as const])),
};
function kindOf(ask: Ask): IntegratedKind {
  const word = needed(ask.word('ResourceType'), 'ResourceType').toLowerCase();
  const kind = byType[word];
  if (kind) return kind;
  throw new BaristaError('invalid_argument', `${word} is not supported Resource!!`, {
    where: 'ResourceType',
  });
}

async function ownerVpc(ask: Ask): Promise<Iid> {
  const id = needed(ask.word('CSPId'), 'CSPId');
  const connection = ask.connection();
  const groups = await listCloud(ask.spider, connection, 'security-group', ask.call);
  const found = groups.find(group => group.id === id);
  if (!found)
    throw new BaristaError('not_found', `There is no security group ${JSON.stringify(id)} in the cloud.`, {
      where: 'CSPId',
    });
  const records = ask.spider.mirror.values<IdRecord<SecurityGroupData>>(
    idFolder(connection, 'security-group'),
  );
  const own = records.find(record => record.value.id === id)?.value.data.vpc;
  return own === undefined ? iid('', found.vpc) : iidOf(ask.spider, connection, 'vpc', own);
}

/** What a VM of the cloud stands on: ours by name, all by id. */
async function vmUses(ask: Ask) {
  const connection = ask.connection();
  const vm = await getCloudVm(ask.spider, connection, needed(ask.word('CSPId'), 'CSPId'), ask.call);
  const iidIn = (kind: IntegratedKind, id: string): Iid => {
    const found = ask.spider.mirror
      .values<IdRecord>(idFolder(connection, kind))
      .find(record => record.value.id === id);
    return iid(found ? theirs(ask.spider, found.value.name) : '', id);
  };
  return {
    Resources: {
      VPC: iidIn('vpc', vm.vpc),
      SGList: orNull(vm.securityGroups.map(id => iidIn('security-group', id))),
      VMKey: iidIn('key-pair', vm.keyPair),
    },
  };
}

export const inventoryRoutes: readonly SpiderRoute[] = [
  ...kinds.flatMap(forAll),
  ...subnetRoutes,
  {
    method: 'GET',
    path: '/cspvm/:Id',
    since: 'newest',
    summary: 'Get a VM by the cloud’s id',
    async answer(ask) {
      const vm = await getCloudVm(ask.spider, ask.connection(), needed(ask.param('Id'), 'Id'), ask.call);
      return cloudVmInfo(vm, await regionOf(ask));
    },
  },
  {
    method: 'GET',
    path: '/cspresourcename/:Name',
    since: 'newest',
    summary: 'The name that a resource has in its cloud',
    async answer(ask) {
      const held = await boundId(ask.spider, ask.connection(), kindOf(ask), ask.name());
      return { Name: held.value.cloudName };
    },
  },
  {
    method: 'GET',
    path: '/cspresourceinfo/:Name',
    since: 'newest',
    summary: 'A resource as its cloud tells it',
    differs: 'in upstream’s shape, without our names',
    async answer(ask) {
      const kind = kindOf(ask);
      const held = await boundId(ask.spider, ask.connection(), kind, ask.name());
      const row = kinds.find(one => one.kind === kind);
      const found = (await listCloud(ask.spider, ask.connection(), kind, ask.call)).find(
        one => one.id === held.value.id,
      );
      if (row && found) return row.fromCloud(ask, found as never);
      throw new BaristaError(
        'not_found',
        `There is no ${kind} ${JSON.stringify(held.value.id)} in the cloud.`,
        {
          where: 'Name',
        },
      );
    },
  },
  ...(['GET', 'POST'] as const).flatMap((method): SpiderRoute[] => [
    {
      method,
      path: '/getsecuritygroupowner',
      since: 'newest',
      role: 'reader',
      summary: 'The VPC of a security group, by the cloud’s id',
      answer: ownerVpc,
    },
    {
      method,
      path: '/getvmusingresources',
      since: 'newest',
      role: 'reader',
      summary: 'What a VM stands on, by the cloud’s id',
      answer: vmUses,
    },
  ]),
];
