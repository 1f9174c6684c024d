/**
 * Instances as DescribeInstances and RunInstances show them. Element names: EC2 API reference, Instance. Left out are the options
 * that can only have one value here (hibernation, enclaves, capacity reservations …, all optional in the reference): a client's XML
 * parser is what a list of 1,000 instances costs most.
 */
import { hostname, interfaceAttachmentId, interfaceId, macAddress, publicHostname } from './derived.ts';
import { shownPublicIp, stateOf } from './instance-life.ts';
import type { Instance, Reservation } from './records.ts';
import type { AwsSite } from './site.ts';
import { tagSet } from './tags.ts';
import { mappingsOf } from './volume-records.ts';
import type { Members, Xml } from './xml.ts';
import { privateDomain, publicDomain } from './zones.ts';

export const iso = (ms: number): string => new Date(ms).toISOString();

export const privateDnsName = (site: AwsSite, instance: Instance): string =>
  `${hostname(instance.machine.privateIp)}.${privateDomain(site.region)}`;

/** Only where the VPC names its hosts. */
export const publicDnsName = (site: AwsSite, instance: Instance, ip: string | undefined): string =>
  ip === undefined || !instance.subnet.vpc.dnsHostnames
    ? ''
    : `${publicHostname(ip)}.${publicDomain(site.region)}`;

export const groupSet = (instance: Instance): Xml =>
  instance.groups.map(group => ({ groupId: group.id, groupName: group.name }));

export const mappingSet = (instance: Instance): Members[] =>
  mappingsOf(instance).map(({ device, id, status, at, deleteOnTermination }) => ({
    deviceName: device,
    ebs: { volumeId: id, status, attachTime: iso(at), deleteOnTermination },
  }));

/** `2026-11-21 14:07:53 GMT` */
const spoken = (ms: number): string => `${iso(ms).slice(0, 19).replace('T', ' ')} GMT`;

export function reason(instance: Instance): { text: string; code: string; message: string } | undefined {
  const { state } = instance.machine;
  if (state === 'crashed') {
    const message = 'Server.InternalError: Internal error on the host';
    return { text: 'Server.InternalError', code: 'Server.InternalError', message };
  }
  if (instance.stoppedAt === 0 || state === 'pending' || state === 'running' || state === 'rebooting')
    return undefined;
  return {
    text: `User initiated (${spoken(instance.stoppedAt)})`,
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
}

export const associationView = (
  site: AwsSite,
  instance: Instance,
  ip: string | undefined,
): Members | undefined =>
  ip === undefined
    ? undefined
    : {
        publicIp: ip,
        publicDnsName: publicDnsName(site, instance, ip),
        ipOwnerId: instance.address ? site.accountId : 'amazon',
      };

function cardView(site: AwsSite, instance: Instance, ip: string | undefined): Members {
  const { privateIp } = instance.machine;
  const privateName = privateDnsName(site, instance);
  const association = associationView(site, instance, ip);
  return {
    networkInterfaceId: interfaceId(instance.id),
    subnetId: instance.subnet.id,
    vpcId: instance.subnet.vpc.id,
    description: '',
    ownerId: site.accountId,
    status: 'in-use',
    macAddress: macAddress(instance.id),
    privateIpAddress: privateIp,
    privateDnsName: privateName,
    sourceDestCheck: instance.options.sourceDestCheck,
    interfaceType: 'interface',
    groupSet: groupSet(instance),
    attachment: {
      attachmentId: interfaceAttachmentId(instance.id),
      deviceIndex: 0,
      networkCardIndex: 0,
      status: 'attached',
      attachTime: iso(instance.launchedAt),
      deleteOnTermination: true,
    },
    association,
    privateIpAddressesSet: [
      { privateIpAddress: privateIp, privateDnsName: privateName, primary: true, association },
    ],
  };
}

export function instanceView(site: AwsSite, instance: Instance): Members {
  const { image, type, subnet, machine, options } = instance;
  const { code, name } = stateOf(instance);
  const ended = machine.state === 'terminated';
  const ip = shownPublicIp(instance);
  const why = reason(instance);
  const launched = iso(instance.launchedAt);
  return {
    instanceId: instance.id,
    imageId: image.id,
    instanceState: { code, name },
    privateDnsName: ended ? '' : privateDnsName(site, instance),
    dnsName: publicDnsName(site, instance, ip),
    reason: why?.text ?? '',
    stateReason: why && { code: why.code, message: why.message },
    keyName: instance.keyName,
    amiLaunchIndex: instance.index,
    instanceType: type.name,
    launchTime: launched,
    placement: { availabilityZone: subnet.zone.name, groupName: '', tenancy: 'default' },
    platformDetails: image.platformDetails,
    usageOperation: image.usageOperation,
    monitoring: { state: options.monitored ? 'enabled' : 'disabled' },
    subnetId: ended ? undefined : subnet.id,
    vpcId: ended ? undefined : subnet.vpc.id,
    privateIpAddress: ended ? undefined : machine.privateIp,
    ipAddress: ip,
    sourceDestCheck: ended ? undefined : options.sourceDestCheck,
    groupSet: groupSet(instance),
    architecture: image.architecture,
    rootDeviceType: 'ebs',
    rootDeviceName: image.rootDevice,
    blockDeviceMapping: ended ? [] : mappingSet(instance),
    virtualizationType: 'hvm',
    clientToken: instance.reservation.token,
    tagSet: tagSet(instance.tags),
    hypervisor: 'xen',
    networkInterfaceSet: ended ? [] : [cardView(site, instance, ip)],
    ebsOptimized: options.ebsOptimized,
    enaSupport: true,
    cpuOptions: { coreCount: type.cores, threadsPerCore: type.vcpus / type.cores },
    metadataOptions: {
      state: 'applied',
      httpTokens: options.httpTokens,
      httpPutResponseHopLimit: 1,
      httpEndpoint: 'enabled',
    },
    bootMode: image.bootMode,
  };
}

export const reservationView = (
  site: AwsSite,
  reservation: Reservation,
  instances: readonly Instance[],
): Members => ({
  reservationId: reservation.id,
  ownerId: site.accountId,
  groupSet: [],
  instancesSet: instances.map(instance => instanceView(site, instance)),
});
