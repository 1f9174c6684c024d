/** The kinds of cloud disks and their sizes as data disks: "CreateDisk", Size. Loaded with the driver's entry. */
import type { DiskType } from '@cloud-barista/model/disk';

/** An ESSD of the usual performance level, PL1. */
export const usualDiskType = 'cloud_essd';

export const diskTypes: readonly DiskType[] = [
  { type: usualDiskType, minGb: 20, maxGb: 65_536 },
  { type: 'cloud_auto', minGb: 1, maxGb: 65_536 },
  { type: 'cloud_essd_entry', minGb: 10, maxGb: 32_768 },
  { type: 'cloud_ssd', minGb: 20, maxGb: 32_768 },
  { type: 'cloud_efficiency', minGb: 20, maxGb: 32_768 },
  { type: 'cloud', minGb: 5, maxGb: 2000 },
];
