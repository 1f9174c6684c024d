/** DescribeImages. Source: EC2 API reference, DescribeImages: owners are account ids, `self`, `amazon` or `aws-marketplace`. */
import type { Call } from './call.ts';
import { filterAll, page } from './filters.ts';
import type { Image } from './image-catalogue.ts';
import { checkId, notFound } from './ids.ts';
import { disksOf } from './launch-disks.ts';
import type { OwnImage, Tags } from './records.ts';
import type { AwsSite } from './site.ts';
import { tagSet } from './tags.ts';
import { escape, Printed, type Members, type Xml } from './xml.ts';

/** An image of the catalogue, or one of the account's own; both may have the account's tags. */
type Listed = (Image | OwnImage) & { readonly tags?: Tags };

const isOwn = (image: Listed): image is OwnImage => 'captured' in image;
const stateOf = (image: Listed): string => (isOwn(image) ? image.state : 'available');

/** AWS sets it two years after the creation of a public image. */
const deprecation = (image: Listed): string | undefined =>
  isOwn(image) ? undefined : `${Number(image.created.slice(0, 4)) + 2}${image.created.slice(4)}`;

const location = (image: Listed) => `${image.ownerAlias ?? image.owner}/${image.name}`;

export function imageView(image: Listed): Members {
  const own = isOwn(image) ? image : undefined;
  return {
    imageId: image.id,
    imageLocation: location(image),
    imageState: stateOf(image),
    imageOwnerId: image.owner,
    creationDate: image.created,
    isPublic: !own,
    architecture: image.architecture,
    imageType: 'machine',
    platform: image.platform,
    platformDetails: image.platformDetails,
    usageOperation: image.usageOperation,
    enaSupport: true,
    sriovNetSupport: 'simple',
    imageOwnerAlias: image.ownerAlias,
    name: image.name,
    description: image.description,
    rootDeviceType: 'ebs',
    rootDeviceName: image.rootDevice,
    blockDeviceMapping: disksOf(image).map(disk => ({
      deviceName: disk.device,
      ebs: {
        snapshotId: disk.snapshot,
        volumeSize: disk.sizeGib,
        deleteOnTermination: disk.deleteOnTermination,
        volumeType: disk.type,
        // Publishers leave the figures to the volume's type.
        iops: own && disk.type !== 'gp2' ? disk.iops : undefined,
        throughput: own && disk.throughput,
        encrypted: disk.encrypted,
      },
    })),
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    bootMode: image.bootMode,
    deprecationTime: deprecation(image),
    sourceInstanceId: own?.sourceInstance,
    sourceImageId: own?.sourceImage,
    tagSet: image.tags && tagSet(image.tags),
  };
}

const [likeAll, hypervisor] = [
  '<enaSupport>true</enaSupport><sriovNetSupport>simple</sriovNetSupport>',
  '<virtualizationType>hvm</virtualizationType><hypervisor>xen</hypervisor>',
];

/** The same as `printMembers(imageView(image))`, several times as fast: catalogues have thousands. */
export function printImage(image: Image): string {
  const { rootDevice, platform, ownerAlias } = image;
  const name = escape(image.name);
  return `<imageId>${image.id}</imageId><imageLocation>${ownerAlias ?? image.owner}/${name}</imageLocation><imageState>available</imageState><imageOwnerId>${image.owner}</imageOwnerId><creationDate>${image.created}</creationDate><isPublic>true</isPublic><architecture>${image.architecture}</architecture><imageType>machine</imageType>${platform === undefined ? '' : `<platform>${platform}</platform>`}<platformDetails>${image.platformDetails}</platformDetails><usageOperation>${image.usageOperation}</usageOperation>${likeAll}${ownerAlias === undefined ? '' : `<imageOwnerAlias>${ownerAlias}</imageOwnerAlias>`}<name>${name}</name><description>${escape(image.description)}</description><rootDeviceType>ebs</rootDeviceType><rootDeviceName>${rootDevice}</rootDeviceName><blockDeviceMapping><item><deviceName>${rootDevice}</deviceName><ebs><snapshotId>${image.snapshot}</snapshotId><volumeSize>${image.rootGib}</volumeSize><deleteOnTermination>true</deleteOnTermination><volumeType>${image.rootType}</volumeType><encrypted>false</encrypted></ebs></item></blockDeviceMapping>${hypervisor}<bootMode>${image.bootMode}</bootMode><deprecationTime>${deprecation(image) ?? ''}</deprecationTime>`;
}

