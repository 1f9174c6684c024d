/** Disks. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Disk } from '@cloud-barista/model/disk';
import {
  attachDisk,
  awaitDisk,
  createDisk,
  detachDisk,
  getDisk,
  listDisks,
  resizeDisk,
} from '@cloud-barista/spider/disks';
import { undoCreate } from '@cloud-barista/spider/undo';
import { cloudOf } from '@cloud-barista/spider/clouds';
import { whole } from './credentials.ts';
import { ours } from './names.ts';
import { remove, tagNew, tagsOf } from './removing.ts';
import { needed } from './request.ts';
import type { Ask, SpiderRoute } from './route.ts';
import { diskInfo, ownerOf } from './views.ts';

const infoOf = (ask: Ask, disk: Disk) =>
  diskInfo(ask.spider, disk, ownerOf(ask.spider, disk.connection, disk.vm));
const usual = (text: string) => text === '' || text.toLowerCase() === 'default';

function gigabytes(text: string, where: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new BaristaError('invalid_argument', `${where} ${JSON.stringify(text)} is not a size in GB.`, {
    where,
  });
}

/** The size that upstream's "default" means: the least that the type has, but no toy. */
async function sizeOf(ask: Ask, type: string): Promise<number> {
  const text = ask.info.text('DiskSize');
  if (!usual(text)) return gigabytes(text, 'DiskSize');
  const { driver } = await cloudOf(ask.spider, ask.connection(), ask.call.signal);
  const types = driver.diskTypes ?? [];
  const known = types.find(one => one.type === type) ?? types[0];
  return Math.max(known?.minGb ?? 1, Math.min(30, known?.maxGb ?? 30));
}

let made = 0;
async function create(ask: Ask) {
  const { spider, info } = ask;
  const connection = ask.connection();
  const name = await ask.newName();
  const [type, zone] = [info.text('DiskType'), info.text('Zone')];
  const tags = await tagsOf(ask, 'disk');
  const input = {
    name,
    sizeGb: await sizeOf(ask, type),
    ...(!usual(type) && { type }),
    ...(zone !== '' && { zone }),
  };
  const call = { ...ask.call, owner: `spider-api/${spider.process}/disk-${++made}` };
  try {
    await createDisk(spider, connection, input, call);
    const disk = await awaitDisk(spider, connection, name, now => now.state === 'Available', call);
    await tagNew(ask, 'disk', name, tags);
    return infoOf(ask, disk);
  } catch (error) {
    await undoCreate(spider, connection, 'disk', name, call).catch(() => {});
    throw error;
  }
}

async function attach(ask: Ask) {
  const connection = ask.connection();
  const [name, vm] = [ask.name(), ours(needed(ask.word('VMName'), 'VMName'))];
  await attachDisk(ask.spider, connection, name, vm, ask.call);
  const there = (disk: Disk) => disk.state === 'Attached' && disk.vm === vm;
  return infoOf(ask, await awaitDisk(ask.spider, connection, name, there, ask.call));
}

async function detach(ask: Ask) {
  const connection = ask.connection();
  const name = ask.name();
  const vm = ask.word('VMName');
  const before = await getDisk(ask.spider, connection, name, ask.call);
  if (vm !== '' && before.vm !== '' && before.vm !== ours(vm))
    throw new BaristaError(
      'failed_precondition',
      `The disk ${JSON.stringify(name)} is attached to ${JSON.stringify(before.vm)}, not ${JSON.stringify(vm)}.`,
      {
        where: 'VMName',
      },
    );
  await detachDisk(ask.spider, connection, name, ask.call);
  await awaitDisk(ask.spider, connection, name, disk => disk.state === 'Available', ask.call);
  return { Result: 'true' };
}

async function resize(ask: Ask) {
  const connection = ask.connection();
  const name = ask.name();
  const size = gigabytes(ask.word('Size'), 'Size');
  await resizeDisk(ask.spider, connection, name, size, ask.call);
  const there = (disk: Disk) =>
    disk.sizeGb === size && (disk.state === 'Available' || disk.state === 'Attached');
  await awaitDisk(ask.spider, connection, name, there, ask.call);
  return { Result: 'true' };
}

export const diskRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/disk',
    since: 'newest',
    summary: 'Make a disk',
    differs: 'answers when it is Available; one that fails is taken back',
    answer: create,
  },
  {
    method: 'GET',
    path: '/disk',
    since: 'newest',
    summary: 'List disks',
    async answer(ask) {
      const { items } = await listDisks(ask.spider, ask.connection(), whole, ask.call);
      return { disk: items.map(disk => infoOf(ask, disk)) };
    },
  },
  {
    method: 'GET',
    path: '/disk/:Name',
    since: 'newest',
    summary: 'Get a disk',
    answer: async ask => infoOf(ask, await getDisk(ask.spider, ask.connection(), ask.name(), ask.call)),
  },
  { method: 'PUT', path: '/disk/:Name/size', since: 'newest', summary: 'Enlarge a disk', answer: resize },
  {
    method: 'DELETE',
    path: '/disk/:Name',
    since: 'newest',
    summary: 'Delete a disk',
    answer: ask => remove(ask, 'disk'),
  },
  {
    method: 'PUT',
    path: '/disk/:Name/attach',
    since: 'newest',
    summary: 'Attach a disk to a VM',
    answer: attach,
  },
  { method: 'PUT', path: '/disk/:Name/detach', since: 'newest', summary: 'Detach a disk', answer: detach },
];
