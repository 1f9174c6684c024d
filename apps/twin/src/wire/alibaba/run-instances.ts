/**
 * RunInstances, and CreateInstance, which makes one that is Stopped and has no public address: all is checked before anything is made;
 * a client token makes the same request once. Source: ECS API reference, RunInstances, CreateInstance.
 */
import { cidrSize, parseAddress } from '@cloud-barista/model/cidr';
import { commit, idempotent, type Answer, type Call } from './call.ts';
import { AliError, invalid, missing, notFound } from './errors.ts';
import { imageNamed } from './images.ts';
import { offeredIn, typeOf } from './instance-type-catalogue.ts';
import { givePublicIp } from './instance-life.ts';
import { makeDisks, readLaunchDisks } from './launch-disks.ts';
import { readDescription, readName } from './names.ts';
import { own, type Params } from './params.ts';
import { quota } from './quotas.ts';
import type { Instance, KeyPair, SecurityGroup, VSwitch } from './records.ts';
import { freeAddresses, takeAddress, type AliSite } from './site.ts';
import { readTags } from './tags.ts';

/** Before encoding. */
const mostUserData = 16_384;
const noKeys: string[] = [];

/** The base64 text, checked. */
function readUserData(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const plain = text.replaceAll(/\s+/g, '');
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain))
    throw invalid(
      'InvalidUserData.Base64FormatInvalid',
      'The specified parameter UserData must be base64 encoded.',
    );
  if (Buffer.byteLength(plain, 'base64') > mostUserData)
    throw invalid('InvalidUserData.SizeExceeded', 'The specified parameter UserData exceeds the size limit.');
  return own(plain);
}

