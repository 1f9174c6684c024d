/** An instance as the API shows it. */
import { parseAddress } from '@cloud-barista/model/cidr';
import type { Json } from './body.ts';
import { link, own, type Call } from './call.ts';
import { diskPath } from './disks.ts';
import { shownNatIp, statusOf } from './instance-life.ts';
import { networkPath, subnetPath } from './networks.ts';
import type { AttachedDisk, Instance } from './records.ts';
import { fingerprint, time, versionPrint } from './text.ts';

export const instancePath = (zone: string, name: string): string => `zones/${zone}/instances/${name}`;

export const tagsPrint = (instance: Instance): string => fingerprint(instance.tags);
export const metadataPrint = (instance: Instance): string => fingerprint(instance.metadata);
export const labelsPrint = (instance: Instance): string => versionPrint(instance.id, instance.labelVersion);

const diskView = (call: Call, instance: Instance, each: AttachedDisk, index: number): Json => ({
  kind: 'compute#attachedDisk',
  type: 'PERSISTENT',
  mode: each.readOnly ? 'READ_ONLY' : 'READ_WRITE',
  source: link(call, own(call, diskPath(instance.zone, each.disk.name))),
  deviceName: each.deviceName,
  index,
  boot: each.boot,
  autoDelete: each.autoDelete,
  interface: 'SCSI',
  diskSizeGb: String(each.disk.sizeGb),
  ...(each.disk.architecture !== '' && { architecture: each.disk.architecture }),
});

function interfaceView(call: Call, instance: Instance): Json {
  const { accessConfig, network, subnet, machine } = instance;
  const natIP = shownNatIp(call.world, instance);
  return {
    kind: 'compute#networkInterface',
    name: 'nic0',
    network: link(call, own(call, networkPath(network.name))),
    subnetwork: link(call, own(call, subnetPath(subnet))),
    networkIP: machine.privateIp,
    stackType: 'IPV4_ONLY',
    fingerprint: versionPrint(instance.id, natIP === '' ? 0 : (parseAddress(natIP) ?? 0)),
    ...(accessConfig && {
      accessConfigs: [
        {
          kind: 'compute#accessConfig',
          type: 'ONE_TO_ONE_NAT',
          name: accessConfig.name,
          ...(natIP !== '' && { natIP }),
          networkTier: accessConfig.tier,
        },
      ],
    }),
  };
}

export function instanceView(call: Call, instance: Instance): Json {
  const { zone, type, startedAt, stoppedAt, accelerators } = instance;
  const status = statusOf(call.world, instance);
  const inZone = (path: string) => link(call, own(call, `zones/${zone}/${path}`));
  return {
    kind: 'compute#instance',
    id: instance.id,
    creationTimestamp: time(instance.createdAt),
    name: instance.name,
    ...(instance.description !== '' && { description: instance.description }),
    tags: {
      fingerprint: tagsPrint(instance),
      ...(instance.tags.length > 0 && { items: instance.tags }),
    },
    machineType: inZone(`machineTypes/${type.name}`),
    status,
    ...(status === 'TERMINATED' &&
      instance.machine.state === 'crashed' && { statusMessage: 'Instance terminated by Compute Engine.' }),
    zone: link(call, own(call, `zones/${zone}`)),
    canIpForward: instance.canIpForward,
    networkInterfaces: [interfaceView(call, instance)],
    disks: instance.disks.map((each, index) => diskView(call, instance, each, index)),
    metadata: {
      kind: 'compute#metadata',
      fingerprint: metadataPrint(instance),
      ...(instance.metadata.length > 0 && { items: instance.metadata }),
    },
    ...(instance.serviceAccounts.length > 0 && { serviceAccounts: instance.serviceAccounts }),
    selfLink: link(call, own(call, instancePath(zone, instance.name))),
    scheduling: instance.scheduling,
    cpuPlatform:
      status === 'TERMINATED' || status === 'PROVISIONING'
        ? 'Unknown CPU Platform'
        : type.arm
          ? 'Ampere Altra'
          : 'Intel Broadwell',
    labelFingerprint: labelsPrint(instance),
    ...(Object.keys(instance.labels).length > 0 && { labels: instance.labels }),
    ...(instance.hostname !== '' && { hostname: instance.hostname }),
    ...(accelerators.length > 0 && {
      guestAccelerators: accelerators.map(each => ({
        acceleratorType: inZone(`acceleratorTypes/${each.type}`),
        acceleratorCount: each.count,
      })),
    }),
    startRestricted: false,
    deletionProtection: instance.deletionProtection,
    shieldedInstanceConfig: { enableSecureBoot: false, enableVtpm: true, enableIntegrityMonitoring: true },
    shieldedInstanceIntegrityPolicy: { updateAutoLearnPolicy: true },
    ...(startedAt > 0 && { lastStartTimestamp: time(startedAt) }),
    ...(stoppedAt > 0 && { lastStopTimestamp: time(stoppedAt) }),
    resourceStatus: {},
    satisfiesPzi: false,
  };
}
