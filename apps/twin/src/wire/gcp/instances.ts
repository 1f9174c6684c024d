/** instances: insert, get, list. Source: API reference, instances.insert. */
import { instancesIn, regionOf, siteOf } from './account.ts';
import {
  checkKeys,
  flag,
  labelsOf,
  metadataItems,
  neededText,
  object,
  objects,
  resourceName,
  text,
  texts,
} from './body.ts';
import { own, zoneScopes, type Call } from './call.ts';
import { board } from './captures.ts';
import { addDisk } from './disks.ts';
import { alreadyExists, GcpError, notFound } from './errors.ts';
import { planDisks } from './instance-disks.ts';
import { loginOf } from './instance-keys.ts';
import { bury, count, giveNatIp } from './instance-life.ts';
import { placementOf, takePrivateIp } from './instance-network.ts';
import {
  acceleratorsOf,
  firstBoot,
  lateError,
  projectScopes,
  schedulingOf,
  tagsOf,
  typeOf,
} from './instance-request.ts';
import { instancePath, instanceView } from './instance-view.ts';
import { aggregatedOf, entries, listOf } from './listing.ts';
import { templateOf } from './machine-images.ts';
import { newResource } from './new-resource.ts';
import { begin } from './operations.ts';
import { checkCpuQuota, checkGpuQuota, checkRegionQuota, regionUsage } from './quotas.ts';
import type { Disk, Instance } from './records.ts';
import { route } from './router.ts';

const known = new Set(
  'kind id creationTimestamp name description tags machineType status statusMessage zone canIpForward networkInterfaces disks metadata serviceAccounts selfLink scheduling cpuPlatform labels params labelFingerprint instanceEncryptionKey minCpuPlatform guestAccelerators startRestricted deletionProtection resourcePolicies sourceMachineImage sourceMachineImageEncryptionKey reservationAffinity hostname displayDevice shieldedInstanceConfig shieldedInstanceIntegrityPolicy fingerprint privateIpv6GoogleAccess lastStartTimestamp lastStopTimestamp lastSuspendedTimestamp confidentialInstanceConfig networkPerformanceConfig advancedMachineFeatures keyRevocationActionType resourceStatus satisfiesPzs satisfiesPzi'.split(
    ' ',
  ),
);
/** One array where all have the same, which VMs of a group do. */
const noTags: readonly string[] = [];
const none: readonly never[] = [];
const noLabels = {};

