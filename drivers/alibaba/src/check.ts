/** The cheapest proof that endpoint, key, region – and zone, where one is set – are right: one small read. */
import type { Call } from '@cloud-barista/driver/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Api } from './api.ts';
import { says, wordOf } from './errors.ts';
import { readZones } from './zones.ts';

/** `openHome` opens the same account at the endpoint that knows every region. */
export async function check(api: Api, call: Call, openHome: (() => Api) | undefined): Promise<void> {
  const { region, zone } = api;
  try {
    const zones = await readZones(api, call);
    if (zone !== '' && !zones.some(one => one.ZoneId === zone)) throw unknownZone(region, zone);
  } catch (error) {
    if (hasCode(error, 'not_found') || wordOf(error).startsWith('InvalidRegion'))
      throw unknownRegion(region, error);
    // A region that is none has no host.
    if (says(error, 'ENOTFOUND') && openHome) await askAtHome(call, region, openHome, error);
    throw error;
  }
}

async function askAtHome(call: Call, region: string, openHome: () => Api, source: unknown): Promise<void> {
  const home = openHome();
  try {
    const about = { resource: 'region', name: region } as const;
    const { Regions } = await home.ask<{ Regions?: { Region?: { RegionId?: string }[] } }>(
      call,
      'ecs',
      'DescribeRegions',
      { RegionId: undefined },
      about,
    );
    if (Regions?.Region?.some(one => one.RegionId === region) === false) throw unknownRegion(region, source);
  } catch (error) {
    if (hasCode(error, 'invalid_argument', 'unauthenticated')) throw error;
    // Home can't tell either: what was said first stands.
  } finally {
    home.close();
  }
}

const unknownRegion = (region: string, source?: unknown) =>
  new BaristaError('invalid_argument', `Alibaba Cloud has no region ${JSON.stringify(region)}.`, {
    next: 'Use a region such as ap-northeast-2 or cn-hangzhou.',
    where: 'region.region',
    source,
  });

const unknownZone = (region: string, zone: string) =>
  new BaristaError('invalid_argument', `Region ${region} has no zone ${JSON.stringify(zone)}.`, {
    next: `Use a zone of that region, such as ${region}a, or leave the zone out.`,
    where: 'region.zone',
  });
