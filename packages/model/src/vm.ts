/** A VM of one cloud. Its public address and network interface are made and released with it (auto-managed). */
import type { Static } from 'typebox';
import { closed, Name, oneOf, Time } from './schema.ts';
import { vmStates } from './state.ts';
import { Type } from './type.ts';

export const VmState = oneOf(vmStates);

export const VmInput = closed({
  name: Name,
  image: Type.String({ minLength: 1, maxLength: 512, description: "the cloud's image id" }),
  spec: Type.String({ minLength: 1, maxLength: 256, description: "the cloud's spec id" }),
  vpc: Name,
  subnet: Name,
  securityGroups: Type.Array(Name, { minItems: 1, maxItems: 16 }),
  keyPair: Name,
  /** GiB; the image's own where absent. */
  rootDiskGb: Type.Optional(Type.Integer({ minimum: 1, maximum: 65536 })),
  /** Run at first boot: a `#!` script or a `#cloud-config`. 16 KiB, the least that all clouds take. */
  userData: Type.Optional(Type.String({ maxLength: 16384 })),
});
export type VmInput = Static<typeof VmInput>;

export const Vm = closed({
  name: Name,
  connection: Name,
  id: Type.String({ description: "the cloud's id" }),
  state: VmState,
  image: Type.String(),
  spec: Type.String(),
  vpc: Type.String(),
  subnet: Type.String(),
  securityGroups: Type.Array(Type.String()),
  keyPair: Type.String(),
  region: Type.String(),
  zone: Type.String(),
  /** "" while it has none. */
  publicIp: Type.String(),
  privateIp: Type.String(),
  /** Where SSH answers: `user@host:port`'s parts. */
  ssh: closed({ user: Type.String(), host: Type.String(), port: Type.Integer() }),
  created: Time,
});
export type Vm = Static<typeof Vm>;
