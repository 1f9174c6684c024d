/**
 * Regions by Keystone (Identity API v3, "List regions"), zones by Nova ("Get Availability Zone Information") of the own region, for
 * each region has a Nova of its own. A region is available where the catalog, which is the account's, has a Nova in it.
 */
import { hasCode } from '@cloud-barista/model/errors';
import type { CloudRegion } from '@cloud-barista/model/cloud-region';
import type { Call } from '@cloud-barista/driver/call';
import type { Regions } from '@cloud-barista/driver/regions';
import type { Api, Order } from './api.ts';

interface KeystoneRegion {
  id: string;
  description?: string | null;
}
interface Zone {
  zoneName: string;
  zoneState?: { available?: boolean };
}

/** Nova's zones, or Cinder's, which need not be the same. */
export async function zonesOf(
  api: Api,
  service: 'compute' | 'volume',
  resource: Order['resource'],
  signal: AbortSignal,
): Promise<CloudRegion['zones']> {
  const body = await api.send<{ availabilityZoneInfo: Zone[] }>(
    service,
    'GET /os-availability-zone',
    { resource },
    signal,
  );
  return body.availabilityZoneInfo
    .map(({ zoneName, zoneState }) => ({ id: zoneName, available: zoneState?.available !== false }))
    .sort(byId);
}

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

export function createRegions(api: Api): Regions {
  /** Names by id. Operators may keep the list to themselves; the catalog's regions are known in any case. */
  async function names({ signal }: Call): Promise<Map<string, string>> {
    const order = { resource: 'region' } as const;
    try {
      const body = await api.send<{ regions: KeystoneRegion[] }>('identity', 'GET /regions', order, signal);
      return new Map(body.regions.map(({ id, description }) => [id, description ?? '']));
    } catch (error) {
      if (!hasCode(error, 'permission_denied')) throw error;
      return new Map();
    }
  }

  return {
    async list(call: Call): Promise<CloudRegion[]> {
      const [session, named, own] = await Promise.all([
        api.session(call.signal),
        names(call),
        zonesOf(api, 'compute', 'region', call.signal),
      ]);
      return [...new Set([...named.keys(), ...session.regions])]
        .map(id => ({
          id,
          name: named.get(id) || id,
          available: session.regions.has(id),
          zones: id === api.settings.region ? own : [],
        }))
        .sort(byId);
    },
  };
}
