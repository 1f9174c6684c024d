/** Regions and their zones ("regions", "zones"). Compute Engine has no other names for them than their ids. */
import type { Regions } from '@cloud-barista/driver/regions';
import { tail, type Api } from './api.ts';
import { listZones, type Region } from './zones.ts';

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

export const createRegions = (api: Api): Regions => ({
  async list(call) {
    const query = { fields: 'items(name,status),nextPageToken' };
    const [regions, zones] = await Promise.all([
      api.all<Region>('GET projects/{project}/regions', { resource: 'region', query }, call.signal),
      listZones(api, call),
    ]);
    const byRegion = Map.groupBy(zones, zone => tail(zone.region));
    return regions
      .map(({ name, status }) => ({
        id: name,
        name,
        available: status === 'UP',
        zones: (byRegion.get(name) ?? [])
          .map(zone => ({ id: zone.name, available: zone.status === 'UP' }))
          .sort(byId),
      }))
      .sort(byId);
  },
});
