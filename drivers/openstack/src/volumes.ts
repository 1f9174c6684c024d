/** Cinder's volume record as our disk (Block Storage API v3, "Show a volume's details"; "Volumes: status"). */
import { cloudId } from '@cloud-barista/model/ids';
import { passingDisk, type DiskState } from '@cloud-barista/model/disk';
import type { CloudDisk } from '@cloud-barista/driver/disks';
import { asToken, type Listing } from './api.ts';

export interface Volume {
  id: string;
  name: string | null;
  status: string;
  /** GiB. */
  size: number;
  volume_type?: string | null;
  availability_zone?: string | null;
  /** UTC, without saying so: 2026-11-21T08:00:00.000000 */
  created_at?: string;
  /** "true" or "false". */
  bootable?: string;
  metadata?: Record<string, string>;
  attachments?: { server_id: string; device?: string | null }[];
}

export const volumeList: Listing<Volume> = {
  service: 'volume',
  call: 'GET /volumes/detail',
  resource: 'disk',
  key: 'volumes',
  id: volume => volume.id,
};

/** The mark among a volume's metadata. */
export const tokenKey = 'cb-token';

const byStatus: Record<string, DiskState> = {
  creating: 'Creating',
  downloading: 'Creating',
  // Being made larger; like one being made it is for no use until that ends.
  extending: 'Creating',
  available: 'Available',
  reserved: 'Attaching',
  attaching: 'Attaching',
  'in-use': 'Attached',
  detaching: 'Detaching',
  deleting: 'Deleting',
};

/** Cinder has a dozen ways to fail, each a status of its own: error, error_deleting, error_extending … */
export const diskStateOf = (status: string): DiskState =>
  byStatus[status] ?? (status.startsWith('error') ? 'Failed' : 'Undefined');

/**
 * The disks that VMs start from: bootable and seen by the VM as its first. While Nova makes or deletes one, and it is not so yet or
 * no more, it has no name – which those that people make have, as a rule, and ours always.
 */
export function isRoot(volume: Volume): boolean {
  if (volume.metadata?.[tokenKey] !== undefined) return false;
  const first = volume.attachments?.some(({ device }) => /^\/dev\/(?:[shv]d|xvd)a$/.test(device ?? ''));
  if (first === true) return volume.bootable === 'true';
  return !volume.name && passingDisk.has(diskStateOf(volume.status));
}

const zoned = (time: string): string => (/(?:Z|[+-]\d\d:\d\d)$/.test(time) ? time : `${time}Z`);

export function readVolume(volume: Volume): CloudDisk {
  const [attached] = volume.attachments ?? [];
  return {
    id: cloudId(volume.id),
    name: volume.name ?? '',
    state: diskStateOf(volume.status),
    type: volume.volume_type ?? '',
    sizeGb: volume.size,
    zone: volume.availability_zone ?? '',
    vm: attached ? cloudId(attached.server_id) : '',
    device: attached?.device ?? '',
    created: volume.created_at ? zoned(volume.created_at) : '',
    ...asToken(volume.metadata?.[tokenKey]),
  };
}
