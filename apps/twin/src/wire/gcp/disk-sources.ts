/** What a new disk's content comes from: an image, a snapshot, or another disk of the zone. Source: API reference, disks.insert. */
import { captured, hold, release } from './captures.ts';
import type { Call } from './call.ts';
import type { Disk, Image, Snapshot } from './records.ts';

/** What is copied to the disk; its size is at least `leastGb`. */
export interface DiskSource
  extends Pick<
    Disk,
    | 'sourceImage'
    | 'sourceImageId'
    | 'sourceSnapshot'
    | 'sourceSnapshotId'
    | 'architecture'
    | 'os'
    | 'licenses'
  > {
  readonly noun: 'image' | 'snapshot' | 'disk';
  readonly leastGb: number;
  /** The captured disk that it begins with, or "". */
  readonly content: string;
  /** A disk may be running: what is on it is looked at when the new one is made. */
  readonly disk?: Disk | undefined;
}

export const imagePath = (image: Pick<Image, 'project' | 'name'>): string =>
  `projects/${image.project}/global/images/${image.name}`;

export const fromImage = (image: Image): DiskSource => ({
  noun: 'image',
  leastGb: image.diskSizeGb,
  sourceImage: imagePath(image),
  sourceImageId: image.id,
  sourceSnapshot: '',
  sourceSnapshotId: '',
  architecture: image.architecture,
  os: image.os,
  licenses: image.licenses,
  content: image.content,
});

export const fromSnapshot = (call: Call, snapshot: Snapshot): DiskSource => ({
  noun: 'snapshot',
  leastGb: snapshot.diskSizeGb,
  sourceImage: '',
  sourceImageId: '',
  sourceSnapshot: `projects/${call.account.projectId}/global/snapshots/${snapshot.name}`,
  sourceSnapshotId: snapshot.id,
  architecture: snapshot.architecture,
  os: snapshot.os,
  licenses: snapshot.licenses,
  content: snapshot.content,
});

export const fromDisk = (disk: Disk): DiskSource => ({
  noun: 'disk',
  leastGb: disk.sizeGb,
  sourceImage: disk.sourceImage,
  sourceImageId: disk.sourceImageId,
  sourceSnapshot: disk.sourceSnapshot,
  sourceSnapshotId: disk.sourceSnapshotId,
  architecture: disk.architecture,
  os: disk.os,
  licenses: disk.licenses,
  content: disk.content,
  disk,
});

/** The new disk holds what it begins with. */
export function fill({ world, account }: Call, disk: Disk, source: DiskSource | undefined): void {
  disk.content = source?.disk
    ? captured(world, account, source.disk, `disks/${disk.id}`)
    : hold(account, source?.content ?? '');
}
export function empty({ world, account }: Pick<Call, 'world' | 'account'>, disk: Disk): void {
  release(world, account, disk.content);
  disk.content = '';
}
