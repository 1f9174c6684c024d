/** Data disks: what they are is asked of the cloud; the record ties the name to the cloud's id. */
import type { CloudDisk } from '@cloud-barista/driver/disks';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import type { Disk, DiskInput } from '@cloud-barista/model/disk';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import type { Page } from '@cloud-barista/model/schema';
import { boundId, findId, titleOf, updateId, type HeldId, type IdRecord } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { OpenCloud, Spider, SpiderCall } from './context.ts';
import { idFolder, idKey } from './keys.ts';
import { makeId } from './make-id.ts';
import { paged, type PageOptions } from './paged.ts';
import { partOf } from './parts.ts';
import { polled } from './polling.ts';
import { readWhole } from './read-whole.ts';
import { deleteId } from './remove.ts';
import { nameOfVm, usableVm } from './vm-names.ts';

export interface DiskData {
  type: string;
  sizeGb: number;
  zone: string;
}
type HeldDisk = HeldId<DiskData>;

function shown(spider: Spider, connection: string, { value }: HeldDisk, disk: CloudDisk | undefined): Disk {
  return {
    name: value.name,
    connection,
    id: value.id,
    state: disk?.state ?? 'NotExist',
    type: disk?.type ?? value.data.type,
    sizeGb: disk?.sizeGb ?? value.data.sizeGb,
    zone: disk?.zone ?? value.data.zone,
    vm: disk?.vm ? nameOfVm(spider, connection, disk.vm) : '',
    device: disk?.device ?? '',
    created: value.created,
  };
}

/** Where only the cloud itself knows its types. */
const noSuchType = ({ driver }: OpenCloud, type: string, source: unknown): BaristaError =>
  new BaristaError('invalid_argument', `${driver.provider} knows no disk type ${JSON.stringify(type)}.`, {
    next: 'Leave it out to have the usual one.',
    where: 'type',
    source,
  });

/** The size fits the type, where the driver tells its types. */
function checkSize({ driver }: OpenCloud, type: string, sizeGb: number): void {
  const types = driver.diskTypes ?? [];
  if (types.length === 0) return;
  const known = type === '' ? types[0] : types.find(one => one.type === type);
  if (!known)
    throw new BaristaError(
      'invalid_argument',
      `${driver.provider} has no disk type ${JSON.stringify(type)}.`,
      {
        next: suggest(
          type,
          types.map(one => one.type),
          `It has: ${types.map(one => one.type).join(', ')}.`,
        ),
        where: 'type',
      },
    );
  if (sizeGb < known.minGb || sizeGb > known.maxGb)
    throw new BaristaError('invalid_argument', `A disk of type ${known.type} can't have ${sizeGb} GiB.`, {
      next: `Choose ${known.minGb} to ${known.maxGb} GiB.`,
      where: 'sizeGb',
    });
}

const ask = (open: OpenCloud, held: HeldDisk, signal: AbortSignal): Promise<CloudDisk | undefined> =>
  guarded(open, () => partOf(open, 'disks').get({ signal }, cloudId(held.value.id))).catch(
    (error: unknown) => {
      if (hasCode(error, 'not_found')) return undefined;
      throw error;
    },
  );

/** Orders a disk and binds it; `awaitDisk` waits until it is there. */
export async function createDisk(
  spider: Spider,
  connection: string,
  input: DiskInput,
  call: SpiderCall,
): Promise<Disk> {
  await checkDisk(spider, connection, input, call);
  const { sizeGb, type = '', zone = '' } = input;
  let made: CloudDisk | undefined;
  const held = await makeId<DiskData>(
    spider,
    {
      connection,
      kind: 'disk',
      name: input.name,
      rule: 'disk',
      composite: false,
      data: () => ({ type, sizeGb, zone }),
      async create(create, open, record) {
        made = await partOf(open, 'disks')
          .create(create, { name: record.cloudName, sizeGb, type, zone })
          .catch((error: unknown) => {
            throw type !== '' && hasCode(error, 'not_found') ? noSuchType(open, type, error) : error;
          });
        return { id: made.id, data: { type: made.type, sizeGb: made.sizeGb, zone: made.zone } };
      },
    },
    call,
  );
  return made ? shown(spider, connection, held, made) : getDisk(spider, connection, input.name, call);
}

export async function checkDisk(
  spider: Spider,
  connection: string,
  input: DiskInput,
  call: SpiderCall,
): Promise<void> {
  const open = await cloudOf(spider, connection, call.signal);
  partOf(open, 'disks');
  checkSize(open, input.type ?? '', input.sizeGb);
}

