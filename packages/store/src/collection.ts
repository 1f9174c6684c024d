/** Typed JSON records of one kind under one prefix, on the store. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Page } from '@cloud-barista/model/schema';
import type { Compare, Store, Write } from './store.ts';

export interface Versioned<T> {
  value: T;
  revision: number;
}

export interface Collection<T> {
  readonly prefix: string;
  keyOf(name: string): string;
  get(name: string): Promise<Versioned<T> | undefined>;
  /** Pages by name; `cursor` is the last name of the page before. */
  page(options: { cursor?: string | undefined; limit: number }): Promise<Page<T>>;
  all(): Promise<T[]>;
  /** already_exists where it is there. Returns the revision. */
  create(name: string, value: T): Promise<number>;
  /** Compare-and-set; aborted where it was changed since `revision`. */
  replace(name: string, value: T, revision: number): Promise<number>;
  put(name: string, value: T): Promise<number>;
  /** Read, change, compare-and-set, again until it holds. Undefined from `change` leaves it as it is. not_found where absent. */
  update(name: string, change: (value: T) => T | undefined): Promise<T>;
  delete(name: string): Promise<void>;
  /** For transactions over several collections. */
  write(name: string, value: T): Write;
}

/** `prefix` ends with a slash. `noun` is for errors, e.g. "connection". */
export function collection<T>(store: Store, prefix: string, noun: string): Collection<T> {
  const keyOf = (name: string) => prefix + name;
  const write = (name: string, value: T): Write => ({ put: keyOf(name), value: JSON.stringify(value) });
  const parse = (text: string) => JSON.parse(text) as T;

  async function get(name: string): Promise<Versioned<T> | undefined> {
    const entry = await store.get(keyOf(name));
    return entry && { value: parse(entry.value), revision: entry.revision };
  }
  async function guarded(name: string, value: T, revision: number): Promise<number | undefined> {
    const condition: Compare = { key: keyOf(name), revision };
    const result = await store.txn({ if: [condition], then: [write(name, value)] });
    return result.ok ? result.revision : undefined;
  }

  return {
    prefix,
    keyOf,
    get,
    write,
    async page({ cursor, limit }) {
      const listing = await store.list({
        prefix,
        limit,
        ...(cursor !== undefined && { after: keyOf(cursor) }),
      });
      const items = listing.entries.map(entry => parse(entry.value));
      const last = listing.entries.at(-1);
      return listing.more && last ? { items, next: last.key.slice(prefix.length) } : { items };
    },
    async all() {
      return (await store.list({ prefix })).entries.map(entry => parse(entry.value));
    },
    async create(name, value) {
      const revision = await guarded(name, value, 0);
      if (revision !== undefined) return revision;
      throw new BaristaError('already_exists', `The ${noun} ${JSON.stringify(name)} already exists.`, {
        where: noun,
      });
    },
    async replace(name, value, revision) {
      const now = await guarded(name, value, revision);
      if (now !== undefined) return now;
      throw new BaristaError('aborted', `The ${noun} ${JSON.stringify(name)} was changed meanwhile.`, {
        next: 'Read it again and repeat the change.',
      });
    },
    async put(name, value) {
      return (await store.txn({ then: [write(name, value)] })).revision;
    },
    async update(name, change) {
      for (;;) {
        const before = await get(name);
        if (!before)
          throw new BaristaError('not_found', `The ${noun} ${JSON.stringify(name)} does not exist.`, {
            where: noun,
          });
        const value = change(before.value);
        if (value === undefined) return before.value;
        if ((await guarded(name, value, before.revision)) !== undefined) return value;
      }
    },
    async delete(name) {
      await store.txn({ then: [{ delete: keyOf(name) }] });
    },
  };
}
