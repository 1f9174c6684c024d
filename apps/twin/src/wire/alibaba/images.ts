/** DescribeImages: all accounts share the system images; nobody has one of their own here. */
import type { Answer, Call } from './call.ts';
import { AliError } from './errors.ts';
import { images, type Image } from './image-catalogue.ts';
import { typeOf } from './instance-type-catalogue.ts';
import { like, page } from './pages.ts';

const views = new Map<Image, Answer>();
function view(image: Image): Answer {
  let made = views.get(image);
  if (!made) {
    const day = `${image.date.slice(0, 4)}-${image.date.slice(4, 6)}-${image.date.slice(6)}`;
    made = {
      ImageId: image.id,
      ImageName: image.id,
      ImageFamily: image.family,
      ImageVersion: '',
      ImageOwnerAlias: 'system',
      OSName: image.osName,
      OSNameEn: image.osName,
      OSType: image.osType,
      Platform: image.platform,
      Architecture: image.architecture,
      BootMode: image.architecture === 'arm64' ? 'UEFI' : 'BIOS',
      Size: image.sizeGib,
      Status: 'Available',
      Progress: '100%',
      Usage: 'instance',
      CreationTime: `${day}T06:00:00Z`,
      Description: '',
      ProductCode: '',
      IsPublic: true,
      IsSelfShared: '',
      IsCopied: false,
      IsSubscribed: false,
      IsSupportCloudinit: true,
      IsSupportIoOptimized: true,
      LoginAsNonRootSupported: image.osType === 'linux',
      ResourceGroupId: '',
      DiskDeviceMappings: { DiskDeviceMapping: [] },
      Tags: { Tag: [] },
    };
    views.set(image, made);
  }
  return made;
}

export function describeImages({ params, site }: Call): Answer {
  const ids = params.text('ImageId')?.split(',');
  const owner = params.text('ImageOwnerAlias');
  if (owner !== undefined && !['system', 'self', 'others', 'marketplace'].includes(owner))
    throw new AliError('InvalidImageOwnerAlias', 'The specified ImageOwnerAlias is not valid.');
  const status = params.text('Status')?.split(',') ?? ['Available'];
  const name = like(params.text('ImageName'));
  const osType = params.text('OSType');
  const architecture = params.text('Architecture');
  const family = params.text('ImageFamily');
  const typeName = params.text('InstanceType');
  const type = typeName === undefined ? undefined : typeOf(typeName);
  if (typeName !== undefined && !type)
    throw new AliError('InvalidInstanceType.NotFound', 'The specified InstanceType does not exist.', 404);
  const tagged = params.objects('Tag').length > 0;
  const all =
    tagged || !status.includes('Available') || (owner !== undefined && owner !== 'system')
      ? []
      : images.filter(
          image =>
            (!ids || ids.includes(image.id)) &&
            name(image.id) &&
            (osType === undefined || osType === image.osType) &&
            (architecture === undefined || architecture === image.architecture) &&
            (family === undefined || family === image.family) &&
            (!type || (type.architecture === 'ARM') === (image.architecture === 'arm64')),
        );
  const { records, members } = page(params, all, 100);
  return { RegionId: site.region, ...members, Images: { Image: records.map(view) } };
}
