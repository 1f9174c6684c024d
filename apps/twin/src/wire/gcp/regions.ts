/**
 * Google's regions: their zones, the range that auto mode networks take there, and what the price list calls each and asks for it.
 * Source: "Regions and zones", "Auto mode IPv4 ranges" and the names of the price list's SKUs; the list of 2025.
 */
export interface Region {
  readonly name: string;
  /** The letters of its zones. */
  readonly zones: string;
  /** The second byte of its auto mode range 10.x.0.0/20. */
  readonly auto: number;
  /** As SKUs name it: "N2 Instance Core running in Seoul". Regions of one name share their SKUs. */
  readonly place: string;
  /** Its prices in terms of us-central1's: the ratio of the published n2-standard-4 prices, taken for all families. */
  readonly factor: number;
}

const region = (name: string, auto: number, place: string, factor: number, zones = 'abc'): Region => ({
  name,
  zones,
  auto,
  place,
  factor,
});

export const regions: readonly Region[] = [
  region('africa-south1', 218, 'Johannesburg', 1.308),
  region('asia-east1', 140, 'APAC', 1.158),
  region('asia-east2', 170, 'Hong Kong', 1.3993),
  region('asia-northeast1', 146, 'Japan', 1.2849),
  region('asia-northeast2', 174, 'Osaka', 1.2849),
  region('asia-northeast3', 178, 'Seoul', 1.2834),
  region('asia-south1', 160, 'Mumbai', 1.2011),
  region('asia-south2', 190, 'Delhi', 1.2011),
  region('asia-southeast1', 148, 'Singapore', 1.2335),
  region('asia-southeast2', 184, 'Jakarta', 1.3446),
  region('australia-southeast1', 152, 'Sydney', 1.4194),
  region('australia-southeast2', 192, 'Melbourne', 1.4194),
  region('europe-central2', 186, 'Warsaw', 1.2885),
  region('europe-north1', 166, 'Finland', 1.1012),
  region('europe-north2', 226, 'Stockholm', 1.1012),
  region('europe-southwest1', 204, 'Madrid', 1.1797),
  region('europe-west1', 132, 'EMEA', 1.1003, 'bcd'),
  region('europe-west2', 154, 'London', 1.2885),
  region('europe-west3', 156, 'Frankfurt', 1.2885),
  region('europe-west4', 164, 'Netherlands', 1.101),
  region('europe-west6', 172, 'Zurich', 1.3993),
  region('europe-west8', 198, 'Milan', 1.16),
  region('europe-west9', 200, 'Paris', 1.16),
  region('europe-west10', 214, 'Berlin', 1.2885),
  region('europe-west12', 210, 'Turin', 1.16),
  region('me-central1', 212, 'Doha', 1.21),
  region('me-central2', 216, 'Dammam', 1.39),
  region('me-west1', 208, 'Tel Aviv', 1.1),
  region('northamerica-northeast1', 162, 'Montreal', 1.1009),
  region('northamerica-northeast2', 188, 'Toronto', 1.1009),
  region('northamerica-south1', 224, 'Mexico', 1.18),
  region('southamerica-east1', 158, 'Sao Paulo', 1.5874),
  region('southamerica-west1', 194, 'Santiago', 1.4299),
  region('us-central1', 128, 'Americas', 1, 'abcf'),
  region('us-east1', 142, 'Americas', 1, 'bcd'),
  region('us-east4', 150, 'Virginia', 1.1263),
  region('us-east5', 202, 'Columbus', 1),
  region('us-south1', 206, 'Dallas', 1.18),
  region('us-west1', 138, 'Americas', 1),
  region('us-west2', 168, 'Los Angeles', 1.2013),
  region('us-west3', 180, 'Salt Lake City', 1.2013),
  region('us-west4', 182, 'Las Vegas', 1.1263),
];

const byName = new Map(regions.map(each => [each.name, each]));
export const knownRegion = (name: string): Region | undefined => byName.get(name);

/** A region that only the Twin knows has three. */
export const zonesOf = (name: string): string[] =>
  Array.from(byName.get(name)?.zones ?? 'abc', letter => `${name}-${letter}`);

/** Where a Cloud-Barista connection goes unless it is told; its project has all of Google's regions, as every project has. */
export const usualRegions: readonly string[] = ['asia-northeast3', 'us-east4', 'us-central1', 'europe-west4'];

/** What a project sees: Google's all, or just those that its cloud was made with. */
export const regionsOf = (named: readonly string[]): readonly string[] =>
  named.length === usualRegions.length && named.every((each, index) => each === usualRegions[index])
    ? regions.map(each => each.name)
    : named;
