/** The region's zones, asked for once: a VSwitch stands in one, and where the connection names none we take the first that can. */
import type { Call } from '@cloud-barista/driver/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Api } from './api.ts';

export interface Zone {
  ZoneId?: string;
  AvailableResourceCreation?: { ResourceTypes?: string[] };
}

const keptMs = 600_000;
const about = { resource: 'region' } as const;

export async function readZones(api: Api, call: Call): Promise<Zone[]> {
  const { Zones } = await api.ask<{ Zones?: { Zone?: Zone[] } }>(
    call,
    'ecs',
    'DescribeZones',
    { InstanceChargeType: 'PostPaid' },
    { ...about, name: api.region },
  );
  return Zones?.Zone ?? [];
}

/** Zones in which both a VSwitch and a VM can be made, in the order of their ids. */
export const usable = (zones: readonly Zone[]): string[] =>
  zones
    .filter(zone => {
      const can = zone.AvailableResourceCreation?.ResourceTypes ?? [];
      return can.includes('VSwitch') && can.includes('Instance');
    })
    .map(zone => zone.ZoneId ?? '')
    .sort();

export interface Zones {
  /** The connection's, else the first that offers the VSwitch. */
  choose(call: Call): Promise<string>;
}

export function createZones(api: Api): Zones {
  let kept: { zones: Promise<Zone[]>; until: number } | undefined;

  async function read(call: Call): Promise<Zone[]> {
    const asked = kept && kept.until > performance.now() ? kept : undefined;
    const mine = asked ?? { zones: readZones(api, call), until: performance.now() + keptMs };
    kept = mine;
    try {
      return await mine.zones;
    } catch (error) {
      if (kept === mine) kept = undefined;
      // Whoever asked first was cancelled, or ran out of time: that is not our failure.
      if (asked && !call.signal.aborted && hasCode(error, 'cancelled', 'deadline_exceeded'))
        return read(call);
      throw error;
    }
  }

  return {
    async choose(call) {
      if (api.zone !== '') return api.zone;
      const [zone] = usable(await read(call));
      if (zone !== undefined) return zone;
      throw new BaristaError('failed_precondition', `No zone of ${api.region} offers VSwitches now.`, {
        next: 'Name a zone in the region, or use another region.',
      });
    },
  };
}
