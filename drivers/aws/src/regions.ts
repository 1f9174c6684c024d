/** The regions of the partition, and the zones of the connection's own. */
import { together } from '@cloud-barista/driver/concurrency';
import type { AvailabilityZone } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Regions } from '@cloud-barista/driver/regions';
import type { Ec2 } from './ec2.ts';

const resource = 'region';

/** DescribeRegions tells no names of places. These are those of "AWS Regions" (AWS General Reference); a region behind them shows by its id. */
const names: Readonly<Record<string, string>> = {
  'af-south-1': 'Africa (Cape Town)',
  'ap-east-1': 'Asia Pacific (Hong Kong)',
  'ap-east-2': 'Asia Pacific (Taipei)',
  'ap-northeast-1': 'Asia Pacific (Tokyo)',
  'ap-northeast-2': 'Asia Pacific (Seoul)',
  'ap-northeast-3': 'Asia Pacific (Osaka)',
  'ap-south-1': 'Asia Pacific (Mumbai)',
  'ap-south-2': 'Asia Pacific (Hyderabad)',
  'ap-southeast-1': 'Asia Pacific (Singapore)',
  'ap-southeast-2': 'Asia Pacific (Sydney)',
  'ap-southeast-3': 'Asia Pacific (Jakarta)',
  'ap-southeast-4': 'Asia Pacific (Melbourne)',
  'ap-southeast-5': 'Asia Pacific (Malaysia)',
  'ap-southeast-6': 'Asia Pacific (New Zealand)',
  'ap-southeast-7': 'Asia Pacific (Thailand)',
  'ca-central-1': 'Canada (Central)',
  'ca-west-1': 'Canada West (Calgary)',
  'cn-north-1': 'China (Beijing)',
  'cn-northwest-1': 'China (Ningxia)',
  'eu-central-1': 'Europe (Frankfurt)',
  'eu-central-2': 'Europe (Zurich)',
  'eu-north-1': 'Europe (Stockholm)',
  'eu-south-1': 'Europe (Milan)',
  'eu-south-2': 'Europe (Spain)',
  'eu-west-1': 'Europe (Ireland)',
  'eu-west-2': 'Europe (London)',
  'eu-west-3': 'Europe (Paris)',
  'il-central-1': 'Israel (Tel Aviv)',
  'me-central-1': 'Middle East (UAE)',
  'me-south-1': 'Middle East (Bahrain)',
  'mx-central-1': 'Mexico (Central)',
  'sa-east-1': 'South America (São Paulo)',
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-gov-east-1': 'AWS GovCloud (US-East)',
  'us-gov-west-1': 'AWS GovCloud (US-West)',
  'us-west-1': 'US West (N. California)',
  'us-west-2': 'US West (Oregon)',
};

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

/** Those of the region that the account may use: Availability Zones, and the Local Zones that it opted into. */
export async function readZones(ec2: Ec2, call: Call): Promise<AvailabilityZone[]> {
  const about = { resource, name: ec2.region } as const;
  const { AvailabilityZones = [] } = await ec2.ask(call, 'DescribeAvailabilityZones', {}, about);
  return AvailabilityZones;
}

export const createRegions = (ec2: Ec2): Regions => ({
  async list(call) {
    const [{ Regions = [] }, zones] = await together([
      ec2.ask(call, 'DescribeRegions', { AllRegions: true }, { resource }),
      readZones(ec2, call),
    ]);
    const own = zones
      .map(({ ZoneName = '', State }) => ({ id: ZoneName, available: State !== 'unavailable' }))
      .sort(byId);
    return Regions.map(({ RegionName: id = '', OptInStatus }) => ({
      id,
      name: names[id] ?? id,
      available: OptInStatus !== 'not-opted-in',
      zones: id === ec2.region ? own : [],
    })).sort(byId);
  },
});
