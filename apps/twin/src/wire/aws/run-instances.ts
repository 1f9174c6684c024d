/**
 * RunInstances: all is checked before anything is made; a client token makes the same request once.
 * Source: EC2 API reference, RunInstances; EC2 user guide, "Ensuring idempotency in Amazon EC2 API requests".
 */
import { commit, type Call } from './call.ts';
import { hostname } from './derived.ts';
import { Ec2Error, combination, invalidValue } from './errors.ts';
import { givePublicIp, runningVcpus } from './instance-life.ts';
import { instanceTypes, offeredIn, offeredInRegion, type InstanceType } from './instance-type-catalogue.ts';
import { reservationView } from './instance-view.ts';
import { readDisks } from './launch-disks.ts';
import { readNetwork } from './launch-network.ts';
import type { Image } from './image-catalogue.ts';
import { capturedOf, launchable } from './own-images.ts';
import { repeated } from './once.ts';
import { own } from './query.ts';
import { quota } from './quotas.ts';
import {
  noTags,
  type Instance,
  type InstanceOptions,
  type KeyPair,
  type Reservation,
  type Subnet,
} from './records.ts';
import { freeAddresses, takeAddress, type AwsSite } from './site.ts';
import { specifiedTags } from './tags.ts';
import { checkStorage, takeStorage } from './volume-records.ts';
import type { Members } from './xml.ts';

const taggable = ['instance', 'volume', 'network-interface', 'spot-instances-request', 'elastic-gpu'];
/** EC2 user guide, "Run commands at launch": 16 KB before encoding. */
const mostUserData = 16_384;
const usualOptions: InstanceOptions = {
  terminationProtected: false,
  stopProtected: false,
  shutdown: 'stop',
  sourceDestCheck: true,
  ebsOptimized: false,
  monitored: false,
  httpTokens: 'optional',
};

function readCounts({ params }: Call): { least: number; most: number } {
  params.required('MinCount');
  params.required('MaxCount');
  const least = params.integer('MinCount') ?? 0;
  const most = params.integer('MaxCount') ?? 0;
  if (least < 1) throw invalidValue(`${least}`, 'minCount', 'It must be at least 1.');
  if (most < 1) throw invalidValue(`${most}`, 'maxCount', 'It must be at least 1.');
  if (least > most) throw combination(`The parameter minCount (${least}) may not exceed maxCount (${most})`);
  return { least, most };
}

export function readType(site: AwsSite, name: string): InstanceType {
  const type = instanceTypes.get(name);
  if (!type || !offeredInRegion(type, site.region))
    throw new Ec2Error('InvalidParameterValue', `Invalid value '${name}' for InstanceType.`);
  return type;
}

export function checkArchitecture(type: InstanceType, image: Image): void {
  if (type.architectures.includes(image.architecture)) return;
  throw new Ec2Error(
    'InvalidParameterValue',
    `The architecture '${type.architectures.join(',')}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.`,
  );
}

/** The base64 text, checked. */
export function readUserData(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const plain = /\s/.test(text) ? text.replaceAll(/\s+/g, '') : text;
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain))
    throw new Ec2Error('InvalidParameterValue', 'Invalid BASE64 encoding of user data.');
  if (Buffer.byteLength(plain, 'base64') > mostUserData)
    throw new Ec2Error('InvalidParameterValue', `User data is limited to ${mostUserData} bytes`);
  return own(plain);
}

function readOptions({ params }: Call): InstanceOptions {
  const shutdown = params.text('InstanceInitiatedShutdownBehavior') ?? 'stop';
  if (shutdown !== 'stop' && shutdown !== 'terminate')
    throw invalidValue(shutdown, 'instanceInitiatedShutdownBehavior', 'Expecting stop or terminate.');
  const httpTokens = params.text('MetadataOptions.HttpTokens') ?? 'optional';
  const options: InstanceOptions = {
    terminationProtected: params.boolean('DisableApiTermination') ?? false,
    stopProtected: params.boolean('DisableApiStop') ?? false,
    shutdown,
    sourceDestCheck: true,
    ebsOptimized: params.boolean('EbsOptimized') ?? false,
    monitored: params.boolean('Monitoring.Enabled') ?? false,
    httpTokens: httpTokens === 'required' ? 'required' : 'optional',
  };
  const usual = Object.entries(options).every(
    ([name, value]) => usualOptions[name as keyof InstanceOptions] === value,
  );
  return usual ? usualOptions : options;
}

/** What the Twin does not emulate is refused, not ignored. */
function refuseUnsupported({ params }: Call): void {
  if (params.child('LaunchTemplate'))
    throw new Ec2Error('InvalidLaunchTemplateId.NotFound', 'The specified launch template does not exist.');
  if (params.child('IamInstanceProfile')) {
    const name = params.text('IamInstanceProfile.Name') ?? params.text('IamInstanceProfile.Arn') ?? '';
    throw invalidValue(name, 'iamInstanceProfile.name', 'Invalid IAM Instance Profile name');
  }
  if (params.text('InstanceMarketOptions.MarketType') === 'spot')
    throw new Ec2Error('UnsupportedOperation', 'Spot instances are not offered in this region.');
  if ((params.integer('Ipv6AddressCount') ?? 0) > 0 || params.list('Ipv6Address').length > 0)
    throw new Ec2Error('InvalidParameterValue', 'The subnet has no IPv6 CIDR block.');
  const tenancy = params.text('Placement.Tenancy') ?? 'default';
  if (tenancy !== 'default') throw new Ec2Error('Unsupported', `The tenancy ${tenancy} is not offered.`);
}

