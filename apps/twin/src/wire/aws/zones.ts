/** The regions of AWS, their zones and their domains. Source: EC2 user guide, "Regions and Availability Zones". */

/** The regions of the AWS partition; `true`: an account has to opt in. */
export const known: Readonly<Record<string, boolean>> = {
  'af-south-1': true,
  'ap-east-1': true,
  'ap-east-2': true,
  'ap-northeast-1': false,
  'ap-northeast-2': false,
  'ap-northeast-3': false,
  'ap-south-1': false,
  'ap-south-2': true,
  'ap-southeast-1': false,
  'ap-southeast-2': false,
  'ap-southeast-3': true,
  'ap-southeast-4': true,
  'ap-southeast-5': true,
  'ap-southeast-7': true,
  'ca-central-1': false,
  'ca-west-1': true,
  'eu-central-1': false,
  'eu-central-2': true,
  'eu-north-1': false,
  'eu-south-1': true,
  'eu-south-2': true,
  'eu-west-1': false,
  'eu-west-2': false,
  'eu-west-3': false,
  'il-central-1': true,
  'me-central-1': true,
  'me-south-1': true,
  'mx-central-1': true,
  'sa-east-1': false,
  'us-east-1': false,
  'us-east-2': false,
  'us-west-1': false,
  'us-west-2': false,
};

export interface Zone {
  readonly n: number;
  /** ap-northeast-2a */
  name: string;
  /** apne2-az1 */
  id: string;
  region: string;
}

/** Letters and the numbers of their ids where they are not a, b, c = 1, 2, 3: some zones take no new accounts. */
const otherZones: Readonly<Record<string, string>> = {
  'ap-northeast-1': 'a4 c1 d2',
  'ap-northeast-2': 'a1 b2 c3 d4',
  'ca-central-1': 'a1 b2 d4',
  'us-east-1': 'a1 b2 c3 d4 e5 f6',
  'us-west-1': 'a1 c3',
  'us-west-2': 'a1 b2 c3 d4',
};

const made = new Map<string, Zone[]>();

export function zonesOf(region: string): Zone[] {
  let zones = made.get(region);
  if (!zones) {
    const short = region.replace(
      /^([a-z]+)-(.+)-(\d+)$/,
      (_, area: string, where: string, number: string) => {
        const initials = where.match(/north|south|east|west|central/g)?.map(word => word.slice(0, 1)) ?? [
          where,
        ];
        return `${area}${initials.join('')}${number}`;
      },
    );
    zones = (otherZones[region] ?? 'a1 b2 c3').split(' ').map((each, index) => ({
      n: index + 1,
      name: `${region}${each.slice(0, 1)}`,
      id: `${short}-az${each.slice(1)}`,
      region,
    }));
    made.set(region, zones);
  }
  return zones;
}

export const privateDomain = (region: string): string =>
  region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
export const publicDomain = (region: string): string =>
  region === 'us-east-1' ? 'compute-1.amazonaws.com' : `${region}.compute.amazonaws.com`;
