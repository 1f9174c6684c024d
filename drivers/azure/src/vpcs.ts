/**
 * VPCs are virtual networks. One request makes a network with its subnets; VMs in it reach the internet, and are reached from it,
 * by public addresses of their own, without gateway or routes. Subnets span zones.
 *
 * A VPC's id is the network's name, a subnet's `NETWORK/SUBNET`.
 */
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudSubnet, CloudVpc, SubnetRequest, VpcRequest, Vpcs } from '@cloud-barista/driver/vpcs';
import { same, types, versions, type Arm, type Order, type Resource } from './arm.ts';
import { make, marked } from './claim.ts';
import { settled } from './long-running.ts';
import { pageOf } from './pages.ts';
import type { ResourceGroup } from './resource-group.ts';
import { mark, tokenOf } from './marks.ts';

interface Subnet {
  name: string;
  properties?: { addressPrefix?: string; addressPrefixes?: string[]; provisioningState?: string };
}
export interface Network extends Resource {
  properties?: { addressSpace?: { addressPrefixes?: string[] }; subnets?: Subnet[] };
}

const toSubnet = (network: string, subnet: Subnet): CloudSubnet => ({
  id: cloudId(`${network}/${subnet.name}`),
  name: subnet.name,
  cidr: subnet.properties?.addressPrefix ?? subnet.properties?.addressPrefixes?.[0] ?? '',
  zone: '',
});

const toVpc = ({ name, tags, properties = {} }: Network): CloudVpc => ({
  id: cloudId(name),
  name,
  cidr: properties.addressSpace?.addressPrefixes?.[0] ?? '',
  subnets: (properties.subnets ?? [])
    .map(subnet => toSubnet(name, subnet))
    .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ...tokenOf(tags),
});

const bodyOf = ({ name, cidr }: Pick<SubnetRequest, 'name' | 'cidr'>) => ({
  name,
  properties: { addressPrefix: cidr },
});

/** A subnet's own name, where the id is one of this network. */
export function subnetName(vpc: string, subnet: string): string | undefined {
  const [network = '', name = '', ...rest] = subnet.split('/');
  return same(network, vpc) && name !== '' && rest.length === 0 ? name : undefined;
}

export function createVpcs(
  arm: Arm,
  group: ResourceGroup,
  /** Called where what others keep of a VPC is no longer true. */
  changed: (vpc: string) => void,
): Vpcs & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const { location } = arm.settings;
  const read = (call: Call, id: string) => arm.read<Network>(call, types.vnet, id);

  const subnetOrder = (vpc: string, name: string, method: 'PUT' | 'DELETE'): Order => ({
    api: method === 'PUT' ? 'Subnets_CreateOrUpdate' : 'Subnets_Delete',
    resource: 'subnet',
    name,
    method,
    path: `${arm.pathOf(types.vnet, vpc)}/subnets/${encodeURIComponent(name)}`,
    version: versions.network,
  });

  return {
    create: (call: CreateCall, { name, cidr, subnets }: VpcRequest) =>
      group.within(call, async () => {
        const properties = { addressSpace: { addressPrefixes: [cidr] }, subnets: subnets.map(bodyOf) };
        const body = { location, tags: mark(call.token), properties };
        return toVpc(await make<Network>(arm, call, types.vnet, name, body));
      }),

    list: async (call: PageCall) => pageOf((await arm.listHere<Network>(call, types.vnet)).map(toVpc), call),
    get: async (call: Call, id: CloudId) => toVpc(await read(call, id)),

    async delete(call: Call, id: CloudId) {
      changed(id);
      // Azure itself refuses where an interface stands in it (InUseSubnetCannotBeDeleted).
      await arm.remove(call, types.vnet, id);
      await group.sweep(call);
    },

    async addSubnet(call: CreateCall, vpc: CloudId, request: SubnetRequest) {
      changed(vpc);
      const network = await read(call, vpc);
      const order = { ...subnetOrder(vpc, request.name, 'PUT'), body: bodyOf(request) };
      const found = network.properties?.subnets?.find(subnet => same(subnet.name, request.name));
      // Subnets carry no tags: with the same name and block, asked for again, it is the one of the attempt before.
      if (found && call.again && toSubnet(network.name, found).cidr === request.cidr) {
        const whole = await settled(arm, call, order, found);
        if (whole) return toSubnet(network.name, whole);
      } else if (found)
        throw new BaristaError('already_exists', `VPC ${vpc} has a subnet ${request.name} already.`, {
          next: 'Choose another name.',
          where: 'name',
        });
      const made = await arm.finish(call, order, await arm.send(call, order));
      return toSubnet(network.name, made as Subnet);
    },

    async removeSubnet(call: Call, vpc: CloudId, subnet: CloudId) {
      const name = subnetName(vpc, subnet);
      if (name === undefined) return;
      changed(vpc);
      const order = subnetOrder(vpc, name, 'DELETE');
      const answer = await orAbsent(arm.send(call, order));
      if (answer) await arm.finish(call, order, answer);
    },

    findMarked: (call, token) => marked(arm, call, types.vnet, token),
  };
}