function insert(call: Call) {
  const { account, world, zone } = call;
  checkKeys(call.body, known, 'resource');
  const { body, sources } = templateOf(call, call.body);
  const name = resourceName(body);
  const path = instancePath(zone, name);
  const region = regionOf(zone);
  const type = typeOf(call, neededText(body, 'machineType'), 'resource.machineType');
  const instances = instancesIn(account, zone);
  if (instances.has(name)) throw alreadyExists(own(call, path));
  const placement = placementOf(call, body);
  const disks = planDisks(call, body, name, type, sources);
  const boot: Disk | undefined = disks[0]?.disk;
  const wants = type.arm ? 'ARM64' : 'X86_64';
  if (boot && boot.architecture !== '' && boot.architecture !== wants)
    throw new GcpError(
      400,
      'invalidUsage',
      `Invalid resource usage: 'Requested boot disk architecture (${boot.architecture}) is not compatible with machine type architecture (${wants}).'.`,
    );
  const accelerators = acceleratorsOf(call, body, type);
  const scheduling = schedulingOf(body, accelerators.length > 0);
  const metadata = metadataItems(object(body, 'metadata') ?? {}, 'resource.metadata');
  const tags = tagsOf(object(body, 'tags') ?? {}, 'resource.tags');
  const labels = labelsOf(body);
  const serviceAccounts = (objects(body, 'serviceAccounts') ?? []).map((item, index) => {
    const email = text(item, 'email', `resource.serviceAccounts[${index}]`) ?? 'default';
    return {
      email: email === 'default' ? `${account.projectNumber}-compute@developer.gserviceaccount.com` : email,
      scopes: texts(item, 'scopes', `resource.serviceAccounts[${index}]`) ?? projectScopes,
    };
  });
  const { INSTANCES, IN_USE_ADDRESSES } = regionUsage(account, region);
  checkCpuQuota(account, region, type.cpus);
  checkGpuQuota(account, region, accelerators);
  checkRegionQuota(account, 'INSTANCES', region, INSTANCES);
  if (placement.accessConfig) checkRegionQuota(account, 'IN_USE_ADDRESSES', region, IN_USE_ADDRESSES);

  const resource = newResource(world, account, 'instance', name, text(body, 'description'));
  const scope = `zones/${zone}`;
  const error = lateError(call, zone);
  const common = { type: 'insert', scope, path, takes: account.cloud.delays.create };
  if (error) return begin(call, { ...common, target: resource, error });

  const { ip, reserved } = takePrivateIp(call, placement);
  const site = siteOf(account, region);
  const machine = world.machines.create({
    site,
    id: resource.id,
    hostname: name,
    ...loginOf(account, metadata),
    osName: boot?.os === undefined || boot.os === '' ? 'Linux' : boot.os,
    cpus: type.cpus,
    memoryMib: Math.floor(type.memoryMb),
    privateIp: ip,
    userData: firstBoot(metadata),
    disk: (disks[0]?.from?.content ?? boot?.content) || undefined,
  });
  const instance: Instance = {
    ...resource,
    zone,
    machine,
    type,
    network: placement.network,
    subnet: placement.subnet,
    accessConfig: placement.accessConfig,
    reservedIp: reserved,
    disks: disks.map(({ disk, boot, autoDelete, deviceName, readOnly }) => ({
      disk,
      boot,
      autoDelete,
      deviceName,
      readOnly,
    })),
    tags: tags.length > 0 ? tags : noTags,
    labels: Object.keys(labels).length > 0 ? labels : noLabels,
    labelVersion: 0,
    metadata: metadata.length > 0 ? metadata : none,
    serviceAccounts: serviceAccounts.length > 0 ? serviceAccounts : none,
    scheduling,
    accelerators: accelerators.length > 0 ? accelerators : none,
    canIpForward: flag(body, 'canIpForward') ?? false,
    deletionProtection: flag(body, 'deletionProtection') ?? false,
    hostname: text(body, 'hostname') ?? '',
    suspended: false,
    counted: false,
    bootingAt: world.now(),
    startedAt: 0,
    stoppedAt: 0,
  };
  for (const { disk, isNew, from } of disks) {
    if (isNew) addDisk(call, disk, from);
    disk.user = instance;
    disk.attachedAt = world.now();
  }
  if (boot) board(world, account, boot);
  placement.subnet.users.add(instance);
  if (reserved) reserved.user = instance;
  if (instance.accessConfig?.address) instance.accessConfig.address.user = instance;
  instances.set(name, instance);
  site.byMachine.set(machine.id, instance);
  count(account, instance, true);
  if (!giveNatIp(world, account, instance)) {
    world.machines.terminate(machine);
    for (const each of instance.disks)
      each.autoDelete ||= disks.some(one => one.isNew && one.disk === each.disk);
    bury(world, account, instance);
    throw new GcpError(400, 'ipSpaceExhausted', 'No external IP address is left in the region.');
  }
  return begin(call, {
    ...common,
    target: instance,
    arrived: () => machine.state !== 'pending',
    finish() {
      instance.startedAt = world.now();
    },
  });
}

export function findInstance(call: Call): Instance {
  const instances = instancesIn(call.account, call.zone);
  const instance =
    instances.get(call.name) ??
    (/^\d+$/.test(call.name) ? [...instances.values()].find(each => each.id === call.name) : undefined);
  if (!instance) throw notFound(own(call, instancePath(call.zone, call.name)));
  return instance;
}

const all = (call: Call, zone: string, scope = '') =>
  entries(call.account.instances.get(zone)?.values() ?? [], each => instanceView(call, each), scope);

export const instanceRoutes = [
  route('instances.insert', 'POST zones/{zone}/instances', insert, { createsVm: true }),
  route('instances.get', 'GET zones/{zone}/instances/{name}', call => ({
    view: instanceView(call, findInstance(call)),
  })),
  route('instances.list', 'GET zones/{zone}/instances', call =>
    listOf(call, 'instance', `zones/${call.zone}/instances`, all(call, call.zone)),
  ),
  route('instances.aggregatedList', 'GET aggregated/instances', call =>
    aggregatedOf(
      call,
      'instance',
      'instances',
      zoneScopes(call),
      call.account.zones.flatMap(zone => all(call, zone, `zones/${zone}`)),
    ),
  ),
];
