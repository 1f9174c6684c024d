/** machineImages: an instance's settings and all that is on its disks, to make others of. Source: API reference, machineImages; "Machine images". */
import { captured, release } from './captures.ts';
import { checkKeys, neededText, resourceName, text, type Json } from './body.ts';
import { link, own, type Call } from './call.ts';
import { fromDisk, type DiskSource } from './disk-sources.ts';
import { diskPath } from './disks.ts';
import { alreadyExists, danglingLink, notFound } from './errors.ts';
import { instancePath } from './instance-view.ts';
import { entries, listOf } from './listing.ts';
import { networkPath, subnetPath } from './networks.ts';
import { newResource } from './new-resource.ts';
import { begin, ready } from './operations.ts';
import { checkProjectQuota } from './quotas.ts';
import type { Instance, MachineImage } from './records.ts';
import { route } from './router.ts';
import { storagePlace } from './snapshots.ts';
import { parseLink, time } from './text.ts';

const known = new Set(
  'kind id creationTimestamp name description selfLink sourceInstance status sourceInstanceProperties instanceProperties satisfiesPzs satisfiesPzi savedDisks storageLocations machineImageEncryptionKey guestFlush sourceDiskEncryptionKeys totalStorageBytes labels labelFingerprint params'.split(
    ' ',
  ),
);
const pathOf = (name: string) => `global/machineImages/${name}`;

/** As an InstanceProperties has them: names where an instance has links to what lies in its zone. */
function propertiesOf(call: Call, instance: Instance): Json {
  const { accessConfig, network, subnet } = instance;
  return {
    ...(instance.description !== '' && { description: instance.description }),
    tags: { items: instance.tags },
    machineType: instance.type.name,
    canIpForward: instance.canIpForward,
    networkInterfaces: [
      {
        network: own(call, networkPath(network.name)),
        subnetwork: own(call, subnetPath(subnet)),
        name: 'nic0',
        // An address is nobody else's.
        ...(accessConfig && {
          accessConfigs: [
            { type: 'ONE_TO_ONE_NAT', name: accessConfig.name, networkTier: accessConfig.tier },
          ],
        }),
      },
    ],
    metadata: { items: instance.metadata },
    serviceAccounts: instance.serviceAccounts,
    scheduling: instance.scheduling,
    labels: instance.labels,
    guestAccelerators: instance.accelerators.map(each => ({
      acceleratorType: each.type,
      acceleratorCount: each.count,
    })),
  };
}

function view(call: Call, image: MachineImage): Json {
  const { busy } = image;
  return {
    kind: 'compute#machineImage',
    id: image.id,
    creationTimestamp: time(image.createdAt),
    name: image.name,
    ...(image.description !== '' && { description: image.description }),
    status: busy?.type === 'delete' ? 'DELETING' : busy ? 'CREATING' : 'READY',
    sourceInstance: link(call, image.sourceInstance),
    instanceProperties: {
      ...image.properties,
      disks: image.disks.map(({ attached, disk }, index) => ({
        kind: 'compute#savedAttachedDisk',
        type: 'PERSISTENT',
        mode: attached.readOnly ? 'READ_ONLY' : 'READ_WRITE',
        source: link(call, own(call, diskPath(disk.zone, disk.name))),
        deviceName: attached.deviceName,
        index,
        boot: attached.boot,
        autoDelete: attached.autoDelete,
        interface: 'SCSI',
        diskSizeGb: String(disk.sizeGb),
        diskType: disk.type,
      })),
    },
    savedDisks: image.disks.map(({ disk }) => ({
      kind: 'compute#savedDisk',
      sourceDisk: link(call, own(call, diskPath(disk.zone, disk.name))),
      storageBytesStatus: 'UP_TO_DATE',
      ...(disk.architecture !== '' && { architecture: disk.architecture }),
    })),
    storageLocations: [image.storageLocation],
    totalStorageBytes: String(image.storageBytes),
    guestFlush: false,
    selfLink: link(call, own(call, pathOf(image.name))),
  };
}

function find(call: Call): MachineImage {
  const { machineImages } = call.account;
  const image =
    machineImages.get(call.name) ?? [...machineImages.values()].find(each => each.id === call.name);
  if (!image) throw notFound(own(call, pathOf(call.name)));
  return image;
}

