/** DescribeInstances and DescribeInstanceStatus. */
import type { Call } from './call.ts';
import { interfaceId } from './derived.ts';
import { filterAll, page } from './filters.ts';
import { select } from './ids.ts';
import { shownPublicIp, stateOf } from './instance-life.ts';
import { instanceView, iso, privateDnsName, publicDnsName, reason } from './instance-view.ts';
import type { Instance, Reservation } from './records.ts';
import type { AwsSite } from './site.ts';
import { mappingsOf } from './volume-records.ts';
import type { Members } from './xml.ts';

const live = (instance: Instance) => instance.machine.state !== 'terminated';
const ifLive =
  <T>(look: (instance: Instance) => T) =>
  (instance: Instance): T | undefined =>
    live(instance) ? look(instance) : undefined;

/** EC2 API reference, DescribeInstances, the filters that this emulation's instances can differ by or are asked for. */
const instanceFilters = (site: AwsSite) => ({
  architecture: (instance: Instance) => instance.image.architecture,
  'availability-zone': (instance: Instance) => instance.subnet.zone.name,
  'block-device-mapping.attach-time': ifLive(one => mappingsOf(one).map(each => iso(each.at))),
  'block-device-mapping.delete-on-termination': ifLive(one =>
    mappingsOf(one).map(each => `${each.deleteOnTermination}`),
  ),
  'block-device-mapping.device-name': ifLive(one => mappingsOf(one).map(each => each.device)),
  'block-device-mapping.status': ifLive(one => mappingsOf(one).map(each => each.status)),
  'block-device-mapping.volume-id': ifLive(one => mappingsOf(one).map(each => each.id)),
  'client-token': (instance: Instance) => instance.reservation.token,
  'dns-name': (instance: Instance) => publicDnsName(site, instance, shownPublicIp(instance)),
  'group-id': (instance: Instance) => instance.groups.map(group => group.id),
  'group-name': (instance: Instance) => instance.groups.map(group => group.name),
  hypervisor: () => 'xen',
  'image-id': (instance: Instance) => instance.image.id,
  'instance-id': (instance: Instance) => instance.id,
  'instance-lifecycle': () => undefined,
  'instance-state-code': (instance: Instance) => stateOf(instance).code,
  'instance-state-name': (instance: Instance) => stateOf(instance).name,
  'instance-type': (instance: Instance) => instance.type.name,
  'instance.group-id': (instance: Instance) => instance.groups.map(group => group.id),
  'instance.group-name': (instance: Instance) => instance.groups.map(group => group.name),
  'ip-address': shownPublicIp,
  'key-name': (instance: Instance) => instance.keyName,
  'launch-index': (instance: Instance) => instance.index,
  'launch-time': (instance: Instance) => iso(instance.launchedAt),
  'monitoring-state': (instance: Instance) => (instance.options.monitored ? 'enabled' : 'disabled'),
  'network-interface.addresses.private-ip-address': ifLive(one => one.machine.privateIp),
  'network-interface.addresses.association.public-ip': shownPublicIp,
  'network-interface.association.public-ip': shownPublicIp,
  'network-interface.availability-zone': ifLive(one => one.subnet.zone.name),
  'network-interface.group-id': (instance: Instance) => instance.groups.map(group => group.id),
  'network-interface.network-interface-id': ifLive(one => interfaceId(one.id)),
  'network-interface.private-ip-address': ifLive(one => one.machine.privateIp),
  'network-interface.subnet-id': ifLive(one => one.subnet.id),
  'network-interface.vpc-id': ifLive(one => one.subnet.vpc.id),
  'owner-id': () => site.accountId,
  platform: (instance: Instance) => instance.image.platform,
  'platform-details': (instance: Instance) => instance.image.platformDetails,
  'private-dns-name': ifLive(one => privateDnsName(site, one)),
  'private-ip-address': ifLive(one => one.machine.privateIp),
  reason: (instance: Instance) => reason(instance)?.text,
  'requester-id': () => undefined,
  'reservation-id': (instance: Instance) => instance.reservation.id,
  'root-device-name': (instance: Instance) => instance.image.rootDevice,
  'root-device-type': () => 'ebs',
  'source-dest-check': (instance: Instance) => instance.options.sourceDestCheck,
  'state-reason-code': (instance: Instance) => reason(instance)?.code,
  'state-reason-message': (instance: Instance) => reason(instance)?.message,
  'subnet-id': ifLive(one => one.subnet.id),
  tenancy: () => 'default',
  'virtualization-type': () => 'hvm',
  'vpc-id': ifLive(one => one.subnet.vpc.id),
});

export function describeInstances({ site, params }: Call): Members {
  const chosen = select(site.instances, 'instance', params.texts('InstanceId'));
  const found = params.child('Filter') ? filterAll(params, instanceFilters(site), chosen) : chosen;
  const { records, nextToken } = page(params, 'DescribeInstances', found, {
    least: 5,
    most: 1000,
    not: 'InstanceId',
  });
  const together = new Map<Reservation, Members[]>();
  for (const instance of records) {
    const view = instanceView(site, instance);
    const those = together.get(instance.reservation);
    if (those) those.push(view);
    else together.set(instance.reservation, [view]);
  }
  const reservationSet: Members[] = [];
  for (const [reservation, instancesSet] of together)
    reservationSet.push({
      reservationId: reservation.id,
      ownerId: site.accountId,
      groupSet: [],
      instancesSet,
    });
  return { reservationSet, nextToken };
}

const health = (instance: Instance): string =>
  stateOf(instance).name === 'running' ? 'ok' : 'not-applicable';

const statusFilters = {
  'availability-zone': (instance: Instance) => instance.subnet.zone.name,
  'instance-state-code': (instance: Instance) => stateOf(instance).code,
  'instance-state-name': (instance: Instance) => stateOf(instance).name,
  'instance-status.reachability': (instance: Instance) => (health(instance) === 'ok' ? 'passed' : undefined),
  'instance-status.status': health,
  'system-status.reachability': (instance: Instance) => (health(instance) === 'ok' ? 'passed' : undefined),
  'system-status.status': health,
};

/** Those that run; all where IncludeAllInstances. */
export function describeInstanceStatus({ site, params }: Call): Members {
  const all = params.boolean('IncludeAllInstances') === true;
  const chosen = select(site.instances, 'instance', params.texts('InstanceId')).filter(
    instance => all || stateOf(instance).name === 'running',
  );
  const found = filterAll(params, statusFilters, chosen);
  const rule = { least: 5, most: 1000, not: 'InstanceId' };
  const { records, nextToken } = page(params, 'DescribeInstanceStatus', found, rule);
  return {
    instanceStatusSet: records.map(instance => {
      const status = health(instance);
      const check = { status, details: status === 'ok' ? [{ name: 'reachability', status: 'passed' }] : [] };
      return {
        instanceId: instance.id,
        availabilityZone: instance.subnet.zone.name,
        instanceState: { ...stateOf(instance) },
        systemStatus: check,
        instanceStatus: check,
      };
    }),
    nextToken,
  };
}
