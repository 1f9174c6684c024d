/**
 * VPCs with their subnets and the way to the internet: a gateway, and a default route in the VPC's main route table. Instances get
 * their public addresses at launch (vms.ts). Source: "Enable internet access for a VPC using internet gateways", VPC User Guide.
 */
import { patiently, together } from '@cloud-barista/driver/concurrency';
import type { InternetGateway, Subnet, Vpc } from '@aws-sdk/client-ec2';
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import type { CloudSubnet, CloudVpc, SubnetRequest, VpcRequest, Vpcs } from '@cloud-barista/driver/vpcs';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import { createGateway, gatewaysOf } from './gateways.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { byToken, filter, marks, nameOf, tokenIn, tokenOf } from './marks.ts';
import { deleteVpc } from './vpc-delete.ts';

const resource = 'vpc';

const toSubnet = (subnet: Subnet): CloudSubnet => ({
  id: cloudId(subnet.SubnetId ?? ''),
  name: nameOf(subnet),
  cidr: subnet.CidrBlock ?? '',
  zone: subnet.AvailabilityZone ?? '',
});
const byName = (a: CloudSubnet, b: CloudSubnet) =>
  a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1;

const toVpc = (vpc: Vpc, subnets: readonly Subnet[]): CloudVpc => ({
  id: cloudId(vpc.VpcId ?? ''),
  name: nameOf(vpc),
  cidr: vpc.CidrBlock ?? '',
  subnets: subnets
    .filter(subnet => subnet.VpcId === vpc.VpcId)
    .map(toSubnet)
    .sort(byName),
  ...tokenIn(vpc),
});

export async function readVpc(ec2: Ec2, call: Call, id: CloudId): Promise<Vpc> {
  const { Vpcs = [] } = await ec2.ask(call, 'DescribeVpcs', { VpcIds: [id] }, { resource, name: id });
  const [vpc] = Vpcs;
  if (!vpc) throw new BaristaError('not_found', `There is no VPC ${id} in ${ec2.region}.`);
  return vpc;
}

export async function markedVpcs(ec2: Ec2, call: Call, token: Token): Promise<Vpc[]> {
  return ec2.all(call, 'DescribeVpcs', { Filters: [byToken(token)] }, { resource }, out => out.Vpcs);
}

export const subnetsOf = (ec2: Ec2, call: Call, vpc: string): Promise<Subnet[]> =>
  ec2.all(
    call,
    'DescribeSubnets',
    { Filters: [filter('vpc-id', vpc)] },
    { resource: 'subnet', name: vpc },
    out => out.Subnets,
  );

export function createVpcs(ec2: Ec2, listings: Listings): Vpcs {
  async function makeSubnet(
    call: CreateCall,
    vpc: string,
    { name, cidr, zone }: SubnetRequest,
  ): Promise<Subnet> {
    const at = zone || ec2.zone;
    const input = {
      VpcId: vpc,
      CidrBlock: cidr,
      ...(at !== '' && { AvailabilityZone: at }),
      TagSpecifications: marks(name, call.token, 'subnet'),
    };
    try {
      const { Subnet = {} } = await ec2.ask(call, 'CreateSubnet', input, { resource: 'subnet', name });
      ec2.born(Subnet.SubnetId ?? '');
      return Subnet;
    } catch (error) {
      if (!says(error, 'InvalidSubnet.Conflict')) throw error;
      // Perhaps our own: the road sent it twice.
      const mine = find(await subnetsOf(ec2, call, vpc), call.token, cidr);
      if (mine) return mine;
      throw error;
    }
  }

  /** A subnet is `pending` at first ("CreateSubnet"); instances want it `available`. */
  async function untilAvailable(call: Call, vpc: string, subnets: Subnet[]): Promise<Subnet[]> {
    if (subnets.every(subnet => subnet.State !== 'pending')) return subnets;
    const ids = new Set(subnets.map(subnet => subnet.SubnetId));
    const ready = await patiently(
      call.signal,
      async () => {
        const now = (await subnetsOf(ec2, call, vpc)).filter(subnet => ids.has(subnet.SubnetId));
        return now.length === ids.size && now.every(subnet => subnet.State !== 'pending') ? now : undefined;
      },
      () => subnets.some(subnet => ec2.isYoung(subnet.SubnetId ?? '')),
    );
    return ready ?? subnets;
  }

  /** Makes what is not there yet of a VPC's parts, all at once. */
  async function complete(
    call: CreateCall,
    vpc: Vpc,
    { name, subnets }: VpcRequest,
    has: { subnets: Subnet[]; gateways: InternetGateway[] },
  ): Promise<CloudVpc> {
    const id = vpc.VpcId ?? '';
    const [, ...parts] = await together([
      createGateway(ec2, call, id, name, has.gateways[0]),
      ...subnets.map(async want => find(has.subnets, call.token, want.cidr) ?? makeSubnet(call, id, want)),
    ]);
    return { ...toVpc(vpc, await untilAvailable(call, id, parts)), token: call.token };
  }

  return {
    async create(call, request) {
      const [standing] = call.again ? await markedVpcs(ec2, call, call.token) : [];
      if (standing) {
        const [subnets, gateways] = await together([
          subnetsOf(ec2, call, standing.VpcId ?? ''),
          gatewaysOf(ec2, call, call.token),
        ]);
        return complete(call, standing, request, { subnets, gateways });
      }
      const { name, cidr } = request;
      const input = { CidrBlock: cidr, TagSpecifications: marks(name, call.token, 'vpc') };
      const { Vpc = {} } = await ec2.ask(call, 'CreateVpc', input, { resource, name });
      ec2.born(Vpc.VpcId ?? '');
      return complete(call, Vpc, request, { subnets: [], gateways: [] });
    },
    list: call =>
      listings.page('vpcs', call, async () => {
        const [vpcs, subnets] = await together([
          ec2.all(call, 'DescribeVpcs', { MaxResults: 1000 }, { resource }, out => out.Vpcs),
          ec2.all(call, 'DescribeSubnets', { MaxResults: 1000 }, { resource: 'subnet' }, out => out.Subnets),
        ]);
        const byVpc = Map.groupBy(subnets, subnet => subnet.VpcId);
        return vpcs.map(vpc => toVpc(vpc, byVpc.get(vpc.VpcId) ?? []));
      }),
    async get(call, id) {
      const [vpc, subnets] = await together([readVpc(ec2, call, id), subnetsOf(ec2, call, id)]);
      return toVpc(vpc, subnets);
    },
    delete: (call, id) => deleteVpc(ec2, call, id),
    async addSubnet(call, vpc, request) {
      const standing = call.again
        ? find(await subnetsOf(ec2, call, vpc), call.token, request.cidr)
        : undefined;
      const subnet = standing ?? (await makeSubnet(call, vpc, request));
      const [ready] = await untilAvailable(call, vpc, [subnet]);
      return toSubnet(ready ?? subnet);
    },
    removeSubnet: (call, _vpc, subnet) => removeSubnet(ec2, call, subnet),
  };
}

const find = (subnets: readonly Subnet[], token: Token, cidr: string): Subnet | undefined =>
  subnets.find(subnet => tokenOf(subnet) === token && subnet.CidrBlock === cidr);

async function removeSubnet(ec2: Ec2, call: Call, id: CloudId): Promise<void> {
  ec2.gone(id);
  try {
    await ec2.ask(call, 'DeleteSubnet', { SubnetId: id }, { resource: 'subnet', name: id });
  } catch (error) {
    if (!says(error, 'InvalidSubnetID.NotFound', 'InvalidSubnetID.Malformed')) throw error;
  }
}
