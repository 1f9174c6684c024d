/** Sizes, SKUs and usages as they are listed. Source: Compute REST API: Virtual Machine Sizes, Resource Skus, Usage. */
import { used } from '../account.ts';
import { ok, param, type Call, type Reply } from '../call.ts';
import { ArmError, badRequest } from '../errors.ts';
import { familyQuota, quota } from '../quotas.ts';
import { plainLocation, regionOf } from '../regions.ts';
import { route, type Route } from '../router.ts';
import { diskCounters, diskSkus, largest, stepsOf, type DiskSku } from './disk-skus.ts';
import { isRestricted, sizes, zonesOf, type Size } from './sizes.ts';

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

const word = (value: string | number | boolean) =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
const capabilitiesOf = (held: Readonly<Record<string, string | number | boolean>>) =>
  Object.entries(held).map(([name, value]) => ({ name, value: word(value) }));

const notForYou = (location: string, zones: readonly string[]) => [
  {
    type: 'Location',
    values: [location],
    restrictionInfo: { locations: [location] },
    reasonCode: 'NotAvailableForSubscription',
  },
  ...(zones.length > 0
    ? [
        {
          type: 'Zone',
          values: [location],
          restrictionInfo: { locations: [location], zones },
          reasonCode: 'NotAvailableForSubscription',
        },
      ]
    : []),
];

function skuView(size: Size, location: string) {
  const zones = zonesOf(size, regionOf(location).zones);
  return {
    resourceType: 'virtualMachines',
    name: size.name,
    tier: 'Standard',
    size: size.name.slice('Standard_'.length),
    family: size.family,
    locations: [location],
    locationInfo: [{ location, zones, zoneDetails: [] }],
    capabilities: capabilitiesOf({
      MaxResourceVolumeMB: size.resourceDiskMb,
      OSVhdSizeMB: 1_047_552,
      vCPUs: size.vcpus,
      MemoryPreservingMaintenanceSupported: size.gpus === 0,
      HyperVGenerations: size.generations.join(','),
      MemoryGB: size.memoryGb,
      MaxDataDiskCount: size.maxDataDisks,
      CpuArchitectureType: size.architecture,
      LowPriorityCapable: !size.burstable,
      PremiumIO: size.premium,
      VMDeploymentTypes: 'IaaS',
      vCPUsAvailable: size.vcpus,
      ...(size.gpus > 0 && { GPUs: size.gpus }),
      vCPUsPerCore: size.vcpus > 1 && size.architecture === 'x64' ? 2 : 1,
      EphemeralOSDiskSupported: size.resourceDiskMb >= 30 * 1024,
      EncryptionAtHostSupported: true,
      AcceleratedNetworkingEnabled: size.accelerated,
      RdmaEnabled: size.rdma,
      MaxNetworkInterfaces: size.maxNics,
    }),
    restrictions: isRestricted(size, location) ? notForYou(location, zones) : [],
  };
}

/** One of the steps that a kind of disk is sold in, e.g. P10; kinds whose size is chosen freely have one line. */
function diskSkuViews(name: DiskSku, location: string) {
  const { zones } = regionOf(location);
  if (name.endsWith('_ZRS') && zones.length === 0) return [];
  const info = { location, zones: name.endsWith('_ZRS') ? [] : zones, zoneDetails: [] };
  const one = (size: string | undefined, held: Readonly<Record<string, string | number | boolean>>) => ({
    resourceType: 'disks',
    name,
    tier: (name.split('_')[0] ?? '').replace(/SSD|V2/, ''),
    ...(size !== undefined && { size }),
    locations: [location],
    locationInfo: [info],
    capabilities: capabilitiesOf(held),
    restrictions: [],
  });
  const steps = stepsOf(name);
  if (steps.length === 0) return [one(undefined, { MaxSizeGiB: largest(name), MinSizeGiB: 1 })];
  return steps.map(({ tier, upToGb, iops, mbps }, index) =>
    one(tier, {
      MaxSizeGiB: upToGb,
      MinSizeGiB: (steps[index - 1]?.upToGb ?? 0) + 1,
      MaxIOps: iops,
      MaxBandwidthMBps: mbps,
    }),
  );
}

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
      ...diskSkus.flatMap(name => diskSkuViews(name, location)),
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
      ...diskCounters.map(name =>
        one(name, name.replace(/(?<=[a-z])(?=[A-Z])/g, ' '), quota(account.cloud, name)),
      ),
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
