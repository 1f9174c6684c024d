/** What stands in a connection's cloud, beside what our records say: the two differ where others work in the same account. */
import type { Static } from 'typebox';
import { closed, Name, oneOf } from './schema.ts';
import { Type } from './type.ts';

/** Kinds that have an integrated id: a name of ours tied to the cloud's id. */
export const integratedKinds = [
  'vpc',
  'security-group',
  'key-pair',
  'vm',
  'disk',
  'custom-image',
  'public-ip',
] as const;
export type IntegratedKind = (typeof integratedKinds)[number];
export const IntegratedKind = oneOf(integratedKinds);

/**
 * - `mapped`: a record of ours, and the cloud has it.
 * - `ours`: a record of ours only; in the cloud it is gone.
 * - `cloud`: in the cloud only; others made it, or it is an orphan.
 */
export const whereabouts = ['mapped', 'ours', 'cloud'] as const;

export const InventoryItem = closed({
  kind: IntegratedKind,
  where: oneOf(whereabouts),
  /** Our name; "" where it stands in the cloud only. */
  name: Type.String(),
  /** The cloud's id; "" while it is being made. */
  id: Type.String(),
  /** The name it carries in its cloud. */
  cloudName: Type.String(),
  /** Made by this installation and in no record of it: what a lost answer or a lost store leaves behind. */
  orphan: Type.Boolean(),
  /** The six letters of the installation that made it (`barista orphans --installation`); "" where its mark does not show. */
  installation: Type.String(),
});
export type InventoryItem = Static<typeof InventoryItem>;

export const RegisterInput = closed({
  kind: IntegratedKind,
  name: Name,
  id: Type.String({ minLength: 1, maxLength: 512, description: "the cloud's id" }),
  /** Of a VM: the user that SSH logs in as; the image's where absent. */
  user: Type.Optional(Type.String({ pattern: '^[a-z_][a-z0-9_-]{0,31}$' })),
  /** Of a key pair: its private half (OpenSSH or PEM), stored sealed, so that commands can be run with it. */
  privateKey: Type.Optional(Type.String({ maxLength: 16384 })),
});
export type RegisterInput = Static<typeof RegisterInput>;

export const OrphanDeletion = closed({
  item: InventoryItem,
  /** `would-delete` in a dry run. */
  outcome: oneOf(['deleted', 'would-delete', 'failed']),
  /** Why it failed; "" where it did not. */
  problem: Type.String(),
});
export type OrphanDeletion = Static<typeof OrphanDeletion>;
