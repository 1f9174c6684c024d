/**
 * Data disks are zonal persistent disks ("disks"). They are made with the mark as a label. Which are root disks, and under which name a
 * guest sees a disk, only the instances say, so these are read too. Every order is waited for, a second or two: what a disk can be refused
 * for – capacity, quota, another VM that holds it – Google says in the operation.
 */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { CloudDisk, DiskRequest, Disks } from '@cloud-barista/driver/disks';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Listings } from '@cloud-barista/driver/listing';
import type { DiskState } from '@cloud-barista/model/disk';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import { tail, type Api } from './api.ts';
import { attach, attachment, attachments, detach } from './attachments.ts';
import type { Operation } from './errors.ts';
import { utc } from './images.ts';
import { placeOf as vmPlaceOf, readInstance, type AttachedDisk } from './instances.ts';
import { diskTypes } from './limits.ts';
import { requestIds, shown } from './marks.ts';
import { change, insertsOf, lookTwice } from './pending.ts';
import { idAt, isPlace, placeOf, type Place } from './places.ts';
import type { Zones } from './zones.ts';

interface GcpDisk {
  name?: string;
  zone?: string;
  status?: string;
  /** A number as text (int64). */
  sizeGb?: string;
  type?: string;
  /** Addresses of the instances that hold it. */
  users?: string[];
  labels?: Record<string, string>;
  creationTimestamp?: string;
  sourceImage?: string;
}
const fields = 'name,zone,status,sizeGb,type,users,labels,creationTimestamp,sourceImage';
const collection = 'projects/{project}/zones/{zone}/disks';

const states: Readonly<Record<string, DiskState>> = {
  CREATING: 'Creating',
  RESTORING: 'Creating',
  READY: 'Available',
  DELETING: 'Deleting',
  FAILED: 'Failed',
};

/** A root disk shows a moment before its VM does, and a moment longer: then it is told by the image that it was made of. */
const isRoot = (disk: GcpDisk, how: AttachedDisk | undefined): boolean =>
  how?.boot ?? (disk.sourceImage !== undefined && (disk.status !== 'READY' || (disk.users ?? []).length > 0));

const idOf = ({ zone, name = '' }: GcpDisk): CloudId => idAt(tail(zone), name);

export function toDisk(disk: GcpDisk, device = ''): CloudDisk {
  const zone = tail(disk.zone);
  const [user] = disk.users ?? [];
  const known = states[disk.status ?? ''] ?? 'Undefined';
  return {
    id: idOf(disk),
    name: disk.name ?? '',
    state: known === 'Available' && user !== undefined ? 'Attached' : known,
    type: tail(disk.type),
    sizeGb: Number(disk.sizeGb ?? 0),
    zone,
    vm: user === undefined ? '' : idAt(zone, tail(user)),
    // "/dev/disk/by-id/google-*": Google's udev rules, on all of its images; sdb and its like change from boot to boot.
    device: device === '' ? '' : `/dev/disk/by-id/google-${device}`,
    created: utc(disk.creationTimestamp),
    ...shown(disk.labels?.['cb-token']),
  };
}

const absent = (id: string): BaristaError =>
  new BaristaError('not_found', `There is no disk ${JSON.stringify(id.slice(0, 200))}.`, {
    next: 'List the disks: barista disk list',
    where: 'disk',
    cause: 'notFound',
  });
const refusal = (code: 'failed_precondition' | 'invalid_argument', message: string, next: string) =>
  new BaristaError(code, message, { next, where: 'disk' });

