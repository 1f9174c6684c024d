/** Regions by DescribeRegions, which needs no region; zones of the connection's own region by DescribeZones. */
import { together } from '@cloud-barista/driver/concurrency';
import type { Regions } from '@cloud-barista/driver/regions';
import type { CloudRegion } from '@cloud-barista/model/cloud-region';
import type { Api } from './api.ts';
import { readZones, usable, type Zone } from './zones.ts';

export interface EcsRegion {
  RegionId?: string;
  LocalName?: string;
  /** available, soldOut; absent where it was not asked for. */
  Status?: string;
}
interface Answer {
  Regions?: { Region?: EcsRegion[] };
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

const toZones = (zones: readonly Zone[]): CloudRegion['zones'] => {
  const open = new Set(usable(zones));
  return zones.map(({ ZoneId = '' }) => ({ id: ZoneId, available: open.has(ZoneId) })).sort(byId);
};

export const toRegion = (region: EcsRegion, zones: readonly Zone[]): CloudRegion => ({
  id: region.RegionId ?? '',
  name: region.LocalName || (region.RegionId ?? ''),
  available: region.Status?.toLowerCase() !== 'soldout',
  zones: toZones(zones),
});

export const createRegions = (api: Api): Regions => ({
  async list(call) {
    const parameters = { RegionId: undefined, AcceptLanguage: 'en-US' };
    const [{ Regions }, zones] = await together([
      api.ask<Answer>(call, 'ecs', 'DescribeRegions', parameters, { resource: 'region' }),
      readZones(api, call),
    ]);
    return (Regions?.Region ?? [])
      .map(region => toRegion(region, region.RegionId === api.region ? zones : []))
      .sort(byId);
  },
});