const shown = (image: Listed): Xml =>
  isOwn(image) || image.tags ? imageView(image) : new Printed(printImage(image));

const imageFilters = {
  architecture: (image: Listed) => image.architecture,
  'block-device-mapping.delete-on-termination': (image: Listed) =>
    disksOf(image).map(disk => `${disk.deleteOnTermination}`),
  'block-device-mapping.device-name': (image: Listed) => disksOf(image).map(disk => disk.device),
  'block-device-mapping.encrypted': (image: Listed) => disksOf(image).map(disk => `${disk.encrypted}`),
  'block-device-mapping.snapshot-id': (image: Listed) => disksOf(image).map(disk => disk.snapshot),
  'block-device-mapping.volume-size': (image: Listed) => disksOf(image).map(disk => `${disk.sizeGib}`),
  'block-device-mapping.volume-type': (image: Listed) => disksOf(image).map(disk => disk.type),
  'boot-mode': (image: Listed) => image.bootMode,
  'creation-date': (image: Listed) => image.created,
  description: (image: Listed) => image.description,
  'ena-support': () => true,
  hypervisor: () => 'xen',
  'image-id': (image: Listed) => image.id,
  'image-type': () => 'machine',
  'is-public': (image: Listed) => !isOwn(image),
  'manifest-location': location,
  name: (image: Listed) => image.name,
  'owner-alias': (image: Listed) => image.ownerAlias,
  'owner-id': (image: Listed) => image.owner,
  platform: (image: Listed) => image.platform,
  'platform-details': (image: Listed) => image.platformDetails,
  'root-device-name': (image: Listed) => image.rootDevice,
  'root-device-type': () => 'ebs',
  'source-image-id': (image: Listed) => (isOwn(image) ? image.sourceImage : undefined),
  'source-instance-id': (image: Listed) => (isOwn(image) ? image.sourceInstance : undefined),
  state: stateOf,
  'usage-operation': (image: Listed) => image.usageOperation,
  'virtualization-type': () => 'hvm',
};

/** The images with those ids, or all: the catalogue's first. */
function chosen(site: AwsSite, ids: readonly string[]): Listed[] {
  const tagged = (image: Image): Listed => {
    const tags = site.imageTags.get(image.id);
    return tags ? { ...image, tags } : image;
  };
  if (ids.length === 0) {
    const all: Listed[] =
      site.imageTags.size === 0 ? [...site.images.values()] : [...site.images.values()].map(tagged);
    return site.ownImages.size === 0 ? all : [...all, ...site.ownImages.values()];
  }
  const unknown: string[] = [];
  const found = new Map<string, Listed>();
  for (const id of ids) {
    const image = site.images.get(id);
    const own = site.ownImages.get(id);
    if (image) found.set(id, tagged(image));
    else if (own) found.set(id, own);
    else {
      checkId('image', id);
      unknown.push(id);
    }
  }
  if (unknown.length > 0) throw notFound('image', ...unknown);
  return [...found.values()].sort((a, b) => a.n - b.n);
}

export function describeImages({ site, params }: Call): Members {
  const owners = params.texts('Owner');
  const runners = params.texts('ExecutableBy');
  const visible = chosen(site, params.texts('ImageId')).filter(image => {
    // Nobody has launch permissions by name: `all` finds what is public, an account's id nothing.
    if (runners.length > 0 && (isOwn(image) || !runners.includes('all'))) return false;
    if (owners.length === 0) return true;
    return (
      owners.includes(image.owner) ||
      (isOwn(image) && owners.includes('self')) ||
      (image.ownerAlias !== undefined && owners.includes(image.ownerAlias))
    );
  });
  const rule = { least: 1, most: 1000, not: 'ImageId' };
  const { records, nextToken } = page(
    params,
    'DescribeImages',
    filterAll(params, imageFilters, visible),
    rule,
  );
  return { imagesSet: records.map(shown), nextToken };
}
