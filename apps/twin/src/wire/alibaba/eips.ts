/** Elastic IP addresses. Source: VPC API reference: AllocateEipAddress, AssociateEipAddress, DescribeEipAddresses … */
import type { World } from '../../world/world.ts';
import { find, idempotent, type Answer, type Call } from './call.ts';
import { AliError, invalid, notFound } from './errors.ts';
import { readName } from './names.ts';
import { page, second } from './pages.ts';
import { quota } from './quotas.ts';
import type { Eip } from './records.ts';
import type { AliSite } from './site.ts';
import { readTags, tagFilter, vpcTags } from './tags.ts';
import { resourceGroup } from './vpcs.ts';

export function allocateEipAddress(call: Call): Answer {
  const { site, params, world } = call;
  return idempotent(call, 'AllocateEipAddress', () => {
    const bandwidth = params.integer('Bandwidth', 1, 500) ?? 5;
    const chargeType = params.text('InternetChargeType') ?? 'PayByBandwidth';
    if (chargeType !== 'PayByBandwidth' && chargeType !== 'PayByTraffic')
      throw invalid(
        'InvalidInternetChargeType.ValueNotSupported',
        'The specified InternetChargeType is not valid.',
      );
    const name = readName(params, 'Name');
    const tags = readTags(params);
    if (site.eips.size >= quota(site.cloud, 'eips'))
      throw new AliError('QuotaExceeded.Eip', 'Elastic IP address quota exceeded.');
    const ip = world.addresses.allocate();
    if (ip === undefined)
      throw new AliError('OperationFailed.EipResourceShortage', 'No address is left in the pool.');
    const eip: Eip = {
      id: site.newId('eip'),
      createdAt: world.now(),
      tags,
      name,
      ip,
      bandwidth,
      chargeType,
      instance: undefined,
    };
    site.eips.set(eip.id, eip);
    return { AllocationId: eip.id, EipAddress: ip, ResourceGroupId: resourceGroup };
  });
}

function named(call: Call): { site: AliSite; record: Eip } {
  const found = find(call, site => site.eips, call.params.required('AllocationId'));
  if (!found) throw notFound('InvalidAllocationId.NotFound', 'allocation ID');
  return found;
}

export function associateEipAddress(call: Call): Answer {
  const { site, record } = named(call);
  const id = call.params.required('InstanceId');
  const type = call.params.text('InstanceType') ?? 'EcsInstance';
  if (type !== 'EcsInstance')
    throw invalid('InvalidInstanceType.ValueNotSupported', 'The specified InstanceType is not supported.');
  const instance = site.instances.get(id);
  if (!instance) throw notFound('InvalidInstanceId.NotFound', 'InstanceId');
  if (record.instance === instance) return {};
  if (record.instance)
    throw new AliError('IncorrectEipStatus', 'Current elastic IP status does not support this operation.');
  const { machine } = instance;
  if (instance.eip || machine.publicIp !== '')
    throw new AliError('InvalidInstance.IpBound', 'The specified instance already has a public IP address.');
  if (!(machine.state === 'running' || machine.state === 'stopped') || site.ending.has(instance))
    throw new AliError('IncorrectInstanceStatus', 'Current instance status does not support this operation.');
  record.instance = instance;
  instance.eip = record;
  call.world.machines.attach(machine, record.ip);
  return {};
}

/** Takes the address off its instance; the address itself stays the account's. */
export function unbind(world: World, eip: Eip): void {
  const { instance } = eip;
  if (!instance) return;
  world.machines.detach(instance.machine);
  instance.eip = undefined;
  eip.instance = undefined;
}

export function unassociateEipAddress(call: Call): Answer {
  const { record } = named(call);
  const id = call.params.text('InstanceId');
  if (!record.instance || (id !== undefined && record.instance.id !== id))
    throw new AliError('IncorrectEipStatus', 'Current elastic IP status does not support this operation.');
  unbind(call.world, record);
  return {};
}

export function releaseEipAddress(call: Call): Answer {
  const { site, record } = named(call);
  if (record.instance)
    throw new AliError('IncorrectEipStatus', 'Current elastic IP status does not support this operation.');
  site.eips.delete(record.id);
  call.world.addresses.release(record.ip);
  return {};
}

export function describeEipAddresses({ site, params }: Call): Answer {
  const id = params.text('AllocationId')?.split(',');
  const ip = params.text('EipAddress')?.split(',');
  const name = params.text('EipName');
  const status = params.text('Status');
  const instanceId = params.text('AssociatedInstanceId');
  const has = tagFilter(params);
  const statusOf = (eip: Eip) => (eip.instance ? 'InUse' : 'Available');
  const all = [...site.eips.values()].filter(
    eip =>
      (!id || id.includes(eip.id)) &&
      (!ip || ip.includes(eip.ip)) &&
      (name === undefined || name === eip.name) &&
      (status === undefined || status === statusOf(eip)) &&
      (instanceId === undefined || instanceId === eip.instance?.id) &&
      has(eip),
  );
  const { records, members } = page(params, all, 100);
  return {
    ...members,
    EipAddresses: {
      EipAddress: records.map(eip => ({
        AllocationId: eip.id,
        IpAddress: eip.ip,
        Name: eip.name,
        Status: statusOf(eip),
        RegionId: site.region,
        InstanceId: eip.instance?.id ?? '',
        InstanceType: eip.instance ? 'EcsInstance' : '',
        Bandwidth: `${eip.bandwidth}`,
        InternetChargeType: eip.chargeType,
        ChargeType: 'PostPaid',
        AllocationTime: second(eip.createdAt),
        ResourceGroupId: resourceGroup,
        OperationLocks: { LockReason: [] },
        Tags: vpcTags(eip.tags),
      })),
    },
  };
}
