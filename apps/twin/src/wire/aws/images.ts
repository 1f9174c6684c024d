/** DescribeImages. Source: EC2 API reference, DescribeImages: owners are account ids, `self`, `amazon` or `aws-marketplace`. */
import type { Call } from './call.ts';
import { filterAll, page } from './filters.ts';
import type { Image } from './image-catalogue.ts';
import { select } from './ids.ts';
import type { Members } from './xml.ts';

/** AWS sets it two years after the creation. */
const deprecation = (image: Image): string =>
  `${Number(image.created.slice(0, 4)) + 2}${image.created.slice(4)}`;

const location = (image: Image) => `${image.ownerAlias ?? image.owner}/${image.name}`;

function imageView(image: Image): Members {
  return {
    imageId: image.id,
    imageLocation: location(image),
    imageState: 'available',
    imageOwnerId: image.owner,
    creationDate: image.created,
    isPublic: true,
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
    blockDeviceMapping: [
      {
        deviceName: image.rootDevice,
        ebs: {
          snapshotId: image.snapshot,
          volumeSize: image.rootGib,
          deleteOnTermination: true,
          volumeType: image.rootType,
          encrypted: false,
        },
      },
    ],
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    bootMode: image.bootMode,
    deprecationTime: deprecation(image),
  };
}

const imageFilters = {
  architecture: (image: Image) => image.architecture,
  'block-device-mapping.delete-on-termination': () => true,
  'block-device-mapping.device-name': (image: Image) => image.rootDevice,
  'block-device-mapping.encrypted': () => false,
  'block-device-mapping.snapshot-id': (image: Image) => image.snapshot,
  'block-device-mapping.volume-size': (image: Image) => image.rootGib,
  'block-device-mapping.volume-type': (image: Image) => image.rootType,
  'boot-mode': (image: Image) => image.bootMode,
  'creation-date': (image: Image) => image.created,
  description: (image: Image) => image.description,
  'ena-support': () => true,
  hypervisor: () => 'xen',
  'image-id': (image: Image) => image.id,
  'image-type': () => 'machine',
  'is-public': () => true,
  'manifest-location': location,
  name: (image: Image) => image.name,
  'owner-alias': (image: Image) => image.ownerAlias,
  'owner-id': (image: Image) => image.owner,
  platform: (image: Image) => image.platform,
  'platform-details': (image: Image) => image.platformDetails,
  'root-device-name': (image: Image) => image.rootDevice,
  'root-device-type': () => 'ebs',
  state: () => 'available',
  'usage-operation': (image: Image) => image.usageOperation,
  'virtualization-type': () => 'hvm',
};

export function describeImages({ site, params }: Call): Members {
  const owners = params.texts('Owner');
  const self = params.texts('ExecutableBy').includes('self');
  const visible = select(site.images, 'image', params.texts('ImageId')).filter(image => {
    // All are public and none is the account's own: `self` finds nothing.
    if (self) return false;
    if (owners.length === 0) return true;
    return (
      owners.includes(image.owner) || (image.ownerAlias !== undefined && owners.includes(image.ownerAlias))
    );
  });
  const rule = { least: 1, most: 1000, not: 'ImageId' };
  const { records, nextToken } = page(
    params,
    'DescribeImages',
    filterAll(params, imageFilters, visible),
    rule,
  );
  return { imagesSet: records.map(imageView), nextToken };
}
