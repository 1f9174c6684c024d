/** Data disks, images made of VMs, and public addresses of one's own. */
import { CustomImage, CustomImageInput } from '@cloud-barista/model/custom-image';
import { Disk, DiskInput, DiskResize, DiskTarget } from '@cloud-barista/model/disk';
import { PublicIp, PublicIpInput, PublicIpTarget } from '@cloud-barista/model/public-ip';
import { closed, Name, page } from '@cloud-barista/model/schema';
import { Done, fromCloud, inConnection, making, PageQuery } from './common.ts';
import { define } from './define.ts';

const here = closed(inConnection);
const disk = closed({ ...inConnection, disk: Name });
const image = closed({ ...inConnection, customImage: Name });
const ip = closed({ ...inConnection, publicIp: Name });
const disksPath = '/v1/connections/{connection}/disks';
const imagesPath = '/v1/connections/{connection}/custom-images';
const ipsPath = '/v1/connections/{connection}/public-ips';
const gaps = ['unimplemented'] as const;

export const disks = {
  'disk.create': define({
    method: 'POST',
    path: disksPath,
    summary: 'Make a data disk; done when it is Available',
    answer: 'long',
    status: 201,
    params: here,
    body: DiskInput,
    output: Disk,
    errors: [...making, ...gaps],
  }),
  'disk.list': define({
    method: 'GET',
    path: disksPath,
    summary: 'List data disks with their states',
    params: here,
    query: PageQuery,
    output: page(Disk),
    errors: [...fromCloud, ...gaps],
  }),
  'disk.get': define({
    method: 'GET',
    path: `${disksPath}/{disk}`,
    summary: 'Show a data disk',
    params: disk,
    output: Disk,
    errors: [...fromCloud, ...gaps],
  }),
  'disk.attach': define({
    method: 'POST',
    path: `${disksPath}/{disk}/attach`,
    summary: 'Attach a disk to a VM; the disk outlives the VM',
    answer: 'long',
    params: disk,
    body: DiskTarget,
    output: Disk,
    errors: [...fromCloud, ...gaps],
  }),
  'disk.detach': define({
    method: 'POST',
    path: `${disksPath}/{disk}/detach`,
    summary: 'Detach a disk from the VM that has it',
    answer: 'long',
    params: disk,
    output: Disk,
    errors: [...fromCloud, ...gaps],
  }),
  'disk.resize': define({
    method: 'POST',
    path: `${disksPath}/{disk}/resize`,
    summary: 'Let a disk grow',
    answer: 'long',
    params: disk,
    body: DiskResize,
    output: Disk,
    errors: [...fromCloud, ...gaps],
  }),
  'disk.delete': define({
    method: 'DELETE',
    path: `${disksPath}/{disk}`,
    summary: 'Delete a disk that no VM has, and what is on it',
    status: 204,
    params: disk,
    output: Done,
    errors: [...fromCloud, ...gaps],
  }),

  'custom-image.create': define({
    method: 'POST',
    path: imagesPath,
    summary: 'Make an image of a VM; done when it is Available',
    answer: 'long',
    status: 201,
    params: here,
    body: CustomImageInput,
    output: CustomImage,
    errors: [...making, ...gaps],
  }),
  'custom-image.list': define({
    method: 'GET',
    path: imagesPath,
    summary: 'List images made of VMs',
    params: here,
    query: PageQuery,
    output: page(CustomImage),
    errors: [...fromCloud, ...gaps],
  }),
  'custom-image.get': define({
    method: 'GET',
    path: `${imagesPath}/{customImage}`,
    summary: 'Show an image made of a VM',
    params: image,
    output: CustomImage,
    errors: [...fromCloud, ...gaps],
  }),
  'custom-image.delete': define({
    method: 'DELETE',
    path: `${imagesPath}/{customImage}`,
    summary: 'Delete an image made of a VM; VMs made of it stay',
    status: 204,
    params: image,
    output: Done,
    errors: [...fromCloud, ...gaps],
  }),

  'public-ip.create': define({
    method: 'POST',
    path: ipsPath,
    summary: 'Reserve a public address',
    status: 201,
    params: here,
    body: PublicIpInput,
    output: PublicIp,
    errors: [...making, ...gaps],
  }),
  'public-ip.list': define({
    method: 'GET',
    path: ipsPath,
    summary: 'List reserved public addresses',
    params: here,
    query: PageQuery,
    output: page(PublicIp),
    errors: [...fromCloud, ...gaps],
  }),
  'public-ip.get': define({
    method: 'GET',
    path: `${ipsPath}/{publicIp}`,
    summary: 'Show a reserved public address',
    params: ip,
    output: PublicIp,
    errors: [...fromCloud, ...gaps],
  }),
  'public-ip.associate': define({
    method: 'POST',
    path: `${ipsPath}/{publicIp}/associate`,
    summary: 'Let a VM carry a reserved address instead of the one it came with',
    params: ip,
    body: PublicIpTarget,
    output: PublicIp,
    errors: [...fromCloud, ...gaps],
  }),
  'public-ip.dissociate': define({
    method: 'POST',
    path: `${ipsPath}/{publicIp}/dissociate`,
    summary: 'Take a reserved address from the VM that carries it',
    params: ip,
    output: PublicIp,
    errors: [...fromCloud, ...gaps],
  }),
  'public-ip.delete': define({
    method: 'DELETE',
    path: `${ipsPath}/{publicIp}`,
    summary: 'Give back a reserved address that no VM carries',
    status: 204,
    params: ip,
    output: Done,
    errors: [...fromCloud, ...gaps],
  }),
} as const;
