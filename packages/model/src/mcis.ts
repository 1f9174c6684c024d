/** MCIS, the multi-cloud infra service: a group of VMs over several clouds, handled as one. */
import type { Static } from 'typebox';
import { Cidr, closed, Labels, Name, oneOf, Time } from './schema.ts';
import { mcisStates } from './state.ts';
import { SecurityRule } from './security-group.ts';
import { Vm } from './vm.ts';
import { Type } from './type.ts';

export const NamespaceInput = closed({
  name: Name,
  description: Type.Optional(Type.String({ maxLength: 1024 })),
});
export type NamespaceInput = Static<typeof NamespaceInput>;
export const Namespace = closed({ name: Name, description: Type.String(), created: Time });
export type Namespace = Static<typeof Namespace>;

/**
 * Like VMs of an MCIS. Where: `connection`, or, without one, the connection whose smallest fitting spec is smallest.
 * How large: `spec`, or the smallest that has `cpu` and `memoryGb`. `image`: a cloud's image id, or a system's name
 * and version (`ubuntu-22.04`) that every cloud's newest image of it is found for.
 */
export const GroupInput = closed({
  name: Name,
  size: Type.Integer({ minimum: 1, maximum: 1000 }),
  connection: Type.Optional(Name),
  spec: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  cpu: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 })),
  memoryGb: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 32768 })),
  image: Type.String({ minLength: 1, maxLength: 512 }),
  /** Ports opened beside SSH. */
  rules: Type.Optional(Type.Array(SecurityRule, { maxItems: 50 })),
  userData: Type.Optional(Type.String({ maxLength: 16384 })),
  rootDiskGb: Type.Optional(Type.Integer({ minimum: 1, maximum: 65536 })),
  /** Resources of the connection to use instead of making them; they are kept when the MCIS goes. */
  vpc: Type.Optional(Name),
  /** Of that vpc; its first where absent. */
  subnet: Type.Optional(Name),
  securityGroups: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 16 })),
  keyPair: Type.Optional(Name),
});
export type GroupInput = Static<typeof GroupInput>;
/** A group that stands: VMs were added and removed since, all of them too. */
export const Group = closed({ ...GroupInput.properties, size: Type.Integer({ minimum: 0 }) });
export type Group = Static<typeof Group>;

export const failurePolicies = ['keep', 'rollback', 'retry'] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

/** What a user's file says. */
export const McisInput = closed({
  name: Name,
  description: Type.Optional(Type.String({ maxLength: 1024 })),
  labels: Type.Optional(Labels),
  groups: Type.Array(GroupInput, { minItems: 1, maxItems: 200 }),
  /** What to do when some VMs can't be made: keep the others, roll everything back (default), or retry. */
  onFailure: Type.Optional(oneOf(failurePolicies)),
  /** The block that each cloud's network is cut from (default 10.0.0.0/8); the networks never overlap. */
  cidr: Type.Optional(Cidr),
});
export type McisInput = Static<typeof McisInput>;

export const McisVm = closed({
  name: Name,
  group: Name,
  connection: Name,
  provider: Type.String(),
  region: Type.String(),
  zone: Type.String(),
  /** The cloud's id of the spec, and what the cloud calls it. */
  spec: Type.String(),
  specName: Type.String(),
  image: Type.String(),
  state: Vm.properties.state,
  publicIp: Type.String(),
  privateIp: Type.String(),
  ssh: Vm.properties.ssh,
  /** The cloud's id of the VM; "" while it has none. */
  id: Type.String(),
  /** Its name at the connection's level (`/v1/connections/{connection}/vms/{vmName}`). */
  vmName: Type.String(),
  /** Why it failed; "" otherwise. */
  problem: Type.String(),
  created: Time,
});
export type McisVm = Static<typeof McisVm>;

export const StateCounts = Type.Record(Type.String(), Type.Integer());
export const Mcis = closed({
  name: Name,
  namespace: Name,
  description: Type.String(),
  labels: Labels,
  state: oneOf(mcisStates),
  /** For people: `Running 6/6`, `Partial: Running 5, Failed 1`. */
  status: Type.String(),
  counts: StateCounts,
  groups: Type.Array(Group),
  onFailure: oneOf(failurePolicies),
  vms: Type.Array(McisVm),
  /** Operation that is changing it now; "" when none. */
  operation: Type.String(),
  created: Time,
  updated: Time,
});
export type Mcis = Static<typeof Mcis>;
/** A line of the list of MCISes: without the VMs. */
export const McisSummary = Type.Omit(Mcis, ['vms', 'groups']);
export type McisSummary = Omit<Mcis, 'vms' | 'groups'>;

/** What would be made, nothing made. */
export const McisPlan = closed({
  name: Name,
  vmCount: Type.Integer(),
  connections: Type.Array(
    closed({
      connection: Name,
      provider: Type.String(),
      region: Type.String(),
      cidr: Type.String(),
      /** false: made for this MCIS; true: the groups name one that is there. */
      reusesNetwork: Type.Boolean(),
      vmCount: Type.Integer(),
    }),
  ),
  groups: Type.Array(
    closed({
      name: Name,
      size: Type.Integer(),
      connection: Name,
      spec: Type.String(),
      specName: Type.String(),
      cpu: Type.Integer(),
      memoryMib: Type.Integer(),
      image: Type.String(),
      imageName: Type.String(),
      user: Type.String(),
      /** Why this connection, spec and image. */
      because: Type.Array(Type.String()),
    }),
  ),
});
export type McisPlan = Static<typeof McisPlan>;
