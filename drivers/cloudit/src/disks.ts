/** Data disks: Cloudit's volumes, but those that servers boot from. The name holds the token. */
import type { Call } from '@cloud-barista/driver/call';
import { each } from '@cloud-barista/driver/concurrency';
import type { CloudDisk, Disks } from '@cloud-barista/driver/disks';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Listings } from '@cloud-barista/driver/listing';
import type { DiskState } from '@cloud-barista/model/disk';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import { absent, width, type Api } from './api.ts';
import { timeOf, type Volume } from './fields.ts';
import { markedName, readMarkedName } from './marks.ts';

/** What grows or is converted is as one that is being made: for a while, nothing can be done to it. */
const states: Readonly<Record<string, DiskState>> = {
  CREATING: 'Creating',
  AVAILABLE: 'Available',
  ATTACHING: 'Attaching',
  IN_USE: 'Attached',
  DETACHING: 'Detaching',
  EXTENDING: 'Creating',
  CONVERTING: 'Creating',
  FAILED: 'Failed',
};
const stateOf = ({ state = '' }: Volume): DiskState => states[state.toUpperCase()] ?? 'Undefined';

/** What is being deleted never comes back: it counts as gone. */
async function readVolumes(api: Api, call: Call): Promise<Volume[]> {
  const all = await api.list<Volume>(call, 'ace', 'volumes', 'disk');
  return all.filter(one => one.bootable?.toLowerCase() !== 'yes' && one.state?.toUpperCase() !== 'DELETING');
}

async function findVolume(api: Api, call: Call, id: string): Promise<Volume> {
  const found = (await readVolumes(api, call)).find(one => one.id === id);
  if (!found) throw absent('disk', id);
  return found;
}

export const findMarkedVolumes = async (api: Api, call: Call, token: Token): Promise<Volume[]> =>
  (await readVolumes(api, call)).filter(one => readMarkedName(one.name).token === token);

/** A volume's record does not say who has it. */
async function holdersOf(api: Api, call: Call, id: string): Promise<string[]> {
  const about = { resource: 'disk', name: id, path: { id } } as const;
  const servers = await orAbsent(
    api.ask<{ vmId: string }[]>(call, 'GET', 'ace', 'volumes/{id}/servers', about),
  );
  return (servers ?? []).map(server => server.vmId);
}

async function diskOf(api: Api, call: Call, volume: Volume): Promise<CloudDisk> {
  const state = stateOf(volume);
  const [vm = ''] = ['Available', 'Creating', 'Failed'].includes(state)
    ? []
    : await holdersOf(api, call, volume.id);
  return {
    ...readMarkedName(volume.name),
    id: cloudId(volume.id),
    state,
    type: '',
    sizeGb: volume.size ?? 0,
    zone: '',
    vm: cloudId(vm),
    device: vm !== '' && volume.dev ? `/dev/${volume.dev}` : '',
    created: timeOf(volume.createdAt),
  };
}

export function createDisks(api: Api, listings: Listings): Disks {
  return {
    async create(call, { name, sizeGb, type }) {
      if (type !== '')
        throw new BaristaError('invalid_argument', `Cloudit has no disk type ${JSON.stringify(type)}.`, {
          next: 'Leave the type out: there is one kind.',
          where: 'type',
        });
      const [left] = call.again ? await findMarkedVolumes(api, call, call.token) : [];
      if (left) return diskOf(api, call, left);
      const body = { name: markedName(name, call.token), clusterId: await api.cluster(call), size: sizeGb };
      const made = await api.ask<Volume>(call, 'POST', 'ace', 'volumes', { resource: 'disk', name, body });
      return diskOf(api, call, made);
    },
    list: call =>
      listings.page('disks', call, async () =>
        each(await readVolumes(api, call), width, volume => diskOf(api, call, volume)),
      ),
    get: async (call, id) => diskOf(api, call, await findVolume(api, call, id)),
    async delete(call, id) {
      const about = { resource: 'disk', name: id, path: { id } } as const;
      try {
        await orAbsent(api.ask(call, 'DELETE', 'ace', 'volumes/{id}', about));
      } catch (error) {
        // It may be on its way already.
        if (!hasCode(error, 'failed_precondition')) throw error;
        if (await orAbsent(findVolume(api, call, id))) throw error;
      }
    },
    async attach(call, id, vm) {
      const volume = await findVolume(api, call, id);
      if (stateOf(volume) !== 'Available' && (await holdersOf(api, call, id)).includes(vm)) return;
      const about = {
        resource: 'disk',
        name: id,
        path: { id: vm },
        body: { volumeId: id, mode: 'w' },
      } as const;
      await api.ask(call, 'POST', 'ace', 'servers/{id}/volumes', about);
    },
    async detach(call, id, vm) {
      if (!(await holdersOf(api, call, id)).includes(vm)) return;
      const about = { resource: 'disk', name: id, path: { id: vm, volume: id } } as const;
      await orAbsent(api.ask(call, 'DELETE', 'ace', 'servers/{id}/volumes/{volume}', about));
    },
    async resize(call, id, sizeGb) {
      const about = { resource: 'disk', name: id, path: { id }, body: { size: sizeGb } } as const;
      await api.ask(call, 'POST', 'ace', 'volumes/{id}/update', about);
    },
  };
}
