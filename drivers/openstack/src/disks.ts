/**
 * Disks by Cinder (Block Storage API v3, "Volumes", "Volume actions"), attached by Nova ("Servers with volume attachments"), which
 * also keeps them when it deletes the server. At microversion 3.0 and 2.1, which every cloud has.
 *
 * Cinder is a part that a cloud may lack. There are no disks then: lists are empty, and what would make or use one is `unimplemented`.
 */
import { orAbsent } from '@cloud-barista/driver/errors';
import { createShared } from '@cloud-barista/driver/shared';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudDisk, DiskRequest, Disks } from '@cloud-barista/driver/disks';
import { all, page, type Api, type Order } from './api.ts';
import { zonesOf } from './regions.ts';
import { waitUntil } from './wait.ts';
import { isRoot, readVolume, tokenKey, volumeList, type Volume } from './volumes.ts';

interface One {
  volume: Volume;
}

export async function requireCinder(api: Api, { signal }: Call): Promise<void> {
  if ((await api.session(signal)).hasVolumes) return;
  throw new BaristaError('unimplemented', `OpenStack region ${api.settings.region} has no block storage.`, {
    next: 'Ask the cloud’s operator for Cinder, or use another region.',
    where: 'disk',
  });
}

export function createDisks(api: Api): Disks & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const hasCinder = async ({ signal }: Call): Promise<boolean> => (await api.session(signal)).hasVolumes;
  const about = (id: string, more?: Partial<Order>): Order => ({
    resource: 'disk',
    name: id,
    path: { id },
    ...more,
  });

  async function show(call: Call, id: string): Promise<Volume> {
    await requireCinder(api, call);
    return (await api.send<One>('volume', 'GET /volumes/{id}', about(id), call.signal)).volume;
  }

  async function marked(call: Call, token: Token): Promise<Volume[]> {
    // A cloud whose operator allows no search by metadata ignores it.
    const query = { metadata: JSON.stringify({ [tokenKey]: token }) };
    const volumes = await all(api, { ...volumeList, query }, call.signal);
    return volumes.filter(volume => volume.metadata?.[tokenKey] === token);
  }

  const zones = createShared(10 * 60_000, async (service, signal) => {
    const found = await zonesOf(api, service === 'compute' ? service : 'volume', 'disk', signal);
    return found.map(zone => zone.id);
  });
  /** Cinder's zones need not be Nova's: one store for all VMs has one zone. A zone that is Nova's alone is left to Cinder's choice. */
  async function zoneFor({ signal }: Call, wanted: string): Promise<string> {
    if (wanted === '' || (await zones.get('volume', signal)).includes(wanted)) return wanted;
    return (await zones.get('compute', signal)).includes(wanted) ? '' : wanted;
  }

  /** The VM's attachment, which stands from the moment the order is taken. */
  const attachment = ({ signal }: Call, id: string, vm: string): Promise<unknown> =>
    orAbsent(
      api.send(
        'compute',
        'GET /servers/{vm}/os-volume_attachments/{id}',
        about(id, { path: { id, vm } }),
        signal,
      ),
    );

  return {
    async create(call: CreateCall, request: DiskRequest): Promise<CloudDisk> {
      await requireCinder(api, call);
      const [made] = call.again ? await marked(call, call.token) : [];
      if (made) return readVolume(made);
      const { name, sizeGb, type } = request;
      const zone = await zoneFor(call, request.zone || api.settings.zone);
      const volume = {
        name,
        size: sizeGb,
        metadata: { [tokenKey]: call.token },
        ...(type !== '' && { volume_type: type }),
        ...(zone !== '' && { availability_zone: zone }),
      };
      const order = { resource: 'disk', name, body: { volume } } as const;
      return readVolume((await api.send<One>('volume', 'POST /volumes', order, call.signal)).volume);
    },

    async list(call: PageCall) {
      if (!(await hasCinder(call))) return { items: [] };
      const list = { ...volumeList, query: { sort_key: 'id', sort_dir: 'asc' } };
      const { items, next } = await page(api, list, call);
      const disks = items.filter(volume => !isRoot(volume)).map(readVolume);
      return { items: disks, ...(next !== undefined && { next }) };
    },

    async get(call: Call, id: CloudId) {
      return readVolume(await show(call, id));
    },

    async delete(call: Call, id: CloudId) {
      if (!(await hasCinder(call))) return;
      await orAbsent(api.send('volume', 'DELETE /volumes/{id}', about(id), call.signal));
      // Cinder wipes what is in it, if told to, for minutes: that is not waited for.
      await waitUntil(call.signal, 20_000, async () => {
        const volume = await orAbsent(show(call, id));
        if (volume?.status.startsWith('error') !== true) return volume === undefined;
        throw new BaristaError('unavailable', `OpenStack could not delete disk ${id}: ${volume.status}.`, {
          next: 'Delete it again; when that fails too, ask the cloud’s operator.',
          where: 'disk',
        });
      });
    },

    async attach(call: Call, id: CloudId, vm: CloudId) {
      await requireCinder(api, call);
      const body = { volumeAttachment: { volumeId: id } };
      // A volume is taken by one at a time: sent twice, the second is refused.
      const order = about(id, { path: { vm }, body, idempotent: true });
      try {
        await api.send('compute', 'POST /servers/{vm}/os-volume_attachments', order, call.signal);
      } catch (error) {
        if (!hasCode(error, 'invalid_argument', 'failed_precondition', 'already_exists')) throw error;
        if ((await attachment(call, id, vm)) !== undefined) return;
        const disk = readVolume(await show(call, id));
        // Nova's 400 for it is no word about the request.
        if (disk.state === 'Available') throw error;
        const at = disk.vm === '' ? '' : ` to ${disk.vm}`;
        throw new BaristaError('failed_precondition', `Disk ${id} is ${disk.state}${at}.`, {
          next: 'Only a disk that is Available can be attached.',
          where: 'disk',
          source: error,
        });
      }
    },

    async detach(call: Call, id: CloudId, vm: CloudId) {
      const order = about(id, { path: { id, vm } });
      try {
        await orAbsent(
          api.send('compute', 'DELETE /servers/{vm}/os-volume_attachments/{id}', order, call.signal),
        );
      } catch (error) {
        if (!hasCode(error, 'invalid_argument', 'failed_precondition')) throw error;
        const { state } = readVolume(await show(call, id));
        // On its way already.
        if (state !== 'Detaching' && state !== 'Available') throw error;
      }
    },

    async resize(call: Call, id: CloudId, sizeGb: number) {
      await requireCinder(api, call);
      const order = about(id, { body: { 'os-extend': { new_size: sizeGb } } });
      try {
        await api.send('volume', 'POST /volumes/{id}/action', order, call.signal);
      } catch (error) {
        if (!hasCode(error, 'failed_precondition')) throw error;
        throw new BaristaError('failed_precondition', `OpenStack can't grow disk ${id} as it is now.`, {
          next: 'Detach it first: only a disk that is Available grows.',
          where: 'disk',
          source: error,
        });
      }
    },

    async findMarked(call, token) {
      return (await hasCinder(call)) ? (await marked(call, token)).map(volume => volume.id) : [];
    },
  };
}
