/**
 * What is ordered and does not show yet. Google takes an insert before its thing shows in lists; who looks for the mark of a create
 * whose answer was lost must not conclude from an early list that nothing was made. Operations tell what is under way.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { ResourceKind } from '@cloud-barista/model/call';
import { orAbsent, tail, together, type Api } from './api.ts';
import type { Operation } from './errors.ts';

export interface Scope {
  resource: ResourceKind;
  /** Where operations are listed. */
  place: { zone: string } | 'global';
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
  const [where, path] = place === 'global' ? ['global', {}] : ['zones/{zone}', place];
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