export async function getDisk(
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<Disk> {
  const open = await cloudOf(spider, connection, call.signal);
  partOf(open, 'disks');
  const held = await boundId<DiskData>(spider, connection, 'disk', name);
  return shown(spider, connection, held, await ask(open, held, call.signal));
}

export async function listDisks(
  spider: Spider,
  connection: string,
  options: PageOptions,
  call: SpiderCall,
): Promise<Page<Disk>> {
  await connectionOf(spider, connection);
  const open = await cloudOf(spider, connection, call.signal);
  const disks = partOf(open, 'disks');
  const held = spider.mirror
    .values<IdRecord<DiskData>>(idFolder(connection, 'disk'))
    .filter(one => one.value.id !== '');
  const page = paged(held, one => one.value.name, options);
  const real = new Map<string, CloudDisk>();
  if (page.items.length > 0)
    for (const disk of await readWhole(open, part => disks.list(part), call.signal)) real.set(disk.id, disk);
  return { ...page, items: page.items.map(one => shown(spider, connection, one, real.get(one.value.id))) };
}

/** Waits; failed_precondition where the disk has failed or is gone. */
export async function awaitDisk(
  spider: Spider,
  connection: string,
  name: string,
  wanted: (disk: Disk) => boolean,
  call: SpiderCall,
): Promise<Disk> {
  const title = titleOf('disk', name, connection);
  return polled(
    spider,
    `the ${title}`,
    call.signal,
    () => getDisk(spider, connection, name, call),
    disk => {
      if (disk.state === 'Failed' || disk.state === 'NotExist')
        throw new BaristaError('failed_precondition', `The ${title} is ${disk.state}.`, {
          next: 'Delete it and make another.',
        });
      return wanted(disk);
    },
  );
}

/** Orders a change of a disk; returns when the cloud has taken the order. */
async function order(
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
  deed: (open: OpenCloud, held: HeldDisk) => Promise<void>,
): Promise<Disk> {
  const open = await cloudOf(spider, connection, call.signal);
  partOf(open, 'disks');
  await spider.locks.with(idKey(connection, 'disk', name), call.signal, async () => {
    const held = await boundId<DiskData>(spider, connection, 'disk', name);
    await guarded(open, () => deed(open, held));
  });
  return getDisk(spider, connection, name, call);
}

/** Deletes a disk that no VM has; the cloud would refuse too, but in its own words. */
export async function deleteDisk(
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<void> {
  const held = await findId<DiskData>(spider, connection, 'disk', name);
  if (held?.value.state === 'bound') {
    const { vm } = await getDisk(spider, connection, name, call);
    if (vm !== '') throw inUse(connection, name, vm);
  }
  await deleteId(spider, connection, 'disk', name, call);
}

const inUse = (connection: string, name: string, vm: string): BaristaError =>
  new BaristaError(
    'failed_precondition',
    `The ${titleOf('disk', name, connection)} is attached to the VM ${JSON.stringify(vm)}.`,
    { next: `Detach it first: barista detach ${name} --connection ${connection}`, where: 'disk' },
  );

export const attachDisk = (
  spider: Spider,
  connection: string,
  name: string,
  vm: string,
  call: SpiderCall,
): Promise<Disk> =>
  order(spider, connection, name, call, async (open, held) => {
    const id = await usableVm(spider, connection, vm, ['Running', 'Suspended'], call);
    const disk = await partOf(open, 'disks').get({ signal: call.signal }, cloudId(held.value.id));
    if (disk.vm !== '' && disk.vm !== id)
      throw inUse(connection, name, nameOfVm(spider, connection, disk.vm));
    await partOf(open, 'disks').attach({ signal: call.signal }, cloudId(held.value.id), id);
  });

/** From whichever VM has it. */
export const detachDisk = (
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<Disk> =>
  order(spider, connection, name, call, async (open, held) => {
    const disk = await partOf(open, 'disks').get({ signal: call.signal }, cloudId(held.value.id));
    if (disk.vm !== '') await partOf(open, 'disks').detach({ signal: call.signal }, disk.id, disk.vm);
  });

export const resizeDisk = (
  spider: Spider,
  connection: string,
  name: string,
  sizeGb: number,
  call: SpiderCall,
): Promise<Disk> =>
  order(spider, connection, name, call, async (open, held) => {
    requireCapability(open.driver, 'disk.resize');
    const disk = await partOf(open, 'disks').get({ signal: call.signal }, cloudId(held.value.id));
    if (sizeGb === disk.sizeGb) return;
    if (sizeGb < disk.sizeGb)
      throw new BaristaError(
        'invalid_argument',
        `The ${titleOf('disk', name, connection)} has ${disk.sizeGb} GiB; disks don't shrink.`,
        { next: `Give more than ${disk.sizeGb}.`, where: 'sizeGb' },
      );
    checkSize(
      open,
      (open.driver.diskTypes ?? []).some(one => one.type === disk.type) ? disk.type : '',
      sizeGb,
    );
    await partOf(open, 'disks').resize({ signal: call.signal }, disk.id, sizeGb);
    await updateId<DiskData>(spider, connection, 'disk', name, data => ({ ...data, sizeGb }));
  });
