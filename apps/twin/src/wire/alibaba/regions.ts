/** Regions, zones, what they offer, and the account's own limits. Source: ECS API reference, DescribeRegions, DescribeZones, DescribeAvailableResource. */
import type { Answer, Call } from './call.ts';
import { AliError, invalid } from './errors.ts';
import { instanceTypes, offeredIn } from './instance-type-catalogue.ts';
import { quota } from './quotas.ts';
import { zonesOf } from './site.ts';

const localNames: Readonly<Record<string, string>> = {
  'cn-hangzhou': 'China (Hangzhou)',
  'ap-northeast-2': 'South Korea (Seoul)',
  'ap-southeast-1': 'Singapore',
  'us-east-1': 'US (Virginia)',
};

/** Of every product alike. */
export const describeRegions =
  (product: 'ecs' | 'vpc') =>
  (_call: Call, regions: readonly string[]): Answer => ({
    Regions: {
      Region: regions.map(region => ({
        RegionId: region,
        RegionEndpoint: `${product}.${region}.aliyuncs.com`,
        LocalName: localNames[region] ?? region,
        ...(product === 'ecs' && { Status: 'available' }),
      })),
    },
  });

export const diskCategories = [
  'cloud_efficiency',
  'cloud_ssd',
  'cloud_essd',
  'cloud_auto',
  'cloud_essd_entry',
];

export const describeZones =
  (product: 'ecs' | 'vpc') =>
  ({ site }: Call): Answer => ({
    Zones: {
      Zone: site.zones.map(zone => ({
        ZoneId: zone,
        LocalName: `Zone ${zone.slice(-1).toUpperCase()}`,
        ...(product === 'ecs' && {
          ZoneType: 'AvailabilityZone',
          AvailableResourceCreation: { ResourceTypes: ['VSwitch', 'IoOptimized', 'Instance', 'Disk'] },
          AvailableDiskCategories: { DiskCategories: diskCategories },
          AvailableInstanceTypes: {
            InstanceTypes: instanceTypes.filter(type => offeredIn(type, zone)).map(type => type.name),
          },
          AvailableVolumeCategories: { VolumeCategories: [] },
          DedicatedHostGenerations: { DedicatedHostGeneration: [] },
        }),
      })),
    },
  });

export function describeAvailableResource({ site, params }: Call): Answer {
  const destination = params.required('DestinationResource');
  if (!['Zone', 'IoOptimized', 'InstanceType', 'SystemDisk', 'DataDisk', 'Network'].includes(destination))
    throw new AliError(
      'InvalidDestinationResource',
      'The specified value of parameter DestinationResource is not valid.',
    );
  const zone = params.text('ZoneId');
  if (zone !== undefined && !site.zones.includes(zone))
    throw new AliError('InvalidZoneId.NotFound', 'The specified zone does not exist.', 404);
  const wanted = params.text('InstanceType');
  const cores = params.integer('Cores', 1, 1024);
  const memory = params.text('Memory');
  const supported = (of: string): readonly string[] => {
    if (destination === 'Zone') return [of];
    if (destination === 'IoOptimized') return ['optimized'];
    if (destination === 'Network') return ['vpc'];
    if (destination !== 'InstanceType') return diskCategories;
    return instanceTypes
      .filter(
        type =>
          offeredIn(type, of) &&
          (wanted === undefined || wanted === type.name) &&
          (cores === undefined || cores === type.cpus) &&
          (memory === undefined || Number(memory) === type.memoryGib),
      )
      .map(type => type.name);
  };
  const disk = destination === 'SystemDisk' || destination === 'DataDisk';
  const zones = (zone === undefined ? site.zones : [zone])
    .map(ZoneId => ({ ZoneId, values: supported(ZoneId) }))
    .filter(({ values }) => values.length > 0);
  return {
    AvailableZones: {
      AvailableZone: zones.map(({ ZoneId, values }) => ({
        RegionId: site.region,
        ZoneId,
        Status: 'Available',
        StatusCategory: 'WithStock',
        AvailableResources: {
          AvailableResource: [
            {
              Type: destination,
              SupportedResources: {
                SupportedResource: values.map(Value => ({
                  Value,
                  Status: 'Available',
                  StatusCategory: 'WithStock',
                  ...(disk && { Min: 20, Max: destination === 'SystemDisk' ? 2048 : 32_768, Unit: 'GiB' }),
                })),
              },
            },
          ],
        },
      })),
    },
  };
}

export function describeAccountAttributes({ site, params }: Call): Answer {
  const { cloud } = site;
  const values: Readonly<Record<string, string>> = {
    'instance-network-type': 'vpc',
    'max-security-groups': `${quota(cloud, 'securityGroups')}`,
    'max-elastic-network-interfaces': '50000',
    'supported-postpay-instance-types': 'all',
    'max-postpaid-instance-vcpu-count': `${quota(cloud, 'vcpus')}`,
    'used-postpaid-instance-vcpu-count': `${site.vcpus}`,
    'real-name-authentication': 'none',
  };
  const asked = params.list('AttributeName');
  for (const name of asked)
    if (!Object.hasOwn(values, name))
      throw invalid('InvalidAttributeName', 'The specified parameter AttributeName is not valid.');
  return {
    AccountAttributeItems: {
      AccountAttributeItem: Object.entries(values)
        .filter(([name]) => asked.length === 0 || asked.includes(name))
        .map(([AttributeName, Value]) => ({ AttributeName, AttributeValues: { ValueItem: [{ Value }] } })),
    },
  };
}

export const isZone = (region: string, zone: string): boolean => zonesOf(region).includes(zone);
