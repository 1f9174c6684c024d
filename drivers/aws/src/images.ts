/**
 * Images: those of Amazon, Canonical, Debian and Rocky, and the account's own. DescribeImages pages in no order, so a listing
 * reads the whole (narrowed by `search`) once and sorts it: driver/listing.ts.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { createShared } from '@cloud-barista/driver/shared';
import type { BlockDeviceMapping, DescribeImagesCommandInput, Image as Ami } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Images } from '@cloud-barista/driver/images';
import { BaristaError } from '@cloud-barista/model/errors';
import { readImageName, type Image } from '@cloud-barista/model/image';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { About, Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { filter } from './marks.ts';

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

export const rootOf = (ami: Ami): BlockDeviceMapping | undefined =>
  ami.BlockDeviceMappings?.find(disk => disk.DeviceName === ami.RootDeviceName);

export function toImage(ami: Ami): Image {
  const { os, osVersion, user } = readImageName(ami.Name ?? '');
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
    minDiskGb: rootOf(ami)?.Ebs?.VolumeSize ?? 0,
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

/** The last hexadecimal digit of an image's id, in eight groups of about one size (any filter takes wildcards: "Filter using the API", EC2 User Guide). */
const endings = ['01', '23', '45', '67', '89', 'ab', 'cd', 'ef'].map(digits =>
  Array.from(digits, digit => `ami-*${digit}`),
);

export function createImages(ec2: Ec2, listings: Listings): Images {
  /** Tens of thousands: as a page leads only to the next, eight rows of pages are read at once. */
  async function inRows(call: Call, input: DescribeImagesCommandInput): Promise<Ami[]> {
    const rows = endings.map(ids => {
      const Filters = [...(input.Filters ?? []), filter('image-id', ...ids)];
      return ec2.all(call, 'DescribeImages', { ...input, Filters }, { resource }, out => out.Images);
    });
    return (await together(rows)).flat();
  }

  return {
    list: (call, search = '') =>
      listings.page(`images ${search}`, call, async () => {
        const input = {
          Owners: owners,
          Filters: [
            filter('image-type', 'machine'),
            filter('state', 'available'),
            filter('architecture', ...architectures),
            ...(search === '' ? [] : [filter('name', ...searchPatterns(search))]),
          ],
          // As many as it gives at once ("DescribeImages", MaxResults).
          MaxResults: 1000,
        };
        const { Images = [], NextToken } = await ec2.ask(call, 'DescribeImages', input, { resource });
        const amis = NextToken ? await inRows(call, input) : Images;
        const wanted = search.toLowerCase();
        return amis.map(toImage).filter(image => image.name.toLowerCase().includes(wanted));
      }),
    get: async (call, id) => toImage(await readAmi(ec2, call, id)),
  };
}

/** `owners` narrows whose it may be. */
export async function readAmi(
  ec2: Ec2,
  call: Call,
  id: CloudId,
  about: About = { resource, name: id },
  owners: string[] = [],
): Promise<Ami> {
  const input = { ImageIds: [id], ...(owners.length > 0 && { Owners: owners }) };
  try {
    const { Images = [] } = await ec2.ask(call, 'DescribeImages', input, about);
    const [ami] = Images;
    if (ami && ami.State !== 'deregistered') return ami;
  } catch (error) {
    // EC2's word for an image that has been deregistered.
    if (!says(error, 'InvalidAMIID.Unavailable')) throw error;
  }
  throw new BaristaError('not_found', `There is no image ${id} in ${ec2.region}.`);
}

/** The name under which an image's root disk is attached, e.g. /dev/sda1. It never changes, so it is asked for once. */
export type RootDevices = (call: Call, image: CloudId) => Promise<string>;

export function createRootDevices(ec2: Ec2): RootDevices {
  const shared = createShared(
    Infinity,
    async (image, signal) => (await readAmi(ec2, { signal }, cloudId(image))).RootDeviceName ?? '/dev/sda1',
  );
  return ({ signal }, image) => shared.get(image, signal);
}