function readHostName(params: Params): string | undefined {
  const name = params.text('HostName');
  if (name === undefined) return undefined;
  if (name.length < 2 || name.length > 64 || !/^[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*$/.test(name))
    throw invalid('InvalidHostName.Malformed', 'The specified HostName is not valid.');
  return own(name);
}

function readGroups(site: AliSite, params: Params, vSwitch: VSwitch): SecurityGroup[] {
  const one = params.text('SecurityGroupId');
  const many = params.list('SecurityGroupIds');
  if (one !== undefined && many.length > 0)
    throw invalid(
      'InvalidParameter.Conflict',
      'SecurityGroupId and SecurityGroupIds can not be specified together.',
    );
  const ids = one === undefined ? many : [one];
  if (ids.length === 0) throw missing('SecurityGroupId');
  if (ids.length > quota(site.cloud, 'securityGroupsPerInstance'))
    throw new AliError(
      'InvalidSecurityGroupId.LimitExceeded',
      'The instance is in too many security groups.',
      403,
    );
  return [...new Set(ids)].map(id => {
    const group = site.groups.get(id);
    if (!group) throw notFound('InvalidSecurityGroupId.NotFound', 'SecurityGroupId');
    if (group.vpc !== vSwitch.vpc)
      throw new AliError(
        'InvalidSecurityGroupId.VPCMismatch',
        'The specified security group and virtual switch are not in the same VPC.',
        403,
      );
    return group;
  });
}

function readKey(site: AliSite, params: Params): KeyPair | undefined {
  const name = params.text('KeyPairName');
  if (name === undefined) return undefined;
  const pair = site.keyPairs.get(name);
  if (!pair) throw notFound('InvalidKeyPairName.NotFound', 'KeyPairName');
  return pair;
}

function readPrivateIp(params: Params, vSwitch: VSwitch, amount: number): string | undefined {
  const text = params.text('PrivateIpAddress');
  if (text === undefined) return undefined;
  const offset = (parseAddress(text) ?? Number.NaN) - vSwitch.block.base;
  if (!(offset >= 1 && offset <= cidrSize(vSwitch.block) - 4))
    throw invalid(
      'InvalidPrivateIpAddress.Malformed',
      'The specified private IP address is not in the VSwitch.',
    );
  if (amount > 1 || vSwitch.used.has(offset))
    throw new AliError('InvalidIPAddress.AlreadyUsed', 'The specified IP address is already used.', 403);
  return own(text);
}

export const runInstances = (call: Call): Answer => {
  // The region first: without one there is nowhere to look a token up.
  const { site } = call;
  return idempotent(call, 'RunInstances', () => ({
    InstanceIdSets: { InstanceIdSet: run(call, site, true) },
  }));
};

export const createInstance = (call: Call): Answer => {
  const { site } = call;
  return idempotent(call, 'CreateInstance', () => ({ InstanceId: run(call, site, false)[0] }));
};

/** The new instances' ids; `started` for RunInstances. */
function run(call: Call, site: AliSite, started: boolean): string[] {
  const { params, world } = call;
  const { image, custom } = imageNamed(call, params.required('ImageId'));
  const type = typeOf(params.required('InstanceType'));
  if (!type)
    throw invalid(
      'InvalidInstanceType.ValueNotSupported',
      'The specified InstanceType does not exist or beyond the permitted range.',
    );
  if ((type.architecture === 'ARM') !== (image.architecture === 'arm64'))
    throw new AliError(
      'ImageNotSupportInstanceType',
      'The specified image does not support the specified instance type.',
      403,
    );
  if (image.osType === 'windows')
    throw new AliError('OperationDenied.ImageNotSupport', 'Windows can not run here.', 403);
  const amount = started ? (params.integer('Amount', 1, 100) ?? 1) : 1;
  const vSwitch = site.vSwitches.get(params.required('VSwitchId'));
  if (!vSwitch) throw notFound('InvalidVSwitchId.NotFound', 'virtual switch');
  const zone = params.text('ZoneId');
  if (zone !== undefined && !site.zones.includes(zone)) throw notFound('InvalidZoneId.NotFound', 'zone');
  if (zone !== undefined && zone !== vSwitch.zone)
    throw new AliError(
      'ZoneId.NotMatchVSwitch',
      'The specified ZoneId does not match the zone of the VSwitch.',
      403,
    );
  if (!offeredIn(type, vSwitch.zone))
    throw new AliError(
      'InvalidInstanceType.ZoneNotSupported',
      'The specified zone does not support this instancetype.',
      403,
    );
  const groups = readGroups(site, params, vSwitch);
  const pair = readKey(site, params);
  const bandwidthOut = params.integer('InternetMaxBandwidthOut', 0, 100) ?? 0;
  const disks = readLaunchDisks(call, image, custom?.mappings ?? []);
  const chargeType = params.text('InstanceChargeType') ?? 'PostPaid';
  if (chargeType !== 'PostPaid' && chargeType !== 'PrePaid')
    throw invalid(
      'InvalidInstanceChargeType.ValueNotSupported',
      'The specified InstanceChargeType is not valid.',
    );
  const userData = readUserData(params.text('UserData'));
  const hostName = readHostName(params);
  const name = readName(params, 'InstanceName');
  const description = readDescription(params);
  const tags = readTags(params);
  const privateIp = readPrivateIp(params, vSwitch, amount);
  const nonRoot = params.boolean('ImageOptions.LoginAsNonRoot') === true;
  const suffix = params.boolean('UniqueSuffix') === true && amount > 1;
  if (freeAddresses(vSwitch) < amount)
    throw new AliError(
      'InvalidVSwitchId.IpNotEnough',
      'The specified VSwitch has not enough IP addresses.',
      403,
    );
  if (site.instances.size + amount > quota(site.cloud, 'instances'))
    throw new AliError(
      'QuotaExceed.AfterpayInstance',
      'The maximum number of Pay-as-you-go instances is exceeded.',
      403,
    );
  if (site.vcpus + amount * type.cpus > quota(site.cloud, 'vcpus'))
    throw new AliError(
      'QuotaExceed.ElasticQuota',
      'The number of the specified ECS instances has exceeded the quota of the specified instance type.',
      403,
    );
  if (site.disks.size + amount * (disks.length - 1) > quota(site.cloud, 'disks') + site.instances.size)
    throw new AliError('QuotaExceed.PortableCloudDisk', 'The quota of portable cloud disk exceeds.', 403);
  commit(call);

  const capture = custom?.mappings.find(each => each.type === 'system')?.snapshot?.capture;
  if (userData !== undefined && userData !== site.userData) site.userData = userData;
  const script = userData === undefined ? undefined : Buffer.from(site.userData, 'base64').toString();
  const ids: string[] = [];
  for (let index = 0; index < amount; index++) {
    const id = site.newId('i');
    const tail = id.slice(2);
    const order = suffix ? `${index + 1}`.padStart(3, '0') : '';
    const address = privateIp ?? takeAddress(vSwitch);
    if (privateIp !== undefined) vSwitch.used.add((parseAddress(privateIp) ?? 0) - vSwitch.block.base);
    const machine = world.machines.create({
      site,
      id,
      hostname: hostName === undefined ? `iZ${tail}Z` : `${hostName}${order}`,
      user: nonRoot ? 'ecs-user' : 'root',
      keys: pair?.keys ?? noKeys,
      osName: image.osName,
      cpus: type.cpus,
      memoryMib: type.memoryGib * 1024,
      privateIp: address,
      userData: script,
      disk: capture,
    });
    if (!started) world.machines.stop(machine);
    const instance: Instance = {
      id,
      createdAt: world.now(),
      tags,
      name: name === '' ? '' : `${name}${order}`,
      description,
      image,
      type,
      keyName: pair?.name,
      vSwitch,
      groups,
      machine,
      bandwidthOut,
      eip: undefined,
      disks: [],
      interfaceTags: tags,
      chargeType,
      protected: params.boolean('DeletionProtection') === true,
      economical: false,
      unstarted: !started,
    };
    site.instances.set(id, instance);
    makeDisks(world, site, instance, disks, tags);
    for (const group of groups) group.users++;
    if (bandwidthOut > 0 && started) givePublicIp(world, instance);
    ids.push(id);
  }
  site.vcpus += amount * type.cpus;
  return ids;
}
