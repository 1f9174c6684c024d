/** One request on its way to its handler. */
import type { World } from '../../world/world.ts';
import type { Account } from './account.ts';
import { conditionNotMet, GcpError, invalid, required } from './errors.ts';
import { checkKeys, labelsOf, type Json } from './body.ts';
import type { Operation } from './records.ts';

export interface Call {
  readonly world: World;
  readonly account: Account;
  /** The one in the path. */
  readonly project: string;
  /** http://host/gcp/<cloud>/compute/v1, which all links begin with. */
  readonly base: string;
  /** What the pattern's `{zone}`, `{region}`, `{name}` stood for; "" where it has none. */
  readonly zone: string;
  readonly region: string;
  readonly name: string;
  /** {} without a body. */
  readonly body: Json;
  readonly query: URLSearchParams;
  /** A fault that shows only in the operation. */
  readonly late: 'error' | 'capacity' | undefined;
}

export type Result = Operation | { view: Json } | { list: Json };

export const link = (call: Pick<Call, 'base'>, path: string): string => `${call.base}/${path}`;
export const own = (call: Pick<Call, 'account'>, path: string): string =>
  `projects/${call.account.projectId}/${path}`;

/** What an aggregated list of a zone's or a region's nouns goes through. */
export const zoneScopes = ({ account }: Pick<Call, 'account'>): string[] =>
  account.zones.map(zone => `zones/${zone}`);
export const regionScopes = ({ account }: Pick<Call, 'account'>): string[] =>
  account.regions.map(region => `regions/${region}`);

/** A query parameter; 400 where it is needed and absent. */
export function parameter(call: Call, name: string): string {
  const value = call.query.get(name);
  if (value === null || value === '')
    throw new GcpError(400, 'required', `Required parameter: ${name}`, {
      location: { type: 'parameter', name },
    });
  return value;
}

/** Changes carry the fingerprint of what they change. */
export function checkFingerprint(given: unknown, current: string, what: string): void {
  if (given === undefined || given === null || given === '')
    throw invalid('fingerprint', '', `The ${what} fingerprint must be given.`);
  if (given !== current)
    throw conditionNotMet(`Supplied fingerprint does not match current ${what} fingerprint.`);
}

const labelKeys = new Set(['labels', 'labelFingerprint']);

/** What setLabels is given, for a resource whose labels have `current` for their fingerprint. 412 where they have changed since it was read. */
export function checkLabels({ body }: Call, current: string): Record<string, string> {
  checkKeys(body, labelKeys, 'set_labels_request');
  const given = body['labelFingerprint'];
  if (given === undefined || given === null || given === '') throw required('labelFingerprint');
  if (given !== current)
    throw conditionNotMet('Labels fingerprint either invalid or resource labels have changed');
  return labelsOf(body, 'set_labels_request');
}
