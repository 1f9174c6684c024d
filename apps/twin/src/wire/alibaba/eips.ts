/** Elastic IP addresses. Source: VPC API reference: AllocateEipAddress, AssociateEipAddress, DescribeEipAddresses … */
import type { World } from '../../world/world.ts';
import { commit, find, idempotent, type Answer, type Call } from './call.ts';
import { AliError, invalid, notFound } from './errors.ts';
import { readDescription, readName } from './names.ts';
import { own } from './params.ts';
import { page, second } from './pages.ts';
import { quota } from './quotas.ts';
import type { Eip } from './records.ts';
import type { AliSite } from './site.ts';
import { readTags, tagFilter, vpcTags } from './tags.ts';
import { resourceGroup, settling } from './vpcs.ts';

type EipStatus = Eip['passing'] | 'InUse' | 'Available';
function statusOf(eip: Eip, now: number): EipStatus {
  if (now < eip.passUntil) return eip.passing;
  return eip.instance ? 'InUse' : 'Available';
}

const wrongStatus = (): AliError =>
  new AliError('IncorrectEipStatus', 'Current elastic IP status does not support this operation');

const internetLines = ['BGP', 'BGP_PRO'];

export function allocateEipAddress(call: Call): Answer {
  const { site, params, world } = call;
  return idempotent(call, 'AllocateEipAddress', () => {
    const chargeType = params.text('InternetChargeType') ?? 'PayByBandwidth';
    if (chargeType !== 'PayByBandwidth' && chargeType !== 'PayByTraffic')
      throw invalid(
        'InvalidInternetChargeType.ValueNotSupported',
        'The specified InternetChargeType is not valid.',
      );
    const bandwidth = params.integer('Bandwidth', 1, chargeType === 'PayByTraffic' ? 200 : 500) ?? 5;
    const instanceCharge = params.text('InstanceChargeType') ?? 'PostPaid';
    if (instanceCharge !== 'PostPaid' && instanceCharge !== 'PrePaid')
      throw invalid(
        'InvalidInstanceChargeType.ValueNotSupported',
        'The specified InstanceChargeType is not valid.',
      );
    const isp = params.text('ISP') ?? 'BGP';
    const line = internetLines.find(each => each === isp);
    if (line === undefined) throw invalid('InvalidISP.ValueNotSupported', 'The specified ISP is not valid.');
    const netmode = params.text('Netmode') ?? 'public';
    if (netmode !== 'public')
      throw invalid('InvalidNetmode.ValueNotSupported', 'The specified Netmode is not valid.');
    const name = readName(params, 'Name');
    const description = readDescription(params);
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
      description,
      ip,
      bandwidth,
      chargeType,
      isp: line,
      netmode: 'public',
      protected: false,
      instance: undefined,
      passing: 'Associating',
      passUntil: 0,
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
  const { params, world } = call;
  const { site, record } = named(call);
  return idempotent({ world, params, site, sites: [site] }, 'AssociateEipAddress', () => {
    const id = params.required('InstanceId');
    const type = params.text('InstanceType') ?? 'EcsInstance';
    if (type !== 'EcsInstance')
      throw invalid(
        'InvalidInstanceType.ValueNotSupported',
        'The specified value of InstanceType is not supported.',
      );
    const instance = site.instances.get(id);
    if (!instance) throw new AliError('InvalidInstanId.NotFound', 'Specified instance does not exist.', 404);
    if (statusOf(record, world.now()) !== 'Available') throw wrongStatus();
    const { machine } = instance;
    if (instance.eip)
      throw new AliError('InvalidAssociation.Duplicated', 'Specified instance already is associated.');
    if (machine.publicIp !== '')
      throw new AliError(
        'EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP',
        'instance already bind natpublicip,cannot bind eip.',
      );
    if (!(machine.state === 'running' || machine.state === 'stopped') || site.ending.has(instance))
      throw new AliError(
        'IncorrectInstanceStatus',
        'Current instance status does not support this operation.',
      );
    record.instance = instance;
    record.passing = 'Associating';
    record.passUntil = world.now() + settling(site);
    instance.eip = record;
    world.machines.attach(machine, record.ip);
    return {};
  });
}

/** Takes the address off its instance; the address itself stays the account's. */
export function unbind(world: World, site: AliSite, eip: Eip): void {
  const { instance } = eip;
  if (!instance) return;
  world.machines.detach(instance.machine);
  instance.eip = undefined;
  eip.instance = undefined;
  eip.passing = 'Unassociating';
  eip.passUntil = world.now() + settling(site);
}

export function unassociateEipAddress(call: Call): Answer {
  const { params, world } = call;
  const { site, record } = named(call);
  return idempotent({ world, params, site, sites: [site] }, 'UnassociateEipAddress', () => {
    const id = params.text('InstanceId');
    if (id !== undefined && record.instance !== undefined && record.instance.id !== id)
      throw new AliError(
        'InvalidAssociation.NotFound',
        'Specified elastic IP address is not associated with the specified instance.',
      );
    if (statusOf(record, world.now()) !== 'InUse') throw wrongStatus();
    unbind(world, site, record);
    return {};
  });
}

export function releaseEipAddress(call: Call): Answer {
  const { site, record } = named(call);
  if (statusOf(record, call.world.now()) !== 'Available') throw wrongStatus();
  if (record.protected)
    throw new AliError(
      'OperationDenied.DeletionProtection',
      'The operation is not allowed because of deletion protection.',
    );
  commit(call);
  site.eips.delete(record.id);
  call.world.addresses.release(record.ip);
  return {};
}

export function modifyEipAddressAttribute(call: Call): Answer {
  const { params } = call;
  const { record } = named(call);
  const bandwidth = params.integer('Bandwidth', 1, record.chargeType === 'PayByTraffic' ? 200 : 500);
  const name = readName(params, 'Name');
  const description = readDescription(params);
  if (bandwidth !== undefined) record.bandwidth = bandwidth;
  if (name !== '') record.name = own(name);
  if (description !== '') record.description = description;
  return {};
}

export function describeEipAddresses({ site, params, world }: Call): Answer {
  const now = world.now();
  const id = params.text('AllocationId')?.split(',');
  const ip = params.text('EipAddress')?.split(',');
  const status = params.text('Status');
  if (
    status !== undefined &&
    !['Associating', 'Unassociating', 'InUse', 'Available', 'Releasing'].includes(status)
  )
    throw invalid('InvalidStatus.ValueNotSupported', 'The specified value of Status is not supported.');
  const instanceType = params.text('AssociatedInstanceType');
  const instanceId = params.text('AssociatedInstanceId');
  if (instanceId !== undefined && instanceType === undefined)
    throw invalid('MissingParameter', 'AssociatedInstanceType is mandatory with AssociatedInstanceId.');
  const name = params.text('EipName');
  const isp = params.text('ISP');
  const charge = params.text('ChargeType');
  const has = tagFilter(params);
  const all = [...site.eips.values()].filter(
    eip =>
      (!id || id.includes(eip.id)) &&
      (!ip || ip.includes(eip.ip)) &&
      (name === undefined || name === eip.name) &&
      (status === undefined || status === statusOf(eip, now)) &&
      (instanceType === undefined || (instanceType === 'EcsInstance' && eip.instance !== undefined)) &&
      (instanceId === undefined || instanceId === eip.instance?.id) &&
      (isp === undefined || isp === eip.isp) &&
      (charge === undefined || charge === 'PostPaid') &&
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
        // The vendor's spelling.
        Descritpion: eip.description,
        Description: eip.description,
        Status: statusOf(eip, now),
        BusinessStatus: 'Normal',
        RegionId: site.region,
        InstanceId: eip.instance?.id ?? '',
        InstanceType: eip.instance ? 'EcsInstance' : '',
        InstanceRegionId: eip.instance ? site.region : '',
        PrivateIpAddress: eip.instance?.machine.privateIp ?? '',
        VpcId: eip.instance?.vSwitch.vpc.id ?? '',
        Bandwidth: `${eip.bandwidth}`,
        EipBandwidth: `${eip.bandwidth}`,
        BandwidthPackageId: '',
        InternetChargeType: eip.chargeType,
        ChargeType: 'PostPaid',
        ISP: eip.isp,
        Netmode: eip.netmode,
        Mode: 'NAT',
        DeletionProtection: eip.protected,
        SecondLimited: false,
        HDMonitorStatus: 'OFF',
        HasReservationData: 'false',
        AllocationTime: second(eip.createdAt),
        ExpiredTime: '',
        ResourceGroupId: resourceGroup,
        ServiceManaged: 0,
        OperationLocks: { LockReason: [] },
        AvailableRegions: { AvailableRegion: [site.region] },
        Tags: vpcTags(eip.tags),
      })),
    },
  };
}
