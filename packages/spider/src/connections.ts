/**
 * Connections: driver + credential + region. References are kept whole without locks: a connection's create writes its
 * credential and region again (so that a delete that has looked before fails its comparison), and a connection's
 * delete first marks it, which every claim of a resource in it compares with.
 */
import type { Connection, ConnectionInput, Credential, Region } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import { requireName } from '@cloud-barista/model/names';
import { suggest } from '@cloud-barista/model/nearest';
import type { Page } from '@cloud-barista/model/schema';
import type { Spider } from './context.ts';
import {
  connectionKey,
  connections,
  credentialKey,
  credentials,
  hostKeys,
  ids,
  regionKey,
  regions,
  strayFolder,
} from './keys.ts';
import type { Held } from './mirror.ts';
import { paged, type PageOptions } from './paged.ts';

export type StoredConnection = Connection & { deleting?: true };
const shown = ({ deleting: _deleting, ...connection }: StoredConnection): Connection => connection;
const plurals = { credential: 'credentials', region: 'regions', connection: 'connections' } as const;

export function noSuch(
  spider: Spider,
  noun: keyof typeof plurals,
  folder: string,
  name: string,
): BaristaError {
  return new BaristaError('not_found', `There is no ${noun} ${JSON.stringify(name)}.`, {
    next: suggest(name, spider.mirror.names(folder), `List them with: barista get ${plurals[noun]}`),
    where: noun,
  });
}

/** The connection's record; not_found naming the nearest. */
export async function connectionOf(spider: Spider, name: string): Promise<Held<StoredConnection>> {
  const held = await spider.mirror.find<StoredConnection>(connectionKey(name));
  if (held) return held;
  throw noSuch(spider, 'connection', connections, name);
}

export async function createConnection(spider: Spider, input: ConnectionInput): Promise<Connection> {
  requireName(input.name, 'Connection name');
  const driver = await spider.drivers.get(input.driver);
  const key = connectionKey(input.name);
  for (;;) {
    const credential = await spider.mirror.find<Credential>(credentialKey(input.credential));
    if (!credential) throw noSuch(spider, 'credential', credentials, input.credential);
    const region = await spider.mirror.find<Region>(regionKey(input.region));
    if (!region) throw noSuch(spider, 'region', regions, input.region);
    for (const [noun, part] of [
      ['credential', credential.value],
      ['region', region.value],
    ] as const)
      if (part.driver !== input.driver)
        throw new BaristaError(
          'invalid_argument',
          `The ${noun} ${JSON.stringify(part.name)} is for the driver ${part.driver}, not ${input.driver}.`,
          {
            next: `Use a ${noun} of the driver ${input.driver}.`,
            where: noun,
          },
        );
    const connection: Connection = {
      ...input,
      provider: driver.provider,
      created: new Date(spider.now()).toISOString(),
    };
    const done = await spider.mirror.commit({
      if: [
        { key, revision: 0 },
        { key: credentialKey(input.credential), revision: credential.revision },
        { key: regionKey(input.region), revision: region.revision },
      ],
      put: [
        { key, value: connection },
        { key: credentialKey(input.credential), value: credential.value },
        { key: regionKey(input.region), value: region.value },
      ],
    });
    if (done) return connection;
    if (spider.mirror.get(key))
      throw new BaristaError(
        'already_exists',
        `The connection ${JSON.stringify(input.name)} already exists.`,
        {
          next: 'Choose another name, or delete the old one first.',
          where: 'name',
        },
      );
  }
}

export async function listConnections(spider: Spider, options: PageOptions = {}): Promise<Page<Connection>> {
  const page = paged(spider.mirror.values<StoredConnection>(connections), held => held.value.name, options);
  return { ...page, items: page.items.map(held => shown(held.value)) };
}

export const getConnection = async (spider: Spider, name: string): Promise<Connection> =>
  shown((await connectionOf(spider, name)).value);

/** Deletes a connection that holds nothing. */
export async function deleteConnection(spider: Spider, name: string): Promise<void> {
  const key = connectionKey(name);
  for (;;) {
    const held = await connectionOf(spider, name);
    const marked: StoredConnection = { ...held.value, deleting: true };
    if (
      !(await spider.mirror.commit({ if: [{ key, revision: held.revision }], put: [{ key, value: marked }] }))
    )
      continue;
    // From here on no claim in it succeeds: what is counted now is all there will be.
    const inIt = (await spider.store.list({ prefix: `${ids}${name}/`, limit: 1 })).entries[0];
    const unsettled = await spider.store.count(strayFolder(name));
    const mark = spider.mirror.get<StoredConnection>(key);
    if (inIt === undefined && unsettled === 0) {
      const leftovers = await spider.store.list({ prefix: `${hostKeys}${name}/`, limit: 100 });
      const done = await spider.mirror.commit({
        if: [{ key, revision: mark?.revision ?? 0 }],
        delete: [key, ...leftovers.entries.map(entry => entry.key)],
      });
      if (done) return;
      continue;
    }
    if (mark)
      await spider.mirror.commit({
        if: [{ key, revision: mark.revision }],
        put: [{ key, value: held.value }],
      });
    const [kind = '', resource = ''] = inIt?.key.slice(ids.length + name.length + 1).split('/') ?? [];
    throw inIt === undefined
      ? new BaristaError(
          'failed_precondition',
          `The connection ${JSON.stringify(name)} waits for creates whose answers were lost.`,
          {
            next: `They are looked for and settled within ${Math.ceil(spider.strayMs / 60_000)} min; try again then.`,
          },
        )
      : new BaristaError(
          'failed_precondition',
          `The connection ${JSON.stringify(name)} still holds the ${kind} ${JSON.stringify(resource)}.`,
          {
            next: 'Delete what it holds first.',
          },
        );
  }
}

/** Deletes a credential or a region that no connection uses. */
export async function deletePart(spider: Spider, noun: 'credential' | 'region', name: string): Promise<void> {
  const folder = noun === 'credential' ? credentials : regions;
  const key = folder + name;
  for (;;) {
    const held = await spider.mirror.find(key);
    if (!held) throw noSuch(spider, noun, folder, name);
    const listing = await spider.store.list({ prefix: connections });
    const user = listing.entries
      .map(entry => JSON.parse(entry.value) as Connection)
      .find(connection => connection[noun] === name);
    if (user)
      throw new BaristaError(
        'failed_precondition',
        `The ${noun} ${JSON.stringify(name)} is used by the connection ${JSON.stringify(user.name)}.`,
        {
          next: 'Delete the connection first.',
        },
      );
    // A connection made since has written the record again, and the comparison fails.
    if (await spider.mirror.commit({ if: [{ key, revision: held.revision }], delete: [key] })) return;
  }
}
