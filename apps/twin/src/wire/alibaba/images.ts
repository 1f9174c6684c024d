/** DescribeImages: the system images, which all accounts share, and the account's own. Source: ECS API reference. */
import type { Answer, Call } from './call.ts';
import { progressOf } from './disk-life.ts';
import { AliError, invalid, notFound } from './errors.ts';
import { catalogueOf, type Image, type SystemImage } from './image-catalogue.ts';
import { typeOf } from './instance-type-catalogue.ts';
import { like, page, second } from './pages.ts';
import type { CustomImage, Tags } from './records.ts';
import { noTags } from './records.ts';
import { ecsTags, tagFilter } from './tags.ts';
import { resourceGroup } from './vpcs.ts';

/** An image of the catalogue or of the account. InvalidImageId.NotFound, IncorrectImageStatus. */
export function imageNamed(
  { site, world }: Call,
  id: string,
): { image: Image; custom: CustomImage | undefined } {
  const system = catalogueOf(site.cloud).byId.get(id);
  if (system) return { image: system, custom: undefined };
  const custom = site.images.get(id);
  if (!custom) throw notFound('InvalidImageId.NotFound', 'ImageId');
  if (world.now() < custom.readyAt)
    throw new AliError(
      'IncorrectImageStatus',
      'The current status of the specified image does not support this operation.',
      403,
    );
  return { image: custom, custom };
}

const common = (image: Image): Answer => ({
  ImageId: image.id,
  ImageFamily: image.family,
  OSName: image.osName,
  OSNameEn: image.osName,
  OSType: image.osType,
  Platform: image.platform,
  Architecture: image.architecture,
  BootMode: image.architecture === 'arm64' ? 'UEFI' : 'BIOS',
  Size: image.sizeGib,
  ProductCode: '',
  IsSelfShared: '',
  IsCopied: false,
  IsSubscribed: false,
  IsSupportCloudinit: true,
  IsSupportIoOptimized: true,
  LoginAsNonRootSupported: image.osType === 'linux',
});

function systemView(image: SystemImage): Answer {
  const day = `${image.date.slice(0, 4)}-${image.date.slice(4, 6)}-${image.date.slice(6)}`;
  return {
    ...common(image),
    ImageName: image.id,
    ImageVersion: '',
    ImageOwnerAlias: 'system',
    ImageOwnerId: 0,
    Status: 'Available',
    Progress: '100%',
    Usage: 'instance',
    CreationTime: `${day}T06:00:00Z`,
    Description: '',
    IsPublic: true,
    ResourceGroupId: '',
    DiskDeviceMappings: { DiskDeviceMapping: [] },
    Tags: { Tag: [] },
  };
}

export const isImageUsed = ({ site }: Call, image: Image): boolean => {
  for (const instance of site.instances.values()) if (instance.image === image) return true;
  return false;
};

function customView(call: Call, image: CustomImage): Answer {
  const now = call.world.now();
  const progress = progressOf(image, now);
  return {
    ...common(image),
    ImageName: image.name,
    ImageVersion: image.version,
    ImageOwnerAlias: 'self',
    ImageOwnerId: Number(call.site.cloud.credentials['accountId'] ?? 0),
    Status: now < image.readyAt ? 'Creating' : 'Available',
    Progress: progress,
    Usage: isImageUsed(call, image) ? 'instance' : 'none',
    CreationTime: second(image.createdAt),
    Description: image.description,
    IsPublic: false,
    ResourceGroupId: resourceGroup,
    DiskDeviceMappings: {
      DiskDeviceMapping: image.mappings.map(each => ({
        Device: each.device,
        Type: each.type,
        Size: `${each.sizeGib}`,
        SnapshotId: each.snapshot?.id ?? '',
        Format: '',
        ImportOSSBucket: '',
        ImportOSSObject: '',
        Progress: progress,
        RemainTime: 0,
        Encrypted: false,
      })),
    },
    Tags: ecsTags(image.tags),
  };
}

const statuses = ['Creating', 'Waiting', 'Available', 'UnAvailable', 'CreateFailed', 'Deprecated'];
const isCustom = (image: Image): image is CustomImage => 'custom' in image;
const tagsOf = (image: Image): Tags => (isCustom(image) ? image.tags : noTags);
const nameOf = (image: Image): string => (isCustom(image) ? image.name : image.id);

export function describeImages(call: Call): Answer {
  const { params, site, world } = call;
  const owner = params.text('ImageOwnerAlias');
  if (owner !== undefined && !['system', 'self', 'others', 'marketplace'].includes(owner))
    throw new AliError(
      'InvalidImageOwnerAlias.ValueNotSupported',
      'The specified ImageOwnerAlias is not valid.',
    );
  const status = params.text('Status')?.split(',') ?? ['Available'];
  if (status.some(each => !statuses.includes(each)))
    throw invalid('InvalidStatus.ValueNotSupported', 'The specified Status is not valid.');
  const ids = params.text('ImageId')?.split(',');
  if (ids && ids.length > 100)
    throw invalid('InvalidParameter.ImageId', 'The number of the specified ImageIds exceeds 100.');
  const tests: ((image: Image) => boolean)[] = [];
  const same = (field: string, of: (image: Image) => string) => {
    const wanted = params.text(field);
    if (wanted !== undefined) tests.push(image => of(image) === wanted);
  };
  const name = params.text('ImageName');
  if (name !== undefined) {
    const matches = like(name);
    tests.push(image => matches(nameOf(image)));
  }
  same('OSType', image => image.osType);
  same('Architecture', image => image.architecture);
  same('ImageFamily', image => image.family);
  const typeName = params.text('InstanceType');
  if (typeName !== undefined) {
    const type = typeOf(typeName);
    if (!type)
      throw new AliError('InvalidInstanceType.NotFound', 'The specified InstanceType does not exist.', 404);
    tests.push(image => (type.architecture === 'ARM') === (image.architecture === 'arm64'));
  }
  if (params.objects('Tag').length > 0) {
    const has = tagFilter(params);
    tests.push(image => has({ tags: tagsOf(image) }));
  }
  const snapshot = params.text('SnapshotId');
  if (snapshot !== undefined)
    tests.push(image => isCustom(image) && image.mappings.some(each => each.snapshot?.id === snapshot));
  const usage = params.text('Usage');
  if (usage !== undefined)
    tests.push(image => (isCustom(image) && !isImageUsed(call, image) ? 'none' : 'instance') === usage);
  const open = params.boolean('IsPublic');
  if (open !== undefined) tests.push(image => isCustom(image) !== open);

  const { images, byId } = catalogueOf(site.cloud);
  const now = world.now();
  const candidates: Image[] = [];
  if ((owner ?? 'system') === 'system' && status.includes('Available'))
    candidates.push(...(ids ? ids.map(id => byId.get(id)).filter(each => each !== undefined) : images));
  if ((owner ?? 'self') === 'self')
    for (const image of site.images.values())
      if ((!ids || ids.includes(image.id)) && status.includes(now < image.readyAt ? 'Creating' : 'Available'))
        candidates.push(image);
  const all = tests.length === 0 ? candidates : candidates.filter(image => tests.every(test => test(image)));
  const { records, members } = page(params, all, 100);
  return {
    RegionId: site.region,
    ...members,
    Images: {
      Image: records.map(image =>
        isCustom(image) ? customView(call, image) : systemView(image as SystemImage),
      ),
    },
  };
}
