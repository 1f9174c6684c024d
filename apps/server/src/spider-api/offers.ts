/** Images and specs. Their names are the cloud's own. */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Image } from '@cloud-barista/model/image';
import type { Spec } from '@cloud-barista/model/spec';
import { findImage, getImage, listImages } from '@cloud-barista/spider/images';
import { allSpecs, findSpec, getSpec } from '@cloud-barista/spider/specs';
import { cloudOf } from '@cloud-barista/spider/clouds';
import { customImageOf } from '@cloud-barista/spider/custom-image-records';
import { whole } from './credentials.ts';
import { ours } from './names.ts';
import type { Ask, SpiderRoute } from './route.ts';

const kv = (Key: string, Value: string) => ({ Key, Value });

const imageInfo = (image: Image) => ({
  IId: { NameId: image.id, SystemId: image.id },
  Name: image.name,
  GuestOS: [image.os, image.osVersion].filter(Boolean).join(' '),
  Status: image.available ? 'available' : 'unavailable',
  OSArchitecture: image.architecture === '' ? 'NA' : image.architecture,
  OSPlatform: image.os === '' ? 'NA' : image.os === 'windows' ? 'Windows' : 'Linux/UNIX',
  OSDistribution: image.name,
  OSDiskType: 'NA',
  OSDiskSizeGB: image.minDiskGb > 0 ? String(image.minDiskGb) : '-1',
  ImageStatus: image.available ? 'Available' : 'Unavailable',
  KeyValueList: [kv('user', image.user), kv('created', image.created)],
});

export const specInfo = (region: string, spec: Spec) => ({
  Region: region,
  Name: spec.id,
  VCpu: { Count: String(spec.cpu), Clock: '-1', ClockGHz: '-1' },
  Mem: String(spec.memoryMib),
  MemSizeMiB: String(spec.memoryMib),
  DiskSizeGB: spec.diskGb > 0 ? String(spec.diskGb) : '-1',
  Gpu:
    spec.gpus.length === 0
      ? null
      : spec.gpus.map(gpu => ({
          Count: String(gpu.count),
          Mfr: gpu.vendor,
          Model: gpu.model,
          Mem: String(gpu.memoryMib),
          MemSizeGB: gigabytes(gpu.memoryMib),
          TotalMemSizeGB: gigabytes(gpu.memoryMib * gpu.count),
        })),
  KeyValueList: [kv('name', spec.name), kv('architecture', spec.architecture)],
});
const gigabytes = (mib: number) => (mib > 0 ? String(Math.round(mib / 1024)) : '-1');

/** GCP's images are addresses in upstream, paths in our driver: https://www.googleapis.com/compute/v1/projects/… */
const imageName = (name: string) =>
  name.replace(/^https:\/\/[^/]*googleapis\.com\/(?:compute\/(?:v1|beta)\/)?(?=projects\/)/, '');

/** By the cloud's id, as always; else by its name (upstream's OpenStack), by the name of one of ours, or by a system such as ubuntu-22.04. */
export async function imageOf(ask: Ask, given: string): Promise<Image> {
  const { spider, call } = ask;
  // An image made of a VM by its name here, which may be none of ours.
  const own = customImageOf(spider, ask.connection(), ours(given));
  const name = own?.id ?? imageName(given);
  return getImage(spider, ask.connection(), name, call).catch((error: unknown) => {
    if (hasCode(error, 'not_found')) return findImage(spider, ask.connection(), name, undefined, call);
    throw error;
  });
}
export async function specOf(ask: Ask, name: string): Promise<Spec> {
  const { spider, call } = ask;
  return getSpec(spider, ask.connection(), name, call).catch((error: unknown) => {
    if (hasCode(error, 'not_found')) return findSpec(spider, ask.connection(), { spec: name }, call);
    throw error;
  });
}

const regionOf = async (ask: Ask) => (await cloudOf(ask.spider, ask.connection(), ask.call.signal)).region;

function notServed(): never {
  throw new BaristaError(
    'unimplemented',
    'Public images are the cloud’s own: they can’t be made or deleted here.',
    {
      next: 'Make an image of a VM with /myimage.',
    },
  );
}
const own = 'the cloud’s own image; refused, as most of upstream’s drivers do';

export const offerRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/vmimage',
    since: '2020',
    summary: 'Make an image',
    differs: own,
    answer: notServed,
  },
  {
    method: 'GET',
    path: '/vmimage',
    since: '2020',
    summary: 'List images',
    differs:
      'fields of both eras (GuestOS, Status; OSArchitecture, …); the cloud’s first 20,000, read once in ten minutes',
    async answer(ask) {
      const { items } = await listImages(ask.spider, ask.connection(), whole, ask.call);
      return { image: items.map(imageInfo) };
    },
  },
  {
    method: 'GET',
    path: '/vmimage/:Name',
    since: '2020',
    summary: 'Get an image',
    differs: 'fields of both eras; a name that is no id is looked for among names and systems (ubuntu-22.04)',
    answer: async ask => imageInfo(await imageOf(ask, ask.param('Name'))),
  },
  {
    method: 'DELETE',
    path: '/vmimage/:Name',
    since: '2020',
    summary: 'Delete an image',
    differs: own,
    answer: notServed,
  },
  {
    method: 'GET',
    path: '/vmspec',
    since: '2020',
    summary: 'List specs',
    differs:
      'fields of both eras (Mem, Clock; MemSizeMiB, ClockGHz); Name is the cloud’s id, and a name beside it stands in KeyValueList',
    async answer(ask) {
      const region = await regionOf(ask);
      const specs = await allSpecs(ask.spider, ask.connection(), ask.call);
      return { vmspec: specs.map(spec => specInfo(region, spec)) };
    },
  },
  {
    method: 'GET',
    path: '/vmspec/:Name',
    since: '2020',
    summary: 'Get a spec',
    differs: 'fields of both eras',
    answer: async ask => specInfo(await regionOf(ask), await specOf(ask, ask.param('Name'))),
  },
  {
    method: 'GET',
    path: '/vmorgspec',
    since: '2020',
    summary: 'List specs, raw',
    differs: 'as the newest wraps it, with our driver’s reading in the place of the cloud’s own JSON',
    answer: async ask => ({ VMSpecInfo: { specs: await allSpecs(ask.spider, ask.connection(), ask.call) } }),
  },
  {
    method: 'GET',
    path: '/vmorgspec/:Name',
    since: '2020',
    summary: 'Get a spec, raw',
    differs: 'as the newest wraps it, with our driver’s reading in the place of the cloud’s own JSON',
    answer: async ask => ({ VMSpecInfo: await specOf(ask, ask.param('Name')) }),
  },
];