/** How many of `most` may start; throws where it is fewer than `least`. */
function allowedCount(
  site: AwsSite,
  type: InstanceType,
  subnet: Subnet,
  least: number,
  most: number,
): number {
  const free = freeAddresses(subnet);
  if (free < least)
    throw new Ec2Error(
      'InsufficientFreeAddressesInSubnet',
      `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
    );
  const limit = quota(site.cloud, 'instances');
  const standing = site.instances.size - site.ended.length;
  if (standing + least > limit)
    throw new Ec2Error(
      'InstanceLimitExceeded',
      `You have requested more instances (${standing + least}) than your current instance limit of ${limit} allows for the specified instance type. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
    );
  const vcpuLimit = quota(site.cloud, 'vcpus');
  if (site.vcpus + most * type.vcpus > vcpuLimit) site.vcpus = runningVcpus(site);
  if (site.vcpus + least * type.vcpus > vcpuLimit) throw vcpuLimitExceeded(vcpuLimit);
  return Math.min(most, free, limit - standing, Math.floor((vcpuLimit - site.vcpus) / type.vcpus));
}

export const vcpuLimitExceeded = (limit: number): Ec2Error =>
  new Ec2Error(
    'VcpuLimitExceeded',
    `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
  );

const noKeys: string[] = [];

function readKey({ site, params }: Call): KeyPair | undefined {
  const name = params.text('KeyName');
  if (name === undefined || name === '') return undefined;
  const pair = site.keyPairsByName.get(name);
  if (!pair) throw new Ec2Error('InvalidKeyPair.NotFound', `The key pair '${name}' does not exist`);
  return pair;
}

export function runInstances(call: Call): Members {
  const { site, world, params } = call;
  const { token, digest, standing } = repeated(params, site.tokens);
  if (standing) {
    commit(call);
    return reservationView(
      site,
      standing,
      standing.instances.filter(one => site.instances.has(one.id)),
    );
  }
  const counts = readCounts(call);
  const image = launchable(site, params.required('ImageId'));
  const type = readType(site, params.text('InstanceType') ?? 'm1.small');
  checkArchitecture(type, image);
  if (image.platform === 'windows')
    throw new Ec2Error(
      'Unsupported',
      'The requested configuration is currently not supported. Please check the documentation for supported configurations.',
    );
  refuseUnsupported(call);
  const pair = readKey(call);
  const options = readOptions(call);
  const userData = readUserData(params.text('UserData'));
  const disks = readDisks(call, image);
  const tags = specifiedTags(params, 'instance', taggable);
  const diskTags = specifiedTags(params, 'volume', taggable);
  const interfaceTags = specifiedTags(params, 'network-interface', taggable);
  const network = readNetwork(call, zone => offeredIn(type, zone.name));
  const { subnet } = network;
  if (!offeredIn(type, subnet.zone.name)) {
    const others = site.zones.filter(zone => offeredIn(type, zone.name)).map(zone => zone.name);
    throw new Ec2Error(
      'Unsupported',
      `Your requested instance type (${type.name}) is not supported in your requested Availability Zone (${subnet.zone.name}). Please retry your request by not specifying an Availability Zone or choosing ${others.join(', ')}.`,
    );
  }
  if (network.privateIp !== undefined && counts.most > 1)
    throw combination('A private IP address cannot be specified for more than one instance');
  const count = allowedCount(site, type, subnet, counts.least, counts.most);
  for (const { type: volumeType, sizeGib } of disks) checkStorage(site, volumeType, sizeGib * count);
  commit(call);

  for (const { type: volumeType, sizeGib } of disks) takeStorage(site, volumeType, sizeGib * count);
  if (userData !== undefined && userData !== site.userData) site.userData = userData;
  const shared = userData === undefined ? undefined : site.userData;
  const script = shared === undefined ? undefined : Buffer.from(shared, 'base64').toString();
  const reservation: Reservation = {
    id: site.newId('r'),
    token: token === '' ? '' : own(token),
    digest,
    at: world.now(),
    instances: [],
  };
  for (let index = 0; index < count; index++) {
    const id = site.newId('i');
    const privateIp = network.privateIp ?? takeAddress(subnet);
    if (network.privateIp !== undefined) subnet.used.add(network.offset);
    const machine = world.machines.create({
      site,
      id,
      hostname: hostname(privateIp),
      user: image.user,
      keys: pair?.keys ?? noKeys,
      osName: image.osName,
      cpus: type.vcpus,
      memoryMib: type.memoryMib,
      privateIp,
      userData: script,
      disk: capturedOf(image),
    });
    const instance: Instance = {
      n: site.next(),
      id,
      tags: tags.length === 0 ? noTags : tags,
      reservation,
      index,
      image,
      type,
      keyName: pair?.name,
      subnet,
      groups: network.groups,
      machine,
      wantsPublicIp: network.publicIp,
      address: undefined,
      launchedAt: reservation.at,
      disks,
      diskTags,
      volumes: undefined,
      interfaceTags,
      options,
      userData: shared,
      stoppedAt: 0,
      terminatedAt: 0,
    };
    site.instances.set(id, instance);
    reservation.instances.push(instance);
    for (const group of network.groups) group.users++;
    givePublicIp(world, instance);
  }
  site.vcpus += count * type.vcpus;
  site.reservations.set(reservation.id, reservation);
  if (token !== '') site.tokens.set(reservation.token, reservation);
  return reservationView(site, reservation, reservation.instances);
}
