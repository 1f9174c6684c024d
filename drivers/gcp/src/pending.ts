/**
 * What is ordered and does not show yet. Google takes an insert before its thing shows in lists; who looks for the mark of a create
 * whose answer was lost must not conclude from an early list that nothing was made. Operations tell what is under way.
 */
import { randomUUID } from 'node:crypto';
import type { Call } from '@cloud-barista/driver/call';
import { backOff, together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { ResourceKind } from '@cloud-barista/model/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { checkOperation, tail, type Api, type Order } from './api.ts';
import type { Operation } from './errors.ts';

export interface Scope {
  resource: ResourceKind;
  /** Where operations are listed. */
  place: { zone: string } | { region: string } | 'global';
  /** True for an operation whose thing does not show yet. */
  hidden: (operation: Operation) => boolean;
}

const fields = 'items(name,status,operationType,targetLink,zone,region),nextPageToken';

/** For inserts into a collection, of names that are not seen. */
export const insertsOf =
  (collection: string, seen: ReadonlySet<string>) =>
  ({ operationType, targetLink = '' }: Operation): boolean =>
    operationType === 'insert' && targetLink.includes(`/${collection}/`) && !seen.has(tail(targetLink));

export async function underWay(
  api: Api,
  { signal }: Call,
  { resource, place, hidden }: Scope,
): Promise<Operation[]> {
  const where = place === 'global' ? 'global' : 'zone' in place ? 'zones/{zone}' : 'regions/{region}';
  const path = place === 'global' ? {} : place;
  const operations = await api.all<Operation>(
    `GET projects/{project}/${where}/operations`,
    { resource, path, query: { filter: 'status != "DONE"', fields } },
    signal,
  );
  return operations.filter(operation => operation.status !== 'DONE' && hidden(operation));
}

/**
 * Looks; where that finds nothing, waits for what is under way, however it ends, and looks again – also where nothing was under way: it
 * may have ended between the two questions.
 */
export async function lookTwice<T>(
  api: Api,
  call: Call,
  look: () => Promise<{ found: T[]; scope: Scope }>,
): Promise<T[]> {
  const { found, scope } = await look();
  if (found.length > 0) return found;
  const left = await underWay(api, call, scope);
  const { resource } = scope;
  await together(left.map(operation => orAbsent(api.end(operation, { resource }, call.signal))));
  return (await look()).found;
}

/**
 * Waits until what was ordered shows: that is the order taken. As a rule it does at once. Where the operation fails before, its error is the
 * create's; where it fails later, the thing tells (a VM: orders.ts; an image: its status). Waiting for more would cost seconds to minutes.
 */
export async function appeared<T>(
  api: Api,
  { signal }: Call,
  operation: Operation,
  about: { resource: ResourceKind; name: string },
  look: () => Promise<T | undefined>,
): Promise<T> {
  checkOperation(operation);
  for (let round = 0, latest = operation; ; round++) {
    const found = await look();
    if (found !== undefined) return found;
    latest = (await orAbsent(api.look(latest, about, signal))) ?? latest;
    checkOperation(latest);
    if (latest.status === 'DONE' && round > 5)
      throw new BaristaError(
        'aborted',
        `The ${about.resource} ${about.name} was deleted while it was being made.`,
        {
          next: 'Make it again.',
        },
      );
    await backOff(signal, round);
  }
}

/** So often a change is tried while another operation holds the thing: about 13 s. */
const rounds = 12;

/** Orders a change and waits for its end. Google says resourceNotReady while another operation holds the thing: then it is ordered again. */
export async function change(
  api: Api,
  { signal }: Call,
  order: string,
  about: Order & { path: Record<string, string> },
): Promise<void> {
  for (let round = 0; ; round++)
    try {
      const query = { ...about.query, requestId: randomUUID() };
      const operation = await api.send<Operation>(order, { ...about, query }, signal);
      const { resource, name = '' } = about;
      return await api.done(operation, { resource, name }, signal);
    } catch (error) {
      if (!hasCode(error, 'aborted') || round >= rounds) throw error;
      await backOff(signal, round);
    }
}
