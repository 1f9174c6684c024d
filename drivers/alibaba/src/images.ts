/**
 * Images: Alibaba Cloud's own and the account's. DescribeImages says of no order and its ImageName of no case, so a listing reads
 * the whole, all pages at once, and sorts and searches it here: driver/listing.ts.
 */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { Images } from '@cloud-barista/driver/images';
import type { ResourceKind } from '@cloud-barista/model/call';
import { BaristaError } from '@cloud-barista/model/errors';
import { readImageName, type Image } from '@cloud-barista/model/image';
import { type Api, type Parameters, time } from './api.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import type { Tagged } from './marks.ts';

const resource = 'image';

/** DescribeImages tells of available ones alone, unless asked. */
export const everyStatus = 'Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated';

export interface EcsImage extends Tagged {
  ImageId?: string;
  ImageName?: string;
  OSName?: string;
  OSNameEn?: string;
  OSType?: string;
  Platform?: string;
  Architecture?: string;
  Status?: string;
  /** `self`: a custom image. */
  ImageOwnerAlias?: string;
  CreationTime?: string;
  /** GiB. */
  Size?: number;
  /** What a custom image was made of, or with. */
  DiskDeviceMappings?: { DiskDeviceMapping?: { SnapshotId?: string }[] };
}
interface Answer {
  TotalCount?: number;
  Images?: { Image?: EcsImage[] };
}

const architectures = ['x86_64', 'arm64'] as const;
const alibabaLinux = /(?:aliyun|alibaba cloud linux|alinux)[^0-9]*(\d+(?:\.\d+)?)/i;

/** `OSNameEn` has the version as people write it ("Ubuntu  22.04 64 bit"), the image's name as `ubuntu_22_04_x64…`. */
function readSystem(image: EcsImage): { os: string; osVersion: string } {
  for (const text of [image.OSNameEn, image.OSName, image.ImageName, image.ImageId]) {
    const { os, osVersion } = readImageName(text ?? '');
    if (os !== '') return { os, osVersion };
    const own = alibabaLinux.exec(text ?? '');
    if (own) return { os: 'alibaba-linux', osVersion: own[1] ?? '' };
  }
  const { os } = readImageName(`${image.Platform ?? ''} 0000`);
  return { os: os || (image.OSType === 'windows' ? 'windows' : ''), osVersion: '' };
}

export function toImage(image: EcsImage): Image {
  const { os, osVersion } = readSystem(image);
  return {
    id: image.ImageId ?? '',
    name: image.ImageName || (image.ImageId ?? ''),
    os,
    osVersion,
    architecture: architectures.find(word => word === image.Architecture) ?? '',
    // ECS puts a key pair's key into root's account ("Connect to a Linux instance by using a key pair").
    user: os === 'windows' ? 'Administrator' : 'root',
    // "Deprecated" ones can be started from like before.
    available: ['Available', 'Deprecated'].includes(image.Status ?? 'Available'),
    created: time(image.CreationTime),
    minDiskGb: image.Size ?? 0,
    ...(image.ImageOwnerAlias === 'self' && { custom: true as const }),
  };
}

/** "PageSize: at most 100". */
export const readImages = (
  api: Api,
  call: Call,
  parameters: Parameters,
  about: ResourceKind = resource,
): Promise<EcsImage[]> =>
  api.all<Answer, EcsImage>(
    call,
    'ecs',
    'DescribeImages',
    parameters,
    { resource: about },
    { size: 100, pick: answer => answer.Images?.Image, id: image => image.ImageId },
  );

export function createImages(api: Api, listings: Listings): Images {
  return {
    list: (call, search = '') =>
      listings.page(`images ${search}`, call, async () => {
        const owners = ['system', 'self'];
        const found = await together(
          owners.map(ImageOwnerAlias => readImages(api, call, { ImageOwnerAlias, Status: 'Available' })),
        );
        const wanted = search.toLowerCase();
        const images = new Map(found.flat().map(image => [image.ImageId, toImage(image)]));
        return [...images.values()].filter(
          image => image.architecture !== '' && image.name.toLowerCase().includes(wanted),
        );
      }),
    async get(call, id) {
      const about = { resource, name: id } as const;
      const { Images } = await api.ask<Answer>(
        call,
        'ecs',
        'DescribeImages',
        { ImageId: id, Status: everyStatus },
        about,
      );
      const image = Images?.Image?.find(one => one.ImageId === id);
      if (!image) throw new BaristaError('not_found', `There is no image ${id} in ${api.region}.`);
      return toImage(image);
    },
  };
}
