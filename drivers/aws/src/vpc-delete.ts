/**
 * Taking a VPC down. EC2 deletes none that still holds anything, and our parts go first; so we look beforehand whether the rest
 * will go too: a VPC that is refused loses nothing by the attempt. The VPC itself goes last, so that a deletion broken half way
 * is found again by its id and finished.
 */
import type { Call } from '@cloud-barista/driver/call';
import { backOff, together } from '@cloud-barista/driver/concurrency';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import { deleteGateway, gatewaysOf } from './gateways.ts';
import { filter, tokenOf } from './marks.ts';

const resource = 'vpc';

export async function deleteVpc(ec2: Ec2, call: Call, id: CloudId): Promise<void> {
  ec2.gone(id);
  const about = { resource, name: id } as const;
  const Filters = [filter('vpc-id', id)];
  const [{ Vpcs = [] }, { Subnets = [] }, { SecurityGroups = [] }, { NetworkInterfaces = [] }] =
    await together([
      ec2.ask(call, 'DescribeVpcs', { Filters }, about),
      ec2.ask(call, 'DescribeSubnets', { Filters }, about),
      ec2.ask(call, 'DescribeSecurityGroups', { Filters }, about),
      ec2.ask(call, 'DescribeNetworkInterfaces', { Filters }, about),
    ]);
  const [vpc] = Vpcs;
  if (!vpc) return;

  const groups = SecurityGroups.filter(group => group.GroupName !== 'default').map(group => group.GroupId);
  const holders = NetworkInterfaces.map(card => card.Attachment?.InstanceId ?? card.NetworkInterfaceId);
  const foreign = Subnets.filter(subnet => tokenOf(subnet) === undefined).map(subnet => subnet.SubnetId);
  refuse(id, holders, 'in use', 'Terminate the VMs in it and wait until they are gone.');
  refuse(id, groups, 'holding security groups', 'Delete them first.');
  refuse(id, foreign, 'holding subnets that Cloud-Barista did not make', 'Delete them first.');

  const token = tokenOf(vpc);
  const gateways = token === undefined ? [] : await gatewaysOf(ec2, call, token);
  await together([
    ...gateways.map(gateway => deleteGateway(ec2, call, id, gateway)),
    ...Subnets.map(async ({ SubnetId = '' }) => {
      ec2.gone(SubnetId);
      await unlessAbsent(ec2.ask(call, 'DeleteSubnet', { SubnetId }, { resource: 'subnet', name: SubnetId }));
    }),
  ]);
  for (let round = 0; ; round++)
    try {
      return await unlessAbsent(ec2.ask(call, 'DeleteVpc', { VpcId: id }, about));
    } catch (error) {
      // What we deleted a moment ago may still count ("Eventual consistency", EC2 Developer Guide): about three seconds' patience.
      if (!says(error, 'DependencyViolation') || round >= 6) throw error;
      await backOff(call.signal, round);
    }
}

async function unlessAbsent(deed: Promise<unknown>): Promise<void> {
  try {
    await deed;
  } catch (error) {
    if (!says(error, 'InvalidSubnetID.NotFound', 'InvalidVpcID.NotFound')) throw error;
  }
}

function refuse(vpc: string, holders: readonly (string | undefined)[], how: string, next: string): void {
  if (holders.length === 0) return;
  const some = [...new Set(holders)].slice(0, 5).join(', ');
  throw new BaristaError(
    'failed_precondition',
    `VPC ${vpc} is still ${how}: ${some}${holders.length > 5 ? ' …' : ''}.`,
    {
      next,
      cause: 'DependencyViolation',
    },
  );
}
