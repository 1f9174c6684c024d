/** Firewalls over the wire ("firewalls"): the list, one, insert and delete, each waited for. */
import { randomUUID } from 'node:crypto';
import type { Call } from '@cloud-barista/driver/call';
import { orAbsent } from '@cloud-barista/driver/errors';
import { hasCode } from '@cloud-barista/model/errors';
import type { Api } from './api.ts';
import type { Operation } from './errors.ts';
import type { Firewall } from './rules.ts';

const resource = 'security-group';
const fields =
  'name,description,network,direction,priority,sourceRanges,destinationRanges,targetTags,allowed,denied,disabled';

/** All of the project: it has some hundreds at most ("VPC quotas: firewall rules"). */
export const listFirewalls = (api: Api, { signal }: Call): Promise<Firewall[]> =>
  api.all<Firewall>(
    'GET projects/{project}/global/firewalls',
    { resource, query: { fields: `items(${fields}),nextPageToken` } },
    signal,
  );

export const readFirewall = (api: Api, { signal }: Call, name: string): Promise<Firewall> =>
  api.send<Firewall>(
    'GET projects/{project}/global/firewalls/{firewall}',
    { resource, name, path: { firewall: name }, query: { fields } },
    signal,
  );

/** Throws already_exists where one of the name stands. */
export async function insertFirewall(
  api: Api,
  { signal }: Call,
  body: Firewall,
  requestId: string = randomUUID(),
): Promise<void> {
  const about = { resource, name: body.name ?? '' } as const;
  const order = { ...about, body, query: { requestId } };
  const operation = await api.send<Operation>('POST projects/{project}/global/firewalls', order, signal);
  await api.done(operation, about, signal);
}

/** A rule's name says all that it allows: one that stands is the one that is wanted. */
export const ensureFirewall = (...args: Parameters<typeof insertFirewall>): Promise<void> =>
  insertFirewall(...args).catch((error: unknown) => {
    if (!hasCode(error, 'already_exists')) throw error;
  });

export async function deleteFirewall(api: Api, { signal }: Call, name: string): Promise<void> {
  const about = { resource, name } as const;
  const order = { ...about, path: { firewall: name }, query: { requestId: randomUUID() } };
  const operation = await orAbsent(
    api.send<Operation>('DELETE projects/{project}/global/firewalls/{firewall}', order, signal),
  );
  if (operation) await orAbsent(api.done(operation, about, signal));
}
