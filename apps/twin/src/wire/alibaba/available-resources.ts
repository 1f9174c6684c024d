/** DescribeAvailableResource: what may be made where. Source: ECS API reference. */
import type { Answer, Call } from './call.ts';
import { AliError, invalid, missing } from './errors.ts';
import { categoryOf, diskCategories, sizesOf, type DiskType } from './disk-categories.ts';
import { instanceTypes, offeredIn, typeOf } from './instance-type-catalogue.ts';

const destinations = ['Zone', 'IoOptimized', 'InstanceType', 'SystemDisk', 'DataDisk', 'Network', 'ddh'];

interface Resource {
  value: string;
  least?: number;
  most?: number;
}

const disksOf = (type: DiskType): Resource[] =>
  diskCategories.map(value => {
    const { least, most } = sizesOf(type, value, value === 'cloud_essd' ? 'PL0' : '');
    return { value, least, most };
  });

export function describeAvailableResource({ site, params }: Call): Answer {
  const destination = params.required('DestinationResource');
  if (!destinations.includes(destination))
    throw new AliError(
      'InvalidDestinationResource',
      'The specified value of parameter DestinationResource is not valid.',
    );
  const kind = params.text('ResourceType') ?? 'instance';
  if (!['instance', 'disk', 'reservedinstance', 'ddh'].includes(kind))
    throw invalid('InvalidResourceType.NotSupported', 'The specified ResourceType is not supported.');
  const zone = params.text('ZoneId');
  if (zone !== undefined && !site.zones.includes(zone))
    throw new AliError('InvalidZoneId.NotFound', 'The specified zone does not exist.', 404);
  const wanted = params.text('InstanceType');
  // For an instance, disks depend on the type: the API asks for it.
  if (wanted === undefined && destination === 'SystemDisk' && kind === 'instance')
    throw missing('InstanceType');
  const named = wanted === undefined ? undefined : typeOf(wanted);
  if (wanted !== undefined && !named)
    throw new AliError(
      'InvalidInstanceType.ValueNotSupported',
      'The specified InstanceType does not exist or beyond the permitted range.',
    );
  const category = params.text('SystemDiskCategory') ?? params.text('DataDiskCategory');
  if (category !== undefined && categoryOf(category) === undefined)
    throw invalid('InvalidSystemDiskCategory.ValueNotSupported', 'The specified disk category is not valid.');
  const cores = params.integer('Cores', 1, 1024);
  const memory = params.text('Memory');
  const supported = (of: string): Resource[] => {
    if (named && !offeredIn(named, of)) return [];
    switch (destination) {
      case 'Zone':
        return [{ value: of }];
      case 'IoOptimized':
        return [{ value: 'optimized' }];
      case 'Network':
        return [{ value: 'vpc' }];
      case 'ddh':
        return [];
      case 'SystemDisk':
        return disksOf('system');
      case 'DataDisk':
        return disksOf('data');
    }
    return instanceTypes
      .filter(
        type =>
          offeredIn(type, of) &&
          (named === undefined || named === type) &&
          (cores === undefined || cores === type.cpus) &&
          (memory === undefined || Number(memory) === type.memoryGib),
      )
      .map(type => ({ value: type.name }));
  };
  const zones = (zone === undefined ? site.zones : [zone])
    .map(ZoneId => ({ ZoneId, resources: supported(ZoneId) }))
    .filter(({ resources }) => resources.length > 0);
  return {
    AvailableZones: {
      AvailableZone: zones.map(({ ZoneId, resources }) => ({
        RegionId: site.region,
        ZoneId,
        Status: 'Available',
        StatusCategory: 'WithStock',
        AvailableResources: {
          AvailableResource: [
            {
              Type: destination,
              SupportedResources: {
                SupportedResource: resources.map(({ value, least, most }) => ({
                  Value: value,
                  Status: 'Available',
                  StatusCategory: 'WithStock',
                  ...(least !== undefined && { Min: least, Max: most, Unit: 'GiB' }),
                })),
              },
            },
          ],
        },
      })),
    },
  };
}