export function createDisks(
  api: Api,
  zones: Zones,
  listings: Listings,
): Disks & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const about = ({ zone, name }: Place) => ({ resource: 'disk', name, path: { zone, name } }) as const;
  const read = ({ signal }: Call, place: Place): Promise<GcpDisk> =>
    api.send<GcpDisk>(`GET ${collection}/{name}`, { ...about(place), query: { fields } }, signal);
  const readZone = ({ signal }: Call, zone: string, filter?: string): Promise<GcpDisk[]> =>
    api.all<GcpDisk>(
      `GET ${collection}`,
      { resource: 'disk', path: { zone }, query: { filter, fields: `items(${fields}),nextPageToken` } },
      signal,
    );

  /** As the contract has it; not_found for a root disk. */
  async function view(call: Call, disk: GcpDisk): Promise<CloudDisk> {
    const { vm, id } = toDisk(disk);
    const how = vm === '' ? undefined : await attachment(api, call, vm, id);
    if (how?.boot === true) throw absent(id);
    return toDisk(disk, how?.deviceName);
  }

  async function marked(call: Call, token: Token): Promise<GcpDisk[]> {
    const places = await zones.all(call);
    const found = places.map(zone =>
      lookTwice(api, call, async () => {
        const disks = await readZone(call, zone, `labels.cb-token=${token}`);
        const ours = disks.filter(one => one.labels?.['cb-token'] === token);
        const seen = new Set(ours.map(one => one.name ?? ''));
        return {
          found: ours,
          scope: { resource: 'disk', place: { zone }, hidden: insertsOf('disks', seen) },
        };
      }),
    );
    return (await together(found)).flat();
  }

  async function zoneOf(call: Call, zone: string): Promise<string> {
    if (zone === '') return zones.home(call);
    const all = await zones.all(call);
    if (all.includes(zone)) return zone;
    throw refusal(
      'invalid_argument',
      `This connection has no zone ${JSON.stringify(zone)}.`,
      `It has: ${all.join(', ')}.`,
    );
  }

  async function insert(call: Parameters<Disks['create']>[0], place: Place, request: DiskRequest) {
    const { zone, name } = place;
    const type = request.type || diskTypes[0]?.type;
    const body = {
      name,
      sizeGb: String(request.sizeGb),
      type: `projects/${api.settings.project}/zones/${zone}/diskTypes/${type}`,
      labels: { 'cb-token': call.token },
    };
    const order = { resource: 'disk', name, path: { zone }, body } as const;
    const query = { requestId: requestIds(call)('disk') };
    const operation = await api.send<Operation>(`POST ${collection}`, { ...order, query }, call.signal);
    await api.done(operation, { resource: 'disk', name }, call.signal);
  }

  return {
    async create(call, request) {
      const [standing] = call.again ? await marked(call, call.token) : [];
      if (standing) return view(call, standing);
      const place = { zone: await zoneOf(call, request.zone), name: request.name };
      try {
        await insert(call, place, request);
      } catch (error) {
        if (!hasCode(error, 'already_exists')) throw error;
        const found = await orAbsent(read(call, place));
        if (found?.labels?.['cb-token'] !== call.token) throw error;
        return view(call, found);
      }
      return toDisk(await read(call, place));
    },

    list: call =>
      listings.page('disks', call, async () => {
        const places = await zones.all(call);
        const [disks, how] = await Promise.all([
          together(places.map(zone => readZone(call, zone))),
          attachments(api, call, places),
        ]);
        return disks.flat().flatMap(disk => {
          const one = how.get(idOf(disk));
          return isRoot(disk, one) ? [] : [toDisk(disk, one?.deviceName)];
        });
      }),

    get: async (call, id) => view(call, await read(call, placeOf(id, 'disk'))),

    async delete(call, id) {
      if (isPlace(id))
        await orAbsent(change(api, call, `DELETE ${collection}/{name}`, about(placeOf(id, 'disk'))));
    },

    async attach(call, id, vm) {
      const place = placeOf(id, 'disk');
      const to = vmPlaceOf(vm);
      const disk = toDisk(await read(call, place));
      if (disk.vm === vm) return;
      if (disk.vm !== '')
        throw refusal(
          'failed_precondition',
          `Disk ${id} is attached to ${disk.vm}.`,
          'Detach it there first.',
        );
      if (disk.state !== 'Available')
        throw refusal('failed_precondition', `Disk ${id} is ${disk.state}.`, 'Wait until it is Available.');
      if (place.zone !== to.zone) {
        await readInstance(api, call, to, 'name');
        throw refusal(
          'invalid_argument',
          `Disk ${id} and VM ${vm} are in two zones.`,
          `Make the disk in ${to.zone}.`,
        );
      }
      try {
        await attach(api, call, id, vm);
      } catch (error) {
        // Two who attach it to the same VM at once both succeed.
        if (!hasCode(error, 'failed_precondition', 'already_exists', 'invalid_argument')) throw error;
        if ((await attachment(api, call, vm, id)) === undefined) throw error;
      }
    },

    async detach(call, id, vm) {
      if (!isPlace(id) || !isPlace(vm)) return;
      const how = await attachment(api, call, vm, id);
      if (how === undefined || how.boot === true) return;
      try {
        await detach(api, call, id, vm, how.deviceName ?? '');
      } catch (error) {
        if ((await attachment(api, call, vm, id)) !== undefined) throw error;
      }
    },

    async resize(call, id, sizeGb) {
      const order = { ...about(placeOf(id, 'disk')), body: { sizeGb: String(sizeGb) } };
      await change(api, call, `POST ${collection}/{name}/resize`, order);
    },

    findMarked: async (call, token) => (await marked(call, token)).map(idOf),
  };
}
