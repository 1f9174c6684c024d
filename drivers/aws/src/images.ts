/**
 * Images: those of Amazon, Canonical, Debian and Rocky, and the account's own. DescribeImages pages in no order, so a listing
 * reads the whole (narrowed by `search`) once and sorts it: driver/listing.ts.
 */
import type { Image as Ami } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Images } from '@cloud-barista/driver/images';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { readImageName, type Image } from '@cloud-barista/model/image';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Ec2 } from './ec2.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { filter } from './tags.ts';

const resource = 'image';

/** The vendors' AWS accounts, as each publishes its own. */
const canonical = '099720109477';
const debian = '136693071363';
const rocky = '792107900819';
const owners = ['self', 'amazon', canonical, debian, rocky];

/** Debian's AMIs make `admin`, unlike its images for other clouds (wiki.debian.org, "Cloud/AmazonEC2Image"). */
const users: Readonly<Record<string, string>> = {
  [canonical]: 'ubuntu',
  [debian]: 'admin',
  [rocky]: 'rocky',
};

const architectures = ['x86_64', 'arm64'] as const;

const isWindows = (ami: Ami) => ami.Platform?.toLowerCase() === 'windows';

export function toImage(ami: Ami): Image {
  const { os, osVersion, user } = readImageName(ami.Name ?? '');
  const root = ami.BlockDeviceMappings?.find(disk => disk.DeviceName === ami.RootDeviceName);
  return {
    id: ami.ImageId ?? '',
    name: ami.Name || (ami.ImageId ?? ''),
    os: os || (isWindows(ami) ? 'windows' : ''),
    osVersion,
    architecture: architectures.find(word => word === ami.Architecture) ?? '',
    // Amazon's Linux, and most images built on it, make ec2-user.
    user: users[ami.OwnerId ?? ''] ?? (user || (isWindows(ami) ? 'Administrator' : 'ec2-user')),
    available: ami.State === 'available',
    created: ami.CreationDate ?? '',
    minDiskGb: root?.Ebs?.VolumeSize ?? 0,
  };
}

/**
 * Wildcard patterns that hold every name with `search` in it, in whatever case: EC2's filters tell cases apart, so letters are
 * tried both ways as far as a filter's 200 values go, and stand as `?` (any one character) behind that. `*`, `?` and `\`
 * are literal behind a backslash. The caller filters again.
 */
export function searchPatterns(search: string): string[] {
  let patterns = [''];
  // A filter's value has at most 255 characters.
  for (const char of search.slice(0, 100)) {
    const [lower, upper] = [char.toLowerCase(), char.toUpperCase()];
    const letter = lower !== upper;
    const ways = /[*?\\]/.test(char)
      ? [`\\${char}`]
      : !letter
        ? [char]
        : patterns.length <= 64
          ? [lower, upper]
          : ['?'];
    patterns = patterns.flatMap(pattern => ways.map(way => pattern + way));
  }
  return patterns.map(pattern => `*${pattern}*`);
}

export function createImages(ec2: Ec2, listings: Listings): Images {
  return {
    list: (call, search = '') =>
      listings.page(`images ${search}`, call, async () => {
        const Filters = [
          filter('image-type', 'machine'),
          filter('state', 'available'),
          filter('architecture', ...architectures),
          ...(search === '' ? [] : [filter('name', ...searchPatterns(search))]),
        ];
        const input = { Owners: owners, Filters, MaxResults: 1000 };
        const amis = await ec2.all(call, 'DescribeImages', input, { resource }, out => out.Images);
        const wanted = search.toLowerCase();
        return amis.map(toImage).filter(image => image.name.toLowerCase().includes(wanted));
      }),
    get: async (call, id) => toImage(await readAmi(ec2, call, id)),
  };
}

async function readAmi(ec2: Ec2, call: Call, id: CloudId): Promise<Ami> {
  const { Images = [] } = await ec2.ask(call, 'DescribeImages', { ImageIds: [id] }, { resource, name: id });
  const [ami] = Images;
  if (!ami) throw new BaristaError('not_found', `There is no image ${id} in ${ec2.region}.`);
  return ami;
}

/** The name under which an image's root disk is attached, e.g. /dev/sda1. It never changes, so it is asked for once. */
export type RootDevices = (call: Call, image: CloudId) => Promise<string>;

export function createRootDevices(ec2: Ec2): RootDevices {
  const known = new Map<CloudId, Promise<string>>();
  return async function rootDevice(call, image) {
    const asked = known.get(image);
    const name = asked ?? readAmi(ec2, call, image).then(ami => ami.RootDeviceName ?? '/dev/sda1');
    if (!asked) known.set(image, name);
    try {
      return await name;
    } catch (error) {
      known.delete(image);
      // Whoever asked first was cancelled, or ran out of time: that is not our failure.
      if (asked && !call.signal.aborted && hasCode(error, 'cancelled', 'deadline_exceeded'))
        return rootDevice(call, image);
      throw error;
    }
  };
}
