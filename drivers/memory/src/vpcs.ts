/**
 * VPCs. Like most clouds this one makes a VPC by several calls – the VPC, a gateway, each subnet – so that a create can break in the
 * middle and be taken up again.
 */
import type { CreateCall } from '@cloud-barista/driver/call';
import type { CloudSubnet, CloudVpc, SubnetRequest, Vpcs } from '@cloud-barista/driver/vpcs';
import { contains, formatCidr, overlaps, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { Context } from './calls.ts';
import { createPool } from './addresses.ts';
import { MemoryCloudError } from './errors.ts';
import { settleAll } from './settle.ts';
import type { State, Subnet, Vpc } from './state.ts';

function blockOf(text: string, shortest: number): Cidr {
  const cidr = tryCidr(text);
  if (!cidr || cidr.prefix < shortest || cidr.prefix > 28)
    throw new MemoryCloudError('InvalidCidr', `${text} is no block of /${shortest} to /28.`);
  return cidr;
}

/** Throws VpcNotFound. */
export function vpcOf(state: State, id: CloudId): Vpc {
  const vpc = state.vpcs.get(id);
  if (!vpc) throw new MemoryCloudError('VpcNotFound', `There is no VPC ${id}.`);
  return vpc;
}

const subnetView = ({ id, name, cidr, zone }: Subnet): CloudSubnet => ({
  id,
  name,
  cidr: formatCidr(cidr),
  zone,
});
const view = (vpc: Vpc): CloudVpc => ({
  id: vpc.id,
  name: vpc.name,
  cidr: formatCidr(vpc.cidr),
  subnets: [...vpc.subnets.values()].map(subnetView).sort((a, b) => (a.name < b.name ? -1 : 1)),
  token: vpc.token,
});

export function createVpcs(context: Context): Vpcs {
  const { state, send } = context;

  function makeSubnet(vpc: Vpc, { token }: CreateCall, request: SubnetRequest): Subnet {
    const cidr = blockOf(request.cidr, 8);
    if (!contains(vpc.cidr, cidr))
      throw new MemoryCloudError(
        'SubnetOutsideVpc',
        `${request.cidr} is not inside ${formatCidr(vpc.cidr)}.`,
      );
    for (const other of vpc.subnets.values()) {
      if (other.name === request.name && other.token === token) return other;
      if (other.name === request.name)
        throw new MemoryCloudError('SubnetNameTaken', `${vpc.id} has a subnet named ${request.name}.`);
      if (overlaps(other.cidr, cidr))
        throw new MemoryCloudError(
          'SubnetOverlap',
          `${request.cidr} overlaps subnet ${other.id} (${formatCidr(other.cidr)}).`,
        );
    }
    const subnet: Subnet = {
      id: cloudId(`mock-subnet-${(++state.nextSubnet).toString(16).padStart(10, '0')}`),
      name: request.name,
      token,
      cidr,
      zone: request.zone,
      // As AWS does it: the network, its router, its DNS, one spare, and the broadcast address.
      addresses: createPool(cidr, 4, 1),
      vms: 0,
    };
    vpc.subnets.set(subnet.id, subnet);
    return subnet;
  }

  return {
    async create(call, request) {
      const { id } = await send('CreateVpc', 'vpc', call, request.name, () => {
        const marked = state.marked.vpc.get(call.token);
        if (marked) return marked;
        const cidr = blockOf(request.cidr, 8);
        if (state.names.has(`vpc ${request.name}`))
          throw new MemoryCloudError('VpcNameTaken', `There is a VPC named ${request.name}.`);
        const made: Vpc = {
          id: state.vpcs.nextId(),
          name: request.name,
          token: call.token,
          cidr,
          subnets: new Map(),
          gateway: false,
          groups: 0,
        };
        state.vpcs.add(made);
        state.names.add(`vpc ${made.name}`);
        state.marked.vpc.set(call.token, made);
        return made;
      });
      await send('AttachGateway', 'vpc', call, request.name, () => {
        vpcOf(state, id).gateway = true;
      });
      for (const subnet of request.subnets)
        await send(
          'CreateSubnet',
          'subnet',
          call,
          subnet.name,
          () => makeSubnet(vpcOf(state, id), call, subnet).id,
        );
      return send('GetVpc', 'vpc', call, id, () => view(vpcOf(state, id)));
    },
    list: call => send('ListVpcs', 'vpc', call, '', () => state.vpcs.page(call, view)),
    get: (call, id) => send('GetVpc', 'vpc', call, id, () => view(vpcOf(state, id))),
    delete: (call, id) =>
      send('DeleteVpc', 'vpc', call, id, () => {
        const vpc = state.vpcs.get(id);
        if (!vpc) return;
        settleAll(state, context.now());
        const vms = [...vpc.subnets.values()].reduce((sum, subnet) => sum + subnet.vms, 0);
        if (vms > 0 || vpc.groups > 0)
          throw new MemoryCloudError(
            'VpcInUse',
            `${vms} VMs and ${vpc.groups} security groups still use ${id}.`,
          );
        state.vpcs.delete(id);
        state.names.delete(`vpc ${vpc.name}`);
        state.marked.vpc.delete(vpc.token);
        state.tags.delete(id);
      }),
    addSubnet: (call, vpc, request) =>
      send('CreateSubnet', 'subnet', call, request.name, () =>
        subnetView(makeSubnet(vpcOf(state, vpc), call, request)),
      ),
    removeSubnet: (call, vpc, id) =>
      send('DeleteSubnet', 'subnet', call, id, () => {
        const subnets = state.vpcs.get(vpc)?.subnets;
        const subnet = subnets?.get(id);
        if (!subnet) return;
        settleAll(state, context.now());
        if (subnet.vms > 0)
          throw new MemoryCloudError('SubnetInUse', `${subnet.vms} VMs still stand in ${id}.`);
        subnets?.delete(id);
      }),
  };
}
