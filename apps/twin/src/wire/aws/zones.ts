/** The regions of AWS, their zones and their domains. Source: EC2 user guide, "Regions and Availability Zones". */

/** The regions of the AWS partition; `true`: an account has to opt in. */
export const known: Readonly<Record<string, boolean>> = {
  'af-south-1': true,
  'ap-east-1': true,
  'ap-northeast-1': false,
  'ap-northeast-2': false,
  'ap-northeast-3': false,
  'ap-south-1': false,
  'ap-south-2': true,
  'ap-southeast-1': false,
  'ap-southeast-2': false,
  'ap-southeast-3': true,
  'ap-southeast-4': true,
  'ca-central-1': false,
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
  'sa-east-1': false,
  'us-east-1': false,
  'us-east-2': false,
  'us-west-1': false,
  'us-west-2': false,
};

export interface Zone {
  n: number;
  /** ap-northeast-2a */
  name: string;
  /** apne2-az1 */
  id: string;
  region: string;
}

export function zonesOf(region: string): Zone[] {
  const letters = region === 'us-east-1' ? 'abcdef' : 'abc';
  const short = region.replace(/^([a-z]+)-(.+)-(\d+)$/, (_, area: string, where: string, number: string) => {
    const initials = where.match(/north|south|east|west|central/g)?.map(word => word.slice(0, 1)) ?? [where];
    return `${area}${initials.join('')}${number}`;
  });
  return letters.split('').map((letter, index) => ({
    n: index + 1,
    name: `${region}${letter}`,
    id: `${short}-az${index + 1}`,
    region,
  }));
}

export const privateDomain = (region: string): string =>
  region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
export const publicDomain = (region: string): string =>
  region === 'us-east-1' ? 'compute-1.amazonaws.com' : `${region}.compute.amazonaws.com`;
