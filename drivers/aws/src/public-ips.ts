/**
 * Elastic IP addresses. The address that an instance is launched with is none: EC2 takes it back by itself as soon as an
 * Elastic IP takes its place ("Associate Elastic IP addresses with resources", EC2 User Guide).
 */
import { patiently } from '@cloud-barista/driver/concurrency';
import type { Address, Filter } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Listings } from '@cloud-barista/driver/listing';
import type { CloudPublicIp, PublicIps } from '@cloud-barista/driver/public-ips';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import { byToken, filter, marks, nameOf, tokenIn } from './marks.ts';
import { readInstance } from './vms.ts';

const resource = 'public-ip';
const about = (name: string) => ({ resource, name }) as const;

const toPublicIp = (address: Address): CloudPublicIp => ({
  id: cloudId(address.AllocationId ?? ''),
  name: nameOf(address),
  address: address.PublicIp ?? '',
  vm: cloudId(address.InstanceId ?? ''),
  ...tokenIn(address),
});

/** DescribeAddresses has no pages. */
async function describe(ec2: Ec2, call: Call, ...Filters: Filter[]): Promise<Address[]> {
  const input = { Filters: [filter('domain', 'vpc'), ...Filters] };
  const { Addresses = [] } = await ec2.ask(call, 'DescribeAddresses', input, { resource });
  return Addresses;
}
export const markedAddresses = (ec2: Ec2, call: Call, token: Token): Promise<Address[]> =>
  describe(ec2, call, byToken(token));

export function createPublicIps(ec2: Ec2, listings: Listings): PublicIps {
  async function read(call: Call, id: CloudId): Promise<Address> {
    const input = { AllocationIds: [id] };
    const { Addresses = [] } = await ec2.ask(call, 'DescribeAddresses', input, about(id));
    const [address] = Addresses;
    if (!address) throw new BaristaError('not_found', `There is no Elastic IP ${id} in ${ec2.region}.`);
    return address;
  }
  const inUse = (id: CloudId, { InstanceId, NetworkInterfaceId }: Address) =>
    new BaristaError('failed_precondition', `${id} is carried by ${InstanceId || NetworkInterfaceId}.`, {
      next: 'Dissociate it there first.',
      cause: 'InvalidIPAddress.InUse',
    });

  async function take(call: Call, id: CloudId, vm: CloudId): Promise<void> {
    const input = { AllocationId: id, InstanceId: vm };
    try {
      await ec2.ask(call, 'AssociateAddress', { ...input, AllowReassociation: false }, about(id));
    } catch (error) {
      if (!says(error, 'Resource.AlreadyAssociated')) throw error;
      // Either the address has been taken meanwhile, or the VM carries another Elastic IP, which this one is to follow.
      const now = await read(call, id);
      if (now.InstanceId === vm) return;
      if (now.AssociationId) throw inUse(id, now);
      await ec2.ask(call, 'AssociateAddress', { ...input, AllowReassociation: true }, about(id));
    }
  }

  return {
    async create(call, { name }) {
      const [marked] = call.again ? await markedAddresses(ec2, call, call.token) : [];
      if (marked) return toPublicIp(marked);
      const input = {
        Domain: 'vpc',
        TagSpecifications: marks(name, call.token, 'elastic-ip'),
      } as const;
      const made = await ec2.ask(call, 'AllocateAddress', input, about(name));
      ec2.born(made.AllocationId ?? '');
      return {
        id: cloudId(made.AllocationId ?? ''),
        name,
        address: made.PublicIp ?? '',
        vm: '',
        token: call.token,
      };
    },
    list: call =>
      listings.page('public addresses', call, async () => (await describe(ec2, call)).map(toPublicIp)),
    get: async (call, id) => toPublicIp(await read(call, id)),
    async delete(call, id) {
      try {
        // In a default VPC EC2 releases an address also from under its instance ("ReleaseAddress"); so we look.
        const address = await read(call, id);
        if (address.AssociationId) throw inUse(id, address);
        await ec2.ask(call, 'ReleaseAddress', { AllocationId: id }, about(id));
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
      ec2.gone(id);
    },
    async associate(call, id, vm) {
      const address = await read(call, id);
      if (address.InstanceId !== vm) {
        if (address.AssociationId) throw inUse(id, address);
        await take(call, id, vm);
      }
      const shown = await patiently(
        call.signal,
        async () => (await readInstance(ec2, call, vm)).PublicIpAddress === address.PublicIp || undefined,
        round => round < 20,
      );
      if (!shown)
        throw new BaristaError('unavailable', `Instance ${vm} does not show ${address.PublicIp} yet.`, {
          next: 'Look at it again in a minute.',
        });
    },
    async dissociate(call, id, vm) {
      const { AssociationId, InstanceId } = await read(call, id);
      if (InstanceId !== vm || !AssociationId) return;
      try {
        await ec2.ask(call, 'DisassociateAddress', { AssociationId }, about(id));
      } catch (error) {
        if (!says(error, 'InvalidAssociationID.NotFound')) throw error;
      }
    },
  };
}
