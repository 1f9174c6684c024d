/** Locations: names, places, zones. Source: Azure docs, "List of Azure regions" and "Azure regions with availability zone support". */
export interface Region {
  readonly name: string;
  readonly displayName: string;
  readonly geography: string;
  readonly geographyGroup: string;
  readonly place: string;
  readonly latitude: string;
  readonly longitude: string;
  readonly pair: string;
  readonly zones: readonly string[];
}

const three = ['1', '2', '3'];
const table = [
  [
    'koreacentral',
    'Korea Central',
    'Korea',
    'Asia Pacific',
    'Seoul',
    '37.5665',
    '126.978',
    'koreasouth',
    three,
  ],
  ['koreasouth', 'Korea South', 'Korea', 'Asia Pacific', 'Busan', '35.1796', '129.0756', 'koreacentral', []],
  [
    'japaneast',
    'Japan East',
    'Japan',
    'Asia Pacific',
    'Tokyo, Saitama',
    '35.68',
    '139.77',
    'japanwest',
    three,
  ],
  ['eastus', 'East US', 'United States', 'US', 'Virginia', '37.3719', '-79.8164', 'westus', three],
  ['eastus2', 'East US 2', 'United States', 'US', 'Virginia', '36.6681', '-78.3889', 'centralus', three],
  ['westus2', 'West US 2', 'United States', 'US', 'Washington', '47.233', '-119.852', 'westcentralus', three],
  ['westus', 'West US', 'United States', 'US', 'California', '37.783', '-122.417', 'eastus', []],
  ['westeurope', 'West Europe', 'Europe', 'Europe', 'Netherlands', '52.3667', '4.9', 'northeurope', three],
  ['northeurope', 'North Europe', 'Europe', 'Europe', 'Ireland', '53.3478', '-6.2597', 'westeurope', three],
  ['uksouth', 'UK South', 'United Kingdom', 'Europe', 'London', '50.941', '-0.799', 'ukwest', three],
  [
    'germanywestcentral',
    'Germany West Central',
    'Germany',
    'Europe',
    'Frankfurt',
    '50.110924',
    '8.682127',
    'germanynorth',
    three,
  ],
  [
    'southeastasia',
    'Southeast Asia',
    'Asia Pacific',
    'Asia Pacific',
    'Singapore',
    '1.283',
    '103.833',
    'eastasia',
    three,
  ],
  [
    'australiaeast',
    'Australia East',
    'Australia',
    'Asia Pacific',
    'New South Wales',
    '-33.86',
    '151.2094',
    'australiasoutheast',
    three,
  ],
  [
    'brazilsouth',
    'Brazil South',
    'Brazil',
    'South America',
    'Sao Paulo State',
    '-23.55',
    '-46.633',
    'southcentralus',
    three,
  ],
] as const;

const known: ReadonlyMap<string, Region> = new Map(
  table.map(([name, displayName, geography, geographyGroup, place, latitude, longitude, pair, zones]) => [
    name,
    { name, displayName, geography, geographyGroup, place, latitude, longitude, pair, zones },
  ]),
);

/** A cloud may have regions that this table lacks: they stand by their bare name. */
export const regionOf = (name: string): Region =>
  known.get(name) ?? {
    name,
    displayName: name,
    geography: 'Twin',
    geographyGroup: 'Twin',
    place: name,
    latitude: '0',
    longitude: '0',
    pair: name,
    zones: three,
  };

/** "Korea Central" and "koreacentral" are the same location. */
export const plainLocation = (text: string): string => text.toLowerCase().replaceAll(' ', '');
