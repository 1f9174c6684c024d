/** Which VM holds a disk, and how: disks themselves say only who ("instances.attachDisk", "instances.detachDisk"). */
import type { Call } from '@cloud-barista/driver/call';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Api } from './api.ts';
import { listInstances, placeOf as vmPlaceOf, readInstance, type AttachedDisk } from './instances.ts';
import { change } from './pending.ts';
import { idAt, placeOf } from './places.ts';

const instances = 'projects/{project}/zones/{zone}/instances/{instance}';
const fields = 'disks(source,deviceName,boot)';

/** The disk of an address, `…/zones/ZONE/disks/NAME`; "" for a local disk, which has none. */
export function diskOf(source = ''): string {
  const [, zone = '', name = ''] = /\/zones\/([^/]+)\/disks\/([^/]+)$/.exec(source) ?? [];
  return name === '' ? '' : idAt(zone, name);
}

/** undefined where the VM does not hold it, or is gone. */
export async function attachment(
  api: Api,
  call: Call,
  vm: string,
  disk: string,
): Promise<AttachedDisk | undefined> {
  const instance = await orAbsent(readInstance(api, call, vmPlaceOf(vm), fields));
  return instance?.disks?.find(one => diskOf(one.source) === disk);
}

/** Of all disks that VMs of these zones hold, by the disk's id. */
export async function attachments(
  api: Api,
  call: Call,
  zones: readonly string[],
): Promise<Map<string, AttachedDisk>> {
  const all = await listInstances(api, call, zones, {}, `items(${fields}),nextPageToken`);
  return new Map(all.flatMap(one => one.disks ?? []).map(one => [diskOf(one.source), one]));
}

/** Under its own name, and so that it stays when the VM is deleted. */
export async function attach(api: Api, call: Call, id: CloudId, vm: CloudId): Promise<void> {
  const { zone, name } = placeOf(id, 'disk');
  const body = {
    source: `projects/${api.settings.project}/zones/${zone}/disks/${name}`,
    deviceName: name,
    mode: 'READ_WRITE',
    autoDelete: false,
  };
  const order = { resource: 'disk', name, path: vmPlaceOf(vm), body } as const;
  await change(api, call, `POST ${instances}/attachDisk`, order);
}

export async function detach(
  api: Api,
  call: Call,
  id: CloudId,
  vm: CloudId,
  deviceName: string,
): Promise<void> {
  const { name } = placeOf(id, 'disk');
  const order = { resource: 'disk', name, path: vmPlaceOf(vm), query: { deviceName } } as const;
  await change(api, call, `POST ${instances}/detachDisk`, order);
}
