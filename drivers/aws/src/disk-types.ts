/** The kinds of EBS volumes, the usual one first: "Amazon EBS volume types", EBS User Guide. */
import type { DiskType } from '@cloud-barista/model/disk';

export const diskTypes: readonly DiskType[] = [
  { type: 'gp3', minGb: 1, maxGb: 65_536 },
  { type: 'gp2', minGb: 1, maxGb: 16_384 },
  { type: 'io2', minGb: 4, maxGb: 65_536 },
  { type: 'io1', minGb: 4, maxGb: 16_384 },
  { type: 'st1', minGb: 125, maxGb: 16_384 },
  { type: 'sc1', minGb: 125, maxGb: 16_384 },
  { type: 'standard', minGb: 1, maxGb: 1024 },
];

/** io1 and io2 want to be told: what gp3 has by itself, as far as io1's 50 a GiB go. */
export const iops = (type: string, sizeGb: number) =>
  type.startsWith('io') ? { Iops: Math.min(3000, 50 * sizeGb) } : {};
