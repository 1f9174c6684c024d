/** Custom images: snapshots of VMs' root volumes, from which servers are made by `snapshotId`. The name holds the token. */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudCustomImage, CustomImages } from '@cloud-barista/driver/custom-images';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Listings } from '@cloud-barista/driver/listing';
import type { CustomImageState } from '@cloud-barista/model/custom-image';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import { absent, type Api } from './api.ts';
import { timeOf, type Server, type Snapshot } from './fields.ts';
import { markedName, readMarkedName } from './marks.ts';

/** What tells their ids from templates'. */
const prefix = 'snapshot/';
export const isSnapshot = (id: string): boolean => id.startsWith(prefix);
const bare = (id: string): string => (isSnapshot(id) ? id.slice(prefix.length) : '');

const states: Readonly<Record<string, CustomImageState>> = {
  CREATING: 'Creating',
  COMPLETED: 'Available',
  CONVERTING: 'Available',
  FAILED: 'Failed',
};

const imageOf = (snapshot: Snapshot): CloudCustomImage => ({
  ...readMarkedName(snapshot.name),
  id: cloudId(prefix + snapshot.id),
  state: states[(snapshot.state ?? '').toUpperCase()] ?? 'Undefined',
  sizeGb: snapshot.size ?? 0,
  created: timeOf(snapshot.createdAt),
});

/** Those that a server can start from. What is being deleted never comes back: it counts as gone. */
async function readSnapshots(api: Api, call: Call): Promise<Snapshot[]> {
  const all = await api.list<Snapshot>(call, 'ace', 'snapshots', 'custom-image');
  return all.filter(
    one => (one.bootable ?? 'yes').toLowerCase() === 'yes' && one.state?.toUpperCase() !== 'DELETING',
  );
}

export async function findSnapshot(api: Api, call: Call, id: string): Promise<Snapshot> {
  const found = (await readSnapshots(api, call)).find(one => one.id === bare(id));
  if (!found) throw absent('custom image', id);
  return found;
}

export async function findMarkedImages(api: Api, call: Call, token: Token): Promise<CloudCustomImage[]> {
  return (await readSnapshots(api, call)).map(imageOf).filter(image => image.token === token);
}

export function createCustomImages(api: Api, listings: Listings): CustomImages {
  return {
    async create(call, { name, vm }) {
      const [left] = call.again ? await findMarkedImages(api, call, call.token) : [];
      if (left) return left;
      const { volumeId } = await api.ask<Server>(call, 'GET', 'ace', 'servers/{id}', {
        resource: 'vm',
        name: vm,
        path: { id: vm },
      });
      if (!volumeId)
        throw new BaristaError('failed_precondition', `Cloudit names no root volume of the VM ${vm}.`);
      const body = { name: markedName(name, call.token), volumeId };
      return imageOf(
        await api.ask<Snapshot>(call, 'POST', 'ace', 'snapshots', { resource: 'custom-image', name, body }),
      );
    },
    list: call =>
      listings.page('custom-images', call, async () => (await readSnapshots(api, call)).map(imageOf)),
    get: async (call, id) => imageOf(await findSnapshot(api, call, id)),
    async delete(call, id) {
      if (!isSnapshot(id)) return;
      const about = { resource: 'custom-image', name: id, path: { id: bare(id) } } as const;
      try {
        await orAbsent(api.ask(call, 'DELETE', 'ace', 'snapshots/{id}', about));
      } catch (error) {
        // It may be on its way already.
        if (!hasCode(error, 'failed_precondition')) throw error;
        if (await orAbsent(findSnapshot(api, call, id))) throw error;
      }
    },
  };
}
