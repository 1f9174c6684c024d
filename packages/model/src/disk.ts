/** A data disk: made apart from VMs, attached to one at a time, outliving them. */
import type { Static } from 'typebox';
import { closed, Name, oneOf, Time } from './schema.ts';
import { Type } from './type.ts';

export const diskStates = [
  'Creating',
  'Available',
  'Attaching',
  'Attached',
  'Detaching',
  'Deleting',
  'NotExist',
  'Failed',
  'Undefined',
] as const;
export type DiskState = (typeof diskStates)[number];
/** States that end by themselves. */
export const passingDisk: ReadonlySet<DiskState> = new Set([
  'Creating',
  'Attaching',
  'Detaching',
  'Deleting',
]);

/** A kind of disk that a cloud has, by the cloud's own word, and its limits in GiB. */
export const DiskType = closed({
  type: Type.String(),
  minGb: Type.Integer(),
  maxGb: Type.Integer(),
});
export type DiskType = Static<typeof DiskType>;

const sizeGb = Type.Integer({ minimum: 1, maximum: 65536, description: 'GiB' });
export const DiskInput = closed({
  name: Name,
  sizeGb,
  /** The cloud's own word; the driver's first where absent (`barista describe driver NAME`). */
  type: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  /** Must be the VM's; the connection's zone, else the cloud's choice, where absent. */
  zone: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
});
export type DiskInput = Static<typeof DiskInput>;
export const DiskResize = closed({ sizeGb });
export const DiskTarget = closed({ vm: Name });

export const Disk = closed({
  name: Name,
  connection: Name,
  id: Type.String({ description: "the cloud's id" }),
  state: oneOf(diskStates),
  type: Type.String(),
  sizeGb: Type.Integer(),
  zone: Type.String(),
  /** The VM that it is attached to, by our name, or by the cloud's id where the VM is none of ours; "" while detached. */
  vm: Type.String(),
  /** Where the VM sees it, e.g. /dev/sdf; "" where the cloud does not say. */
  device: Type.String(),
  created: Time,
});
export type Disk = Static<typeof Disk>;
