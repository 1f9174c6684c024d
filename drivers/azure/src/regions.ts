/** Regions are the subscription's locations ("Subscriptions - List Locations"), in one answer with their zones. */
import type { CloudRegion } from '@cloud-barista/model/cloud-region';
import type { Call } from '@cloud-barista/driver/call';
import type { Regions } from '@cloud-barista/driver/regions';
import { versions, type Arm } from './arm.ts';
import { locationOf } from './settings.ts';

interface Location {
  name?: string;
  displayName?: string;
  /** `Logical` ones are groups of locations (`asia`, `korea`): no VM can be made in one. */
  metadata?: { regionType?: string };
  /** Zones are numbered for each subscription; other numbers are other subscriptions' names of the same. */
  availabilityZoneMappings?: { logicalZone?: string }[];
}

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

function toRegion({ name = '', displayName, availabilityZoneMappings = [] }: Location): CloudRegion {
  const zones = new Set(availabilityZoneMappings.flatMap(({ logicalZone }) => logicalZone ?? []));
  return {
    id: locationOf(name),
    name: displayName || name,
    // Azure lists those alone that the subscription may use.
    available: true,
    zones: [...zones].map(id => ({ id, available: true })).sort(byId),
  };
}

export async function readRegions(arm: Arm, call: Call): Promise<CloudRegion[]> {
  const { subscriptionId, location } = arm.settings;
  const path = `/subscriptions/${encodeURIComponent(subscriptionId)}/locations`;
  const about = { api: 'Subscriptions_ListLocations', resource: 'region', name: location } as const;
  const all = await arm.all<Location>(call, { ...about, path, version: versions.subscriptions });
  return all
    .filter(({ name, metadata }) => name !== undefined && metadata?.regionType !== 'Logical')
    .map(toRegion)
    .sort(byId);
}

export const createRegions = (arm: Arm): Regions => ({ list: call => readRegions(arm, call) });
