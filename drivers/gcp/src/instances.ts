/** Instances as the cloud tells of them, and what of it is ours: labels, tags, states. */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { tail, together, type Api } from './api.ts';
import { imageId, utc } from './images.ts';
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
    network?: string;
    subnetwork?: string;
    networkIP?: string;
    accessConfigs?: { natIP?: string }[];
  }[];
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

/**
 * A VM's id is `zone/name`: calls are by zone and name, and one list of a region spans its zones. A name in a zone is unique
 * as long as the VM stands, and ours carry a suffix of their own.
 */
export const vmId = (zone: string, name: string): CloudId => cloudId(`${zone}/${name}`);
export function placeOf(id: string): { zone: string; instance: string } {
  const [, zone, instance] = /^([a-z][a-z0-9-]*)\/([a-z][a-z0-9-]*)$/.exec(id) ?? [];
  if (zone === undefined || instance === undefined)
    throw new BaristaError('not_found', `${JSON.stringify(id.slice(0, 200))} is no VM of Google Cloud.`, {
      next: 'Ids of its VMs are ZONE/NAME.',
    });
  return { zone, instance };
}

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
  };
}

/** The instances of some zones. `filter` is Compute Engine's; callers filter again. `enough` ends each zone's reading early. */
export async function listInstances(
  api: Api,
  { signal }: Call,
  zones: readonly string[],
  filter?: string,
  enough?: (page: Instance[]) => boolean,
): Promise<Instance[]> {
  const lists = zones.map(zone =>
    api.all<Instance>(
      'GET projects/{project}/zones/{zone}/instances',
      { resource: 'vm', path: { zone }, query: { filter, fields: listFields } },
      signal,
      enough,
    ),
  );
  return (await together(lists)).flat();
}
