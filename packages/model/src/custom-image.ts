/** A custom image: what a VM's disk held at one moment, for VMs to start from. */
import type { Static } from 'typebox';
import { closed, Name, oneOf, Time } from './schema.ts';
import { Type } from './type.ts';

export const customImageStates = [
  'Creating',
  'Available',
  'Deleting',
  'NotExist',
  'Failed',
  'Undefined',
] as const;
export type CustomImageState = (typeof customImageStates)[number];

export const CustomImageInput = closed({ name: Name, vm: Name });
export type CustomImageInput = Static<typeof CustomImageInput>;
export const CustomImage = closed({
  name: Name,
  connection: Name,
  /** A VM is made of it by this id, as of any image. */
  id: Type.String({ description: "the cloud's id" }),
  state: oneOf(customImageStates),
  /** The VM that it was made from, by our name; it may be long gone. */
  vm: Type.String(),
  /** The login user of VMs made of it. */
  user: Type.String(),
  /** GiB; 0 where the cloud does not say. */
  sizeGb: Type.Integer(),
  created: Time,
});
export type CustomImage = Static<typeof CustomImage>;
