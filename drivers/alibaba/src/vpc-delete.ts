/**
 * Taking a VPC down. Alibaba Cloud deletes none that still holds anything, and our VSwitches go first; so we look beforehand whether
 * the rest will go too: a VPC that is refused loses nothing by the attempt. The VPC itself goes last, so that a deletion broken half
 * way is found again by its id and finished.
 */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Api } from './api.ts';
import { says } from './errors.ts';
import { tokenOf } from './marks.ts';
import { readGroups } from './security-groups.ts';
import { readInstances } from './instances.ts';
import { readVpc } from './vpc-read.ts';
import { changing, deleteVSwitch, readVSwitches, rounds } from './vswitches.ts';
import { whileRefused } from './wait.ts';

const resource = 'vpc';

export async function deleteVpc(api: Api, call: Call, id: CloudId): Promise<void> {
  api.gone(id);
  const [vpc, vswitches, groups, instances] = await together([
    readVpc(api, call, id),
    readVSwitches(api, call, id),
    readGroups(api, call, { VpcId: id }),
    readInstances(api, call, { VpcId: id }),
  ]);
  if (!vpc) return;
  // Where the VPC is gone or strange to it, a filter may be ignored: only what says itself that it is in this VPC counts.
  const inside = instances.filter(one => one.VpcAttributes?.VpcId === id).map(one => one.InstanceId);
  const foreign = vswitches.filter(one => one.VpcId === id && tokenOf(one) === undefined);
  refuse(id, inside, 'in use', 'Terminate the VMs in it and wait until they are gone.');
  refuse(
    id,
    groups.filter(group => group.VpcId === id).map(group => group.SecurityGroupId),
    'holding security groups',
    'Delete them first.',
  );
  refuse(
    id,
    foreign.map(one => one.VSwitchId),
    'holding VSwitches that Cloud-Barista did not make',
    'Delete them first.',
  );
  for (const { VSwitchId = '' } of vswitches) await deleteVSwitch(api, call, VSwitchId);
  // A VSwitch that was deleted a moment ago may still count.
  const passes = (error: unknown) =>
    changing(error) || says(error, 'DependencyViolation.VSwitch', 'DependencyViolation');
  try {
    await whileRefused(call.signal, rounds, passes, () =>
      api.ask(call, 'vpc', 'DeleteVpc', { VpcId: id }, { resource, name: id }),
    );
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
  }
}

function refuse(vpc: string, holders: readonly (string | undefined)[], how: string, next: string): void {
  if (holders.length === 0) return;
  const some = [...new Set(holders)].slice(0, 5).join(', ');
  throw new BaristaError(
    'failed_precondition',
    `VPC ${vpc} is still ${how}: ${some}${holders.length > 5 ? ' …' : ''}.`,
    { next, cause: 'DependencyViolation' },
  );
}
