/** Regions and availability zones: what an account sees of them. */
import { filterAll } from './filters.ts';
import { Ec2Error } from './errors.ts';
import type { Call } from './call.ts';
import type { Members } from './xml.ts';
import { known, type Zone } from './zones.ts';

interface Region {
  n: number;
  name: string;
  enabled: boolean;
  optIn: string;
}

const regionFilters = {
  endpoint: (region: Region) => `ec2.${region.name}.amazonaws.com`,
  'region-name': (region: Region) => region.name,
  'opt-in-status': (region: Region) => region.optIn,
};

export function describeRegions({ site, params }: Call): Members {
  const enabled = new Set(site.cloud.regions);
  const names = [...new Set([...enabled, ...Object.keys(known)])].sort();
  const all = names.map((name, index): Region => {
    const optIn =
      known[name] === true ? (enabled.has(name) ? 'opted-in' : 'not-opted-in') : 'opt-in-not-required';
    return { n: index, name, enabled: enabled.has(name), optIn: enabled.has(name) ? optIn : 'not-opted-in' };
  });
  const asked = params.texts('RegionName');
  const unknown = asked.filter(name => !names.includes(name));
  if (unknown.length > 0)
    throw new Ec2Error('InvalidParameterValue', `Invalid region(s): '${unknown.join(', ')}' provided.`);
  const visible = all.filter(
    region =>
      (region.enabled || params.boolean('AllRegions') === true) &&
      (asked.length === 0 || asked.includes(region.name)),
  );
  return {
    regionInfo: filterAll(params, regionFilters, visible).map(region => ({
      regionName: region.name,
      regionEndpoint: `ec2.${region.name}.amazonaws.com`,
      optInStatus: region.optIn,
    })),
  };
}

const zoneFilters = {
  'group-name': (zone: Zone) => zone.region,
  message: () => undefined,
  'opt-in-status': () => 'opt-in-not-required',
  'parent-zone-id': () => undefined,
  'parent-zone-name': () => undefined,
  'region-name': (zone: Zone) => zone.region,
  state: () => 'available',
  'zone-id': (zone: Zone) => zone.id,
  'zone-name': (zone: Zone) => zone.name,
  'zone-type': () => 'availability-zone',
};

export function describeAvailabilityZones({ site, params }: Call): Members {
  const names = params.texts('ZoneName');
  const ids = params.texts('ZoneId');
  const unknown = [
    ...names.filter(name => !site.zones.some(zone => zone.name === name)),
    ...ids.filter(id => !site.zones.some(zone => zone.id === id)),
  ];
  if (unknown.length > 0)
    throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${unknown.join(', ')}]`);
  const visible = site.zones.filter(
    zone => (names.length === 0 || names.includes(zone.name)) && (ids.length === 0 || ids.includes(zone.id)),
  );
  return {
    availabilityZoneInfo: filterAll(params, zoneFilters, visible).map(zone => ({
      zoneName: zone.name,
      zoneState: 'available',
      regionName: zone.region,
      messageSet: [],
      optInStatus: 'opt-in-not-required',
      zoneId: zone.id,
      groupName: zone.region,
      networkBorderGroup: zone.region,
      zoneType: 'availability-zone',
    })),
  };
}
