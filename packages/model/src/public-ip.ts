/** A public address of one's own: it outlives the VMs that carry it, and is billed until it is given back. */
import type { Static } from 'typebox';
import { closed, Name, Time } from './schema.ts';
import { Type } from './type.ts';

export const PublicIpInput = closed({ name: Name });
export type PublicIpInput = Static<typeof PublicIpInput>;
export const PublicIpTarget = closed({ vm: Name });
export const PublicIp = closed({
  name: Name,
  connection: Name,
  id: Type.String({ description: "the cloud's id" }),
  address: Type.String(),
  /** The VM that carries it, by our name, or by the cloud's id where the VM is none of ours; "" while none does. */
  vm: Type.String(),
  created: Time,
});
export type PublicIp = Static<typeof PublicIp>;
