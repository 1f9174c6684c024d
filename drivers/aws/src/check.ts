/** The cheapest proof that endpoint, credential, region – and zone, where one is set – are right: one small read. */
import type { Call } from '@cloud-barista/driver/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';

const resource = 'region';

/** `openAt` opens the same account in another region. */
export async function check(ec2: Ec2, call: Call, openAt: (region: string) => Ec2): Promise<void> {
  const { region, zone } = ec2;
  try {
    if (zone === '') {
      const input = { RegionNames: [region] };
      const { Regions = [] } = await ec2.ask(call, 'DescribeRegions', input, { resource, name: region });
      if (Regions.length === 0) throw unknownRegion(region);
    } else {
      const input = { ZoneNames: [zone] };
      const { AvailabilityZones = [] } = await ec2.ask(call, 'DescribeAvailabilityZones', input, {
        resource,
        name: zone,
      });
      if (AvailabilityZones.length === 0) throw unknownZone(region, zone);
    }
  } catch (error) {
    if (hasCode(error, 'invalid_argument', 'not_found'))
      throw zone === '' ? unknownRegion(region, error) : unknownZone(region, zone, error);
    if (hasCode(error, 'unauthenticated') || says(error, 'ENOTFOUND'))
      await askAtHome(call, region, openAt, error);
    throw error;
  }
}

/**
 * A region that is none has no host, and does not know the account's keys where it is another name of a known host; nor does one
 * that the account has not opted into. So the partition's first region is asked whether it is the region that is wrong.
 */
async function askAtHome(
  call: Call,
  region: string,
  openAt: (region: string) => Ec2,
  source: unknown,
): Promise<void> {
  const home = homeOf(region);
  if (home === region) return;
  const ec2 = openAt(home);
  try {
    const input = { RegionNames: [region], AllRegions: true };
    const { Regions = [] } = await ec2.ask(call, 'DescribeRegions', input, { resource, name: region });
    if (Regions[0] === undefined || Regions[0].OptInStatus === 'not-opted-in')
      throw unknownRegion(region, source);
  } catch (error) {
    if (hasCode(error, 'invalid_argument')) throw unknownRegion(region, source);
    // Home can't tell either: what was said first stands.
  } finally {
    ec2.close();
  }
}

const homeOf = (region: string): string =>
  region.startsWith('cn-') ? 'cn-north-1' : region.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1';

const unknownRegion = (region: string, source?: unknown) =>
  new BaristaError('invalid_argument', `AWS has no region ${JSON.stringify(region)} for this account.`, {
    next: 'Use a region such as ap-northeast-2 or us-east-1, and enable it for the account where it must be opted into.',
    where: 'region.region',
    source,
  });

const unknownZone = (region: string, zone: string, source?: unknown) =>
  new BaristaError('invalid_argument', `Region ${region} has no Availability Zone ${JSON.stringify(zone)}.`, {
    next: `Use a zone of that region, such as ${region}a, or leave the zone out.`,
    where: 'region.zone',
    source,
  });
