/** Disk types. Source: API reference, diskTypes; "About Persistent Disk". */
export interface DiskType {
  readonly name: string;
  readonly description: string;
  readonly size: string;
  readonly least: number;
  readonly most: number;
  readonly standard: string;
  /** Which quota it counts against. */
  readonly ssd: boolean;
}
export const diskTypes: readonly DiskType[] = [
  {
    name: 'pd-balanced',
    description: 'Balanced Persistent Disk',
    size: '10GB-65536GB',
    // What is advised is more than what is taken.
    least: 1,
    most: 65_536,
    standard: '100',
    ssd: true,
  },
  {
    name: 'pd-extreme',
    description: 'Extreme Persistent Disk',
    size: '500GB-65536GB',
    least: 500,
    most: 65_536,
    standard: '1000',
    ssd: true,
  },
  {
    name: 'pd-ssd',
    description: 'SSD Persistent Disk',
    size: '10GB-65536GB',
    least: 1,
    most: 65_536,
    standard: '100',
    ssd: true,
  },
  {
    name: 'pd-standard',
    description: 'Standard Persistent Disk',
    size: '10GB-65536GB',
    least: 1,
    most: 65_536,
    standard: '500',
    ssd: false,
  },
];
