/** Sizes, SKUs and usages as they are listed. Source: Compute REST API: Virtual Machine Sizes, Resource Skus, Usage. */
import { used } from '../account.ts';
import { ok, param, type Call, type Reply } from '../call.ts';
import { ArmError, badRequest } from '../errors.ts';
import { familyQuota, quota } from '../quotas.ts';
import { plainLocation, regionOf } from '../regions.ts';
import { route, type Route } from '../router.ts';
import { isRestricted, sizes, type Size } from './sizes.ts';

export function locationOf(call: Call): string {
  const given = param(call, 1);
  const location = plainLocation(given);
  const { regions } = call.account.cloud;
  if (regions.includes(location)) return location;
  throw new ArmError(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${given}' and API version '${call.apiVersion}' for type 'locations'. The supported api-versions are '${call.apiVersion}'. The supported locations are '${regions.join(', ')}'.`,
  );
}

export const sizeView = (size: Size) => ({
  name: size.name,
  numberOfCores: size.vcpus,
  osDiskSizeInMB: 1_047_552,
  resourceDiskSizeInMB: size.resourceDiskMb,
  memoryInMB: size.memoryGb * 1024,
  maxDataDiskCount: size.maxDataDisks,
});

function skuView(size: Size, location: string) {
  const { zones } = regionOf(location);
  const capabilities: Record<string, string | number | boolean> = {
    MaxResourceVolumeMB: size.resourceDiskMb,
    OSVhdSizeMB: 1_047_552,
    vCPUs: size.vcpus,
    MemoryPreservingMaintenanceSupported: size.gpus === 0,
    HyperVGenerations: size.generations.join(','),
    MemoryGB: size.memoryGb,
    MaxDataDiskCount: size.maxDataDisks,
    CpuArchitectureType: size.architecture,
    LowPriorityCapable: true,
    PremiumIO: size.premium,
    VMDeploymentTypes: 'IaaS',
    vCPUsAvailable: size.vcpus,
    ...(size.gpus > 0 && { GPUs: size.gpus }),
    vCPUsPerCore: size.vcpus > 1 && size.architecture === 'x64' ? 2 : 1,
    EphemeralOSDiskSupported: size.resourceDiskMb > 0,
    EncryptionAtHostSupported: true,
    AcceleratedNetworkingEnabled: size.accelerated,
    RdmaEnabled: false,
    MaxNetworkInterfaces: size.maxNics,
  };
  const word = (value: string | number | boolean) =>
    typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
  return {
    resourceType: 'virtualMachines',
    name: size.name,
    tier: 'Standard',
    size: size.name.slice('Standard_'.length),
    family: size.family,
    locations: [location],
    locationInfo: [{ location, zones, zoneDetails: [] }],
    capabilities: Object.entries(capabilities).map(([name, value]) => ({ name, value: word(value) })),
    restrictions: isRestricted(size, location)
      ? [
          {
            type: 'Location',
            values: [location],
            restrictionInfo: { locations: [location] },
            reasonCode: 'NotAvailableForSubscription',
          },
        ]
      : [],
  };
}

const diskSku = (name: string, location: string) => ({
  resourceType: 'disks',
  name,
  tier: name.split('_')[0],
  size: 'P10',
  locations: [location],
  locationInfo: [{ location, zones: regionOf(location).zones, zoneDetails: [] }],
  capabilities: [{ name: 'MaxSizeGiB', value: '128' }],
  restrictions: [],
});

function skus(call: Call): Reply {
  const filter = call.query.get('$filter');
  let locations: readonly string[] = call.account.cloud.regions;
  if (filter !== undefined) {
    const asked = /^\s*location\s+eq\s+'([^']*)'\s*$/i.exec(filter)?.[1];
    if (asked === undefined)
      throw badRequest(
        'InvalidParameter',
        `The $filter '${filter}' is not supported: only location eq '{location}'.`,
      );
    const location = plainLocation(asked);
    locations = locations.filter(each => each === location);
  }
  return ok({
    value: locations.flatMap(location => [
      ...['Standard_LRS', 'StandardSSD_LRS', 'Premium_LRS'].map(name => diskSku(name, location)),
      ...sizes.map(size => skuView(size, location)),
    ]),
  });
}

function usages(call: Call): Reply {
  const location = locationOf(call);
  const { account } = call;
  const one = (value: string, localizedValue: string, limit: number) => ({
    limit,
    unit: 'Count',
    currentValue: used(account, location, value),
    name: { value, localizedValue },
  });
  return ok({
    value: [
      one('cores', 'Total Regional vCPUs', quota(account.cloud, 'cores')),
      one('virtualMachines', 'Virtual Machines', quota(account.cloud, 'virtualMachines')),
      ...[...new Set(sizes.map(size => size.family))].map(family =>
        one(family, `${family} vCPUs`, familyQuota(account.cloud, family)),
      ),
    ],
  });
}

const place = '/subscriptions/{}/providers/Microsoft.Compute' as const;
export const sizeRoutes: readonly Route[] = [
  route('VirtualMachineSizes_List', `GET ${place}/locations/{}/vmSizes`, call => {
    locationOf(call);
    return ok({ value: sizes.map(sizeView) });
  }),
  route('ResourceSkus_List', `GET ${place}/skus`, skus),
  route('Usage_List', `GET ${place}/locations/{}/usages`, usages),
];
