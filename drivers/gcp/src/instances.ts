/** Instances as the cloud tells of them, and what of it is ours: labels, tags, states. */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { tail, type Api } from './api.ts';
import { imageId, utc } from './images.ts';
import { shown } from './marks.ts';
import { idAt, placeOf as readPlace } from './places.ts';
import { isGroupTag } from './rules.ts';

export interface Instance {
  name?: string;
  status?: string;
  zone?: string;
  machineType?: string;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  tags?: { items?: string[] };
  networkInterfaces?: {
    name?: string;
    network?: string;
    subnetwork?: string;
    networkIP?: string;
    accessConfigs?: { name?: string; natIP?: string }[];
  }[];
  disks?: AttachedDisk[];
}
export interface AttachedDisk {
  /** The disk's address; absent for a local disk. */
  source?: string;
  deviceName?: string;
  boot?: boolean;
}
/** Without metadata, in which user data of many KiB may lie. */
export const instanceFields =
  'name,status,zone,machineType,creationTimestamp,labels,tags/items,networkInterfaces(network,subnetwork,networkIP,accessConfigs/natIP)';
const listFields = `items(${instanceFields}),nextPageToken`;

/** "VM instance lifecycle". */
const states: Readonly<Record<string, VmState>> = {
  PENDING: 'Creating',
  PROVISIONING: 'Creating',
  STAGING: 'Creating',
  RUNNING: 'Running',
  PENDING_STOP: 'Suspending',
  STOPPING: 'Suspending',
  SUSPENDING: 'Suspending',
  TERMINATED: 'Suspended',
  STOPPED: 'Suspended',
  SUSPENDED: 'Suspended',
  REPAIRING: 'Rebooting',
};
export const toState = (status: string | undefined): VmState =>
  status !== undefined && Object.hasOwn(states, status) ? (states[status] ?? 'Undefined') : 'Undefined';

export const vmId = idAt;
export function placeOf(id: string): { zone: string; instance: string } {
  const { zone, name: instance } = readPlace(id, 'VM');
  return { zone, instance };
}

export const readInstance = (
  api: Api,
  { signal }: Call,
  place: { zone: string; instance: string },
  fields = instanceFields,
): Promise<Instance> =>
  api.send<Instance>(
    'GET projects/{project}/zones/{zone}/instances/{instance}',
    { resource: 'vm', name: place.instance, path: place, query: { fields } },
    signal,
  );

/** Labels rather than metadata: lists are filtered by them and come without the metadata's user data. All fit a label's form. */
export const labelsOf = (
  token: Token,
  image: { project: string; image: string },
  own: string,
  key: string,
) => ({
  'cb-token': token as string,
  'cb-image': image.image,
  // A project's id in an organisation's domain (example.com:name) fits no label; such a one is only one's own, as a rule.
  ...(image.project !== own && { 'cb-image-project': image.project.replace(/[^a-z0-9_-]/g, '_') }),
  'cb-key': key,
});

export function toVm(instance: Instance, own: string): CloudVm {
  const { labels = {}, name = '' } = instance;
  const zone = tail(instance.zone);
  const card = instance.networkInterfaces?.[0];
  const image = labels['cb-image'];
  return {
    id: vmId(zone, name),
    name,
    state: toState(instance.status),
    image: image === undefined ? cloudId('') : imageId(labels['cb-image-project'] ?? own, image),
    spec: cloudId(tail(instance.machineType)),
    vpc: cloudId(tail(card?.network)),
    subnet: cloudId(tail(card?.subnetwork)),
    securityGroups: (instance.tags?.items ?? []).filter(isGroupTag).map(cloudId),
    keyPair: cloudId(labels['cb-key'] ?? ''),
    zone,
    publicIp: card?.accessConfigs?.[0]?.natIP ?? '',
    privateIp: card?.networkIP ?? '',
    created: utc(instance.creationTimestamp),
    ...shown(labels['cb-token']),
  };
}

/** The instances of some zones. `filter` is Compute Engine's; callers filter again. `enough` ends each zone's reading early. */
export async function listInstances(
  api: Api,
  { signal }: Call,
  zones: readonly string[],
  { filter, enough }: { filter?: string; enough?: (page: Instance[]) => boolean } = {},
  fields = listFields,
): Promise<Instance[]> {
  const lists = zones.map(zone =>
    api.all<Instance>(
      'GET projects/{project}/zones/{zone}/instances',
      { resource: 'vm', path: { zone }, query: { filter, fields } },
      signal,
      enough,
    ),
  );
  return (await together(lists)).flat();
}
