/**
 * The project's common metadata, in which key pairs are kept ("projects.setCommonInstanceMetadata"). It is changed whole, under the
 * fingerprint of what was read: who was slower meets conditionNotMet, reads again and changes that.
 */
import { randomUUID } from 'node:crypto';
import type { Call } from '@cloud-barista/driver/call';
import { backOff, orCancelled } from '@cloud-barista/driver/concurrency';
import { hasCode } from '@cloud-barista/model/errors';
import type { Api } from './api.ts';
import type { Operation } from './errors.ts';
import { lookTwice, type Scope } from './pending.ts';

interface Item {
  key: string;
  value?: string;
}
export interface Metadata {
  fingerprint?: string;
  items?: Item[];
}

/** With chance in the pauses, twenty writers at once come through in far fewer. */
const rounds = 60;

/** Changes of the metadata: their target is the project itself. */
const changes: Scope = {
  resource: 'key-pair',
  place: 'global',
  hidden: ({ targetLink = '' }) => /\/projects\/[^/]+$/.test(targetLink),
};

export interface CommonMetadata {
  read(call: Call): Promise<Map<string, string>>;
  /** `change` is given what stands and returns true where it changed it; it may be called again on newer items. */
  edit(call: Call, name: string, change: (items: Map<string, string>) => boolean): Promise<void>;
  /** Looks, and where that finds nothing again, once the changes that are under way have ended. */
  lookTwice<T>(call: Call, look: () => Promise<T[]>): Promise<T[]>;
}

export function createMetadata(api: Api): CommonMetadata {
  /** Changes of this process wait for each other, rather than refuse each other. */
  let last: Promise<void> = Promise.resolve();

  async function load({ signal }: Call): Promise<Metadata> {
    const query = { fields: 'commonInstanceMetadata(fingerprint,items)' };
    const order = { resource: 'key-pair', path: {}, query } as const;
    const project = await api.send<{ commonInstanceMetadata?: Metadata }>(
      'GET projects/{project}',
      order,
      signal,
    );
    return project.commonInstanceMetadata ?? {};
  }

  const itemsOf = (metadata: Metadata) =>
    new Map((metadata.items ?? []).map(({ key, value = '' }) => [key, value]));

  async function once(
    call: Call,
    name: string,
    change: (items: Map<string, string>) => boolean,
  ): Promise<void> {
    const found = await load(call);
    const items = itemsOf(found);
    if (!change(items)) return;
    const body = {
      ...(found.fingerprint !== undefined && { fingerprint: found.fingerprint }),
      items: [...items].map(([key, value]) => ({ key, value })),
    };
    const about = { resource: 'key-pair', name } as const;
    const operation = await api.send<Operation>(
      'POST projects/{project}/setCommonInstanceMetadata',
      { ...about, body, query: { requestId: randomUUID() } },
      call.signal,
    );
    await api.done(operation, about, call.signal);
  }

  return {
    lookTwice: (call, look) => lookTwice(api, call, async () => ({ found: await look(), scope: changes })),
    read: async call => itemsOf(await load(call)),
    async edit(call, name, change) {
      const turn = last;
      const mine = Promise.withResolvers<void>();
      last = mine.promise;
      try {
        await orCancelled(turn, call.signal);
        for (let round = 0; ; round++)
          try {
            return await once(call, name, change);
          } catch (error) {
            if (!hasCode(error, 'aborted') || round >= rounds) throw error;
            await backOff(call.signal, Math.floor(Math.random() * Math.min(round + 1, 5)));
          }
      } finally {
        // Who gives up while waiting must not let the next one in before its turn.
        void turn.then(mine.resolve);
      }
    },
  };
}
