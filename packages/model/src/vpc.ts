/** A VPC and its subnets: the network that VMs of one cloud and region stand in. */
import type { Static } from 'typebox';
import { Cidr, closed, Name, Time } from './schema.ts';
import { Type } from './type.ts';

export const SubnetInput = closed({
  name: Name,
  cidr: Cidr,
  zone: Type.Optional(Type.String({ maxLength: 64 })),
});
export type SubnetInput = Static<typeof SubnetInput>;
export const VpcInput = closed({
  name: Name,
  cidr: Cidr,
  subnets: Type.Array(SubnetInput, { maxItems: 64 }),
});
export type VpcInput = Static<typeof VpcInput>;

export const Subnet = closed({
  name: Type.String(),
  id: Type.String(),
  cidr: Type.String(),
  zone: Type.String(),
});
export type Subnet = Static<typeof Subnet>;
export const Vpc = closed({
  name: Name,
  connection: Name,
  id: Type.String({ description: "the cloud's id" }),
  cidr: Type.String(),
  subnets: Type.Array(Subnet),
  created: Time,
});
export type Vpc = Static<typeof Vpc>;
