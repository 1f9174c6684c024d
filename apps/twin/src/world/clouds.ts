/** The clouds that the Twin holds: one account each, with its credentials, regions, quotas and delays. */
import { createHash } from 'node:crypto';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import type { WireKind } from './world.ts';

/** A wire's word for its cloud, e.g. aws; checked against the wires that the Twin has (wires.ts). */
export type CloudKind = string;

/** How long a VM takes, in milliseconds. */
export interface Delays {
  create: number;
  start: number;
  stop: number;
  reboot: number;
  terminate: number;
}
export const defaultDelays: Delays = { create: 300, start: 200, stop: 200, reboot: 200, terminate: 200 };

export interface CloudInput {
  name: string;
  kind: CloudKind;
  regions?: string[];
  delays?: Partial<Delays>;
  /** Overrides of the wire's default quotas, by the wire's own names, per region. */
  quotas?: Record<string, number>;
  /** Credentials; made from the name where absent. */
  credentials?: Record<string, string>;
}

export interface Cloud {
  readonly name: string;
  readonly kind: CloudKind;
  readonly regions: string[];
  readonly delays: Delays;
  readonly quotas: Record<string, number>;
  /** By the wire's own keys (its `credentials`). */
  readonly credentials: Readonly<Record<string, string>>;
}

/** For secrets and account numbers that are always the same for one cloud's name, so that a restarted Twin takes the old ones. */
export const digest = (text: string): Buffer => createHash('sha256').update(`twin/${text}`).digest();

/** invalid_argument: a bad name, or a kind that no wire speaks. */
export function makeCloud(input: CloudInput, kinds: readonly WireKind[]): Cloud {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(input.name))
    throw new BaristaError('invalid_argument', `${JSON.stringify(input.name)} is no name for a cloud.`, {
      next: 'Use lower-case letters, digits and hyphens.',
      where: 'name',
    });
  const names = kinds.map(each => each.kind);
  const wire = kinds.find(each => each.kind === input.kind);
  if (!wire)
    throw new BaristaError('invalid_argument', `The Twin speaks no wire ${JSON.stringify(input.kind)}.`, {
      next: suggest(input.kind, names, `It is one of ${names.join(', ')}.`),
      where: 'kind',
    });
  for (const quota of Object.keys(input.quotas ?? {}))
    if (!Object.hasOwn(wire.quotas, quota))
      throw new BaristaError('invalid_argument', `${input.kind} has no quota ${JSON.stringify(quota)}.`, {
        next: suggest(quota, Object.keys(wire.quotas), `It has ${Object.keys(wire.quotas).join(', ')}.`),
        where: 'quotas',
      });
  return {
    name: input.name,
    kind: input.kind,
    regions: [...(input.regions ?? wire.regions)],
    delays: { ...defaultDelays, ...input.delays },
    quotas: { ...input.quotas },
    credentials: { ...wire.credentials(input.name), ...input.credentials },
  };
}
