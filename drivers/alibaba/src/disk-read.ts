/** Disks as ECS describes them, and as ours. */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudDisk } from '@cloud-barista/driver/disks';
import type { DiskState } from '@cloud-barista/model/disk';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import { type Api, type Parameters, time } from './api.ts';
import { markOf, marks, type Tagged } from './marks.ts';

const resource = 'disk';

export interface EcsDisk extends Tagged {
  DiskId?: string;
  DiskName?: string;
  /** system, data. */
  Type?: string;
  Category?: string;
  /** GiB. */
  Size?: number;
  Status?: string;
  ZoneId?: string;
  /** "" while it is attached to none. */
  InstanceId?: string;
  /** e.g. /dev/xvdb. */
  Device?: string;
  CreationTime?: string;
}
interface Answer {
  TotalCount?: number;
  Disks?: { Disk?: EcsDisk[] };
}

const states: Readonly<Record<string, DiskState>> = {
  Creating: 'Creating',
  Available: 'Available',
  Attaching: 'Attaching',
  In_use: 'Attached',
  Detaching: 'Detaching',
};

export function toDisk(disk: EcsDisk): CloudDisk {
  const { Status = '', InstanceId = '', Device = '' } = disk;
  const state = Object.hasOwn(states, Status) ? (states[Status] ?? 'Undefined') : 'Undefined';
  return {
    id: cloudId(disk.DiskId ?? ''),
    name: disk.DiskName ?? '',
    state,
    type: disk.Category ?? '',
    sizeGb: disk.Size ?? 0,
    zone: disk.ZoneId ?? '',
    vm: state === 'Available' ? '' : cloudId(InstanceId),
    device: state === 'Available' ? '' : Device,
    created: time(disk.CreationTime),
    ...markOf(disk),
  };
}

/** "PageSize: at most 100" by number, which lets the pages be read at once. */
export const readDisks = (api: Api, call: Call, parameters: Parameters): Promise<EcsDisk[]> =>
  api.all<Answer, EcsDisk>(
    call,
    'ecs',
    'DescribeDisks',
    parameters,
    { resource },
    { size: 100, pick: answer => answer.Disks?.Disk, id: disk => disk.DiskId },
  );

/** Undefined for a system disk too: it is its VM's. */
export async function readDisk(api: Api, call: Call, id: string): Promise<EcsDisk | undefined> {
  const found = await readDisks(api, call, { DiskIds: JSON.stringify([id]) });
  return found.find(disk => disk.DiskId === id && disk.Type !== 'system');
}

export const markedDisks = (api: Api, call: Call, token: Token): Promise<EcsDisk[]> =>
  readDisks(api, call, { Tag: marks(token), DiskType: 'data' });
