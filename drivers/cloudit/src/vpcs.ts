/**
 * VPCs, which Cloudit has not: a tenant has one network. A VPC is an empty security group that is one by its description, so
 * that it has an id and its token from the first request on; its subnets name it in theirs. It parts nothing: subnets of
 * different VPCs reach one another as far as security groups allow.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { Listings } from '@cloud-barista/driver/listing';
import type { CloudVpc, Vpcs } from '@cloud-barista/driver/vpcs';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { absent, type Api } from './api.ts';
import type { Group, SubnetRecord } from './fields.ts';
import { deleteGroup, findGroup, makeGroup, readGroup, readGroups } from './groups.ts';
import { isMarked, markOf } from './marks.ts';
import { deleteSubnet, makeSubnet, readSubnets, subnetOf, vpcOf } from './subnets.ts';

/** All that a tenant's subnets can be cut from. */
const network = '10.0.0.0/16';

function vpcView(group: Group, subnets: readonly SubnetRecord[]): CloudVpc {
  const mark = markOf('vpc', group);
  return {
    id: cloudId(group.id),
    name: group.name,
    cidr: network,
    subnets: subnets
      .filter(subnet => vpcOf(subnet) === group.id)
      .map(subnetOf)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(mark && { token: mark.token }),
  };
}

const inUse = (name: string) =>
  new BaristaError('failed_precondition', `VMs still stand in the subnet ${JSON.stringify(name)}.`, {
    next: 'Terminate them first.',
  });

export function createVpcs(api: Api, listings: Listings): Vpcs {
  const read = async (call: Call, id: string): Promise<CloudVpc> => {
    const group = await readGroup(api, call, 'vpc', id);
    return vpcView(group, await readSubnets(api, call));
  };

  return {
    async create(call, { name, subnets }) {
      const left = call.again ? await findGroup(api, call, 'vpc', call.token) : undefined;
      const group = left ?? (await makeGroup(api, call, 'vpc', { name, rules: [] }));
      const standing = left ? (await readSubnets(api, call)).filter(one => vpcOf(one) === left.id) : [];
      for (const subnet of subnets)
        if (!standing.some(one => one.name === subnet.name))
          standing.push(await makeSubnet(api, call, group.id, call.token, subnet));
      return vpcView(group, standing);
    },
    list: call =>
      listings.page('vpcs', call, async () => {
        const [groups, subnets] = await Promise.all([readGroups(api, call, 'vpc'), readSubnets(api, call)]);
        return groups.map(group => vpcView(group, subnets));
      }),
    get: read,
    async delete(call, id) {
      const subnets = (await readSubnets(api, call)).filter(one => vpcOf(one) === id);
      // All or none: nothing goes while one of them is in use.
      for (const { name, nicCount = 0 } of subnets) if (nicCount > 0) throw inUse(name);
      for (const subnet of subnets) await deleteSubnet(api, call, subnet);
      await deleteGroup(api, call, 'vpc', id);
    },
    async addSubnet(call, vpc, request) {
      const { subnets } = await read(call, vpc);
      const same = subnets.find(one => one.name === request.name);
      if (!same) return subnetOf(await makeSubnet(api, call, vpc, call.token, request));
      const mine = (await readSubnets(api, call)).find(one => one.id === same.id);
      if (mine && isMarked(mine, 'subnet', call.token)) return same;
      throw new BaristaError(
        'already_exists',
        `The VPC already has a subnet ${JSON.stringify(request.name)}.`,
        { where: 'name', next: 'Choose another name.' },
      );
    },
    async removeSubnet(call, vpc, id) {
      const found = (await readSubnets(api, call)).find(one => one.id === id && vpcOf(one) === vpc);
      if (!found) return;
      if ((found.nicCount ?? 0) > 0) throw inUse(found.name);
      await deleteSubnet(api, call, found);
    },
  };
}

/** The address by which a server is told where to stand. */
export async function addressOfSubnet(api: Api, call: Call, id: string): Promise<string> {
  const found = (await readSubnets(api, call)).find(one => one.id === id);
  if (!found) throw absent('subnet', id);
  return found.addr;
}