function insert(call: Call) {
  const { account, body, world } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  const field = 'resource.sourceInstance';
  const from = call.query.get('sourceInstance') || neededText(body, 'sourceInstance');
  const { place, project, name: instanceName } = parseLink(call, from, field, 'instances');
  const instance =
    project === account.projectId ? account.instances.get(place)?.get(instanceName) : undefined;
  if (!instance) throw danglingLink(field, from, 'instance');
  const path = instancePath(place, instanceName);
  ready(call, instance, path);
  if (account.machineImages.has(name)) throw alreadyExists(own(call, pathOf(name)));
  checkProjectQuota(account, 'MACHINE_IMAGES', account.machineImages.size);
  const resource = newResource(world, account, 'machineImage', name, text(body, 'description'));
  const image: MachineImage = {
    ...resource,
    sourceInstance: own(call, path),
    sourceInstanceId: instance.id,
    storageBytes: instance.disks.reduce((sum, { disk }) => sum + disk.sizeGb * 60_000_000, 0),
    storageLocation: storagePlace(instance.zone),
    properties: propertiesOf(call, instance),
    disks: instance.disks.map(({ disk, ...attached }) => ({
      attached,
      disk: {
        ...disk,
        user: undefined,
        busy: undefined,
        content: captured(world, account, disk, `machine-images/${resource.id}`),
      },
    })),
  };
  account.machineImages.set(name, image);
  return begin(call, { type: 'insert', scope: 'global', path: pathOf(name), target: image });
}

function remove(call: Call) {
  const { account, world } = call;
  const image = ready(call, find(call), pathOf(call.name));
  return begin(call, {
    type: 'delete',
    scope: 'global',
    path: pathOf(image.name),
    target: image,
    finish() {
      account.machineImages.delete(image.name);
      for (const { disk } of image.disks) release(world, account, disk.content);
    },
  });
}

export interface Template {
  /** An instance's body, complete. */
  readonly body: Json;
  /** What the disks that it doesn't name itself are made of, in their order. */
  readonly sources: readonly DiskSource[];
}

/** What an instance of `sourceMachineImage` is made of; what its own body says comes first. */
export function templateOf(call: Call, body: Json): Template {
  const field = 'resource.sourceMachineImage';
  const from = text(body, 'sourceMachineImage') ?? call.query.get('sourceMachineImage') ?? '';
  if (from === '') return { body, sources: [] };
  const { project, name } = parseLink(call, from, field, 'machineImages');
  const image = project === call.account.projectId ? call.account.machineImages.get(name) : undefined;
  if (!image) throw danglingLink(field, from, 'machine image');
  ready(call, image, pathOf(name));
  const inZone = (noun: string, each: unknown) => `zones/${call.zone}/${noun}/${String(each)}`;
  const { machineType, guestAccelerators } = image.properties;
  const disks = image.disks.map(({ attached: { boot, autoDelete, deviceName, readOnly }, disk }) => ({
    boot,
    autoDelete,
    deviceName,
    mode: readOnly ? 'READ_ONLY' : 'READ_WRITE',
    initializeParams: { diskSizeGb: disk.sizeGb, diskType: inZone('diskTypes', disk.type) },
  }));
  return {
    body: {
      ...image.properties,
      machineType: inZone('machineTypes', machineType),
      guestAccelerators: (guestAccelerators as Json[]).map(each => ({
        ...each,
        acceleratorType: inZone('acceleratorTypes', each['acceleratorType']),
      })),
      disks,
      ...body,
    },
    sources:
      body['disks'] === undefined
        ? image.disks.map(({ disk }) => ({ ...fromDisk(disk), disk: undefined }))
        : [],
  };
}

export const machineImageRoutes = [
  route('machineImages.list', 'GET global/machineImages', call =>
    listOf(
      call,
      'machineImage',
      'global/machineImages',
      entries(call.account.machineImages.values(), each => view(call, each)),
    ),
  ),
  route('machineImages.get', 'GET global/machineImages/{name}', call => ({ view: view(call, find(call)) })),
  route('machineImages.insert', 'POST global/machineImages', insert),
  route('machineImages.delete', 'DELETE global/machineImages/{name}', remove),
];
