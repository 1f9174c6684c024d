/** Data disks. They are made with DeleteWithInstance off, so that they outlive their VM. */
import type { Call } from '@cloud-barista/driver/call';
import type { Disks } from '@cloud-barista/driver/disks';
import type { Listings } from '@cloud-barista/driver/listing';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { type Api, clientToken, notShown } from './api.ts';
import { type EcsDisk, markedDisks, readDisk, readDisks, toDisk } from './disk-read.ts';
import { usualDiskType } from './disk-types.ts';
import { says } from './errors.ts';
import { marks } from './marks.ts';
import type { Zones } from './zones.ts';

const resource = 'disk';

export function createDisks(api: Api, listings: Listings, zones: Zones): Disks {
  const about = (name: string) => ({ resource, name }) as const;

  async function need(call: Call, id: CloudId): Promise<EcsDisk> {
    const disk = await api.seen(call, id, () => readDisk(api, call, id));
    if (disk) return disk;
    throw new BaristaError('not_found', `There is no disk ${id} in ${api.region}.`);
  }

  /** Does `deed`; where it is refused, looks whether it had been done before (by a request whose answer was lost). */
  async function unlessDone(
    call: Call,
    id: CloudId,
    done: (disk: EcsDisk) => boolean,
    deed: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await deed();
    } catch (error) {
      if (!hasCode(error, 'failed_precondition', 'invalid_argument')) throw error;
      const disk = await readDisk(api, call, id);
      if (!disk || !done(disk)) throw error;
    }
  }

  return {
    async create(call, { name, sizeGb, type, zone }) {
      const [standing] = call.again ? await markedDisks(api, call, call.token) : [];
      if (standing) return toDisk(standing);
      const parameters = {
        ZoneId: zone || (await zones.choose(call)),
        DiskName: name,
        DiskCategory: type || usualDiskType,
        Size: sizeGb,
        Tag: marks(call.token),
        ClientToken: clientToken(call.token, 'disk'),
      };
      const { DiskId: id = '' } = await api.ask<EcsDisk>(call, 'ecs', 'CreateDisk', parameters, about(name));
      api.born(id);
      const disk = await api.seen(call, id, () => readDisk(api, call, id));
      if (disk) return toDisk(disk);
      throw notShown('Disk', id);
    },
    list: call =>
      listings.page('disks', call, async () =>
        (await readDisks(api, call, { DiskType: 'data', ZoneId: api.zone || undefined })).map(toDisk),
      ),
    get: async (call, id) => toDisk(await need(call, id)),
    async delete(call, id) {
      api.gone(id);
      try {
        await api.ask(call, 'ecs', 'DeleteDisk', { DiskId: id }, about(id));
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    },
    attach: (call, id, vm) =>
      unlessDone(
        call,
        id,
        disk => disk.InstanceId === vm && disk.Status !== 'Detaching',
        () =>
          api.ask(
            call,
            'ecs',
            'AttachDisk',
            { DiskId: id, InstanceId: vm, DeleteWithInstance: false },
            about(id),
          ),
      ),
    async detach(call, id, vm) {
      const { InstanceId, Status } = await need(call, id);
      if (InstanceId !== vm || Status === 'Detaching' || Status === 'Available') return;
      await unlessDone(
        call,
        id,
        disk => disk.InstanceId !== vm || disk.Status === 'Detaching',
        () => api.ask(call, 'ecs', 'DetachDisk', { DiskId: id, InstanceId: vm }, about(id)),
      );
    },
    async resize(call, id, sizeGb) {
      const { Status } = await need(call, id);
      const ask = (Type: 'online' | 'offline') =>
        api.ask(call, 'ecs', 'ResizeDisk', { DiskId: id, NewSize: sizeGb, Type }, about(id));
      await unlessDone(
        call,
        id,
        disk => (disk.Size ?? 0) >= sizeGb,
        // Online where a VM runs with it, so that no restart is needed ("ResizeDisk"); with a stopped one, as a free one.
        () =>
          Status !== 'In_use'
            ? ask('offline')
            : ask('online').catch((error: unknown) => {
                if (!says(error, 'IncorrectInstanceStatus')) throw error;
                return ask('offline');
              }),
      );
    },
  };
}
