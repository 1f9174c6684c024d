/** Regions, zones and what they offer. Source: ECS and VPC API references: DescribeRegions, DescribeZones. */
import type { Answer, Call } from './call.ts';
import { invalid } from './errors.ts';
import { diskCategories } from './disk-categories.ts';
import { instanceTypes, offeredIn } from './instance-type-catalogue.ts';
import type { Params } from './params.ts';
import { regionName, zoneName, type Language } from './region-catalogue.ts';
import { quota } from './quotas.ts';

type Product = 'ecs' | 'vpc';

/** Chinese where the caller asks for nothing. */
function readLanguage(params: Params): Language {
  const language = params.text('AcceptLanguage')?.toLowerCase() ?? 'zh-cn';
  if (language === 'zh-cn') return 'zh-CN';
  if (language === 'ja' || language === 'ja-jp') return 'ja';
  if (language.startsWith('en')) return 'en-US';
  throw invalid('InvalidParameter', 'The specified parameter "AcceptLanguage" is not valid.');
}

/** Of a call that names no region. */
export const describeRegions =
  (product: Product) =>
  ({ params }: Pick<Call, 'params'>, regions: readonly string[]): Answer => {
    const language = readLanguage(params);
    return {
      Regions: {
        Region: regions.map(region => ({
          RegionId: region,
          RegionEndpoint: `${product}.${region}.aliyuncs.com`,
          LocalName: regionName(region, language),
          ...(product === 'ecs' && { Status: 'available' }),
        })),
      },
    };
  };

const offers = (zone: string): string[] =>
  instanceTypes.filter(type => offeredIn(type, zone)).map(type => type.name);

export const describeZones =
  (product: Product) =>
  ({ site, params }: Call): Answer => {
    const language = readLanguage(params);
    const zoneType = params.text('ZoneType') ?? 'AvailabilityZone';
    const charge = params.text('InstanceChargeType') ?? params.text('SpotStrategy');
    if (
      charge !== undefined &&
      !/^(?:PrePaid|PostPaid|NoSpot|SpotWithPriceLimit|SpotAsPriceGo)$/.test(charge)
    )
      throw invalid('InvalidParameter', 'The specified InstanceChargeType or SpotStrategy is not valid.');
    const verbose = params.boolean('Verbose') ?? true;
    const zones = zoneType === 'AvailabilityZone' ? site.zones : [];
    if (product === 'vpc')
      return {
        Zones: {
          Zone: zones.map(zone => ({
            ZoneId: zone,
            LocalName: zoneName(site.region, zone, language),
            ZoneType: 'AvailabilityZone',
          })),
        },
      };
    return {
      Zones: {
        Zone: zones.map(zone => ({
          ZoneId: zone,
          LocalName: zoneName(site.region, zone, language),
          ZoneType: 'AvailabilityZone',
          AvailableResourceCreation: { ResourceTypes: ['VSwitch', 'IoOptimized', 'Instance', 'Disk'] },
          AvailableDiskCategories: { DiskCategories: diskCategories },
          AvailableInstanceTypes: { InstanceTypes: offers(zone) },
          AvailableVolumeCategories: { VolumeCategories: [] },
          AvailableDedicatedHostTypes: { DedicatedHostType: [] },
          DedicatedHostGenerations: { DedicatedHostGeneration: [] },
          AvailableResources: {
            ResourcesInfo: verbose
              ? [
                  {
                    IoOptimized: true,
                    InstanceTypes: { supportedInstanceType: offers(zone) },
                    InstanceTypeFamilies: {
                      supportedInstanceTypeFamily: [
                        ...new Set(
                          instanceTypes.filter(type => offeredIn(type, zone)).map(type => type.family),
                        ),
                      ],
                    },
                    SystemDiskCategories: { supportedSystemDiskCategory: diskCategories },
                    DataDiskCategories: { supportedDataDiskCategory: diskCategories },
                    NetworkTypes: { supportedNetworkCategory: ['vpc'] },
                    InstanceGenerations: { supportedInstanceGeneration: ['ecs-4', 'ecs-5', 'ecs-6'] },
                  },
                ]
              : [],
          },
        })),
      },
    };
  };

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
