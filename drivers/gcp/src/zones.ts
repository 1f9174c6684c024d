/** The region's zones: where VMs are listed, and where they are made. Asked for once in a cloud's life. */
import type { Call } from '@cloud-barista/driver/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { tail, type Api } from './api.ts';

export interface Region {
  name: string;
  /** Addresses. */
  zones?: string[];
  status?: string;
}
export interface Zone {
  name: string;
  region?: string;
  status?: string;
}

export interface Zones {
  /** Every zone that the connection sees: the one that is set, else all of the region. */
  all(call: Call): Promise<string[]>;
  /** All zones of the region, also where one is set: a VPC spans them. */
  ofRegion(call: Call): Promise<string[]>;
  /** Where VMs are made and specs are looked up: the zone that is set, else the region's first that is up. */
  home(call: Call): Promise<string>;
}

export const readRegion = (api: Api, { signal }: Call): Promise<Region> =>
  api.send<Region>(
    'GET projects/{project}/regions/{region}',
    { resource: 'region', name: api.settings.region, query: { fields: 'name,zones' } },
    signal,
  );

/** Of all regions. */
export const listZones = (api: Api, { signal }: Call): Promise<Zone[]> =>
  api.all<Zone>(
    'GET projects/{project}/zones',
    { resource: 'region', query: { fields: 'items(name,region,status),nextPageToken' } },
    signal,
  );

export function createZones(api: Api): Zones {
  const { zone, region } = api.settings;
  const ofRegion = once(async (call: Call) => ((await readRegion(api, call)).zones ?? []).map(tail).sort());

  const home = once(async (call: Call): Promise<string> => {
    const here = (await listZones(api, call))
      .filter(one => tail(one.region) === region)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const up = here.find(one => one.status === 'UP');
    if (up === undefined)
      throw new BaristaError(
        here.length === 0 ? 'invalid_argument' : 'unavailable',
        here.length === 0 ? `Google Cloud has no zones in region ${region}.` : `No zone of ${region} is up.`,
        { next: 'Check the region, or set another.', where: 'region.region' },
      );
    return up.name;
  });

  return {
    ofRegion,
    all: call => (zone === '' ? ofRegion(call) : Promise.resolve([zone])),
    home: call => (zone === '' ? home(call) : Promise.resolve(zone)),
  };
}

/** Kept once it is answered; shared while it is under way. */
function once<T>(load: (call: Call) => Promise<T>): (call: Call) => Promise<T> {
  let kept: Promise<T> | undefined;
  return async function get(call: Call): Promise<T> {
    const mine = kept === undefined;
    const promise = (kept ??= load(call));
    try {
      return await promise;
    } catch (error) {
      if (kept === promise) kept = undefined;
      // Another caller's question, and it was that caller who gave up: ask again for ourselves.
      if (mine || call.signal.aborted || !hasCode(error, 'cancelled', 'deadline_exceeded')) throw error;
      return get(call);
    }
  };
}
