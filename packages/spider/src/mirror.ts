/**
 * The records under `/spider/`, parsed and in memory: every read is answered from here, every write goes to the store
 * first and is taken over when durable. Where several servers share a store the watch brings the others' writes; a
 * change older than what is held (our own, coming back) is dropped by its revision.
 */
import type { Compare, Store, Write } from '@cloud-barista/store/store';

export interface Held<T = unknown> {
  /** Never changed in place. */
  readonly value: T;
  readonly revision: number;
  /** What a reader made of it; made anew with the next revision. */
  view?: unknown;
}
export interface Commit {
  if?: Compare[];
  put?: { key: string; value: unknown }[];
  delete?: string[];
}
export interface Mirror {
  get<T>(key: string): Held<T> | undefined;
  /** As `get`, but asks the store where nothing is held: another server's write may not have come by yet. */
  find<T>(key: string): Promise<Held<T> | undefined>;
  /** The names under a folder (`/spider/regions/`), sorted. */
  names(folder: string): readonly string[];
  values<T>(folder: string): Held<T>[];
  /** Folders that start with `prefix` and hold something. */
  folders(prefix: string): string[];
  /** False where a condition did not hold; then what the conditions name has been read again. */
  commit(commit: Commit): Promise<boolean>;
  onChange(listener: (key: string) => void): void;
  close(): Promise<void>;
}

const root = '/spider/';
interface Folder {
  entries: Map<string, Held>;
  sorted: string[] | undefined;
}
const split = (key: string): [folder: string, name: string] => {
  const slash = key.lastIndexOf('/') + 1;
  return [key.slice(0, slash), key.slice(slash)];
};

export async function openMirror(
  store: Store,
  options: {
    signal: AbortSignal;
    sleep: (ms: number, signal: AbortSignal) => Promise<void>;
    log: (line: object) => void;
  },
): Promise<Mirror> {
  const { signal } = options;
  const folders = new Map<string, Folder>();
  /** Deletes that the watch has not told yet: an older put coming back must not bring the key to life. */
  const graves = new Map<string, number>();
  const listeners: ((key: string) => void)[] = [];

  function lookup(key: string): Held | undefined {
    const [folder, name] = split(key);
    return folders.get(folder)?.entries.get(name);
  }
  function take(key: string, revision: number, value: () => unknown): void {
    const [path, name] = split(key);
    let folder = folders.get(path);
    if ((folder?.entries.get(name)?.revision ?? 0) >= revision || (graves.get(key) ?? 0) >= revision) return;
    if (!folder) folders.set(path, (folder = { entries: new Map(), sorted: undefined }));
    if (!folder.entries.has(name)) folder.sorted = undefined;
    folder.entries.set(name, { value: value(), revision });
    for (const listener of listeners) listener(key);
  }
  function drop(key: string, revision: number, seen: boolean): void {
    const [path, name] = split(key);
    const folder = folders.get(path);
    const held = folder?.entries.get(name);
    if (!seen) graves.set(key, revision);
    if (!folder || !held || held.revision > revision) return;
    folder.entries.delete(name);
    folder.sorted = undefined;
    if (folder.entries.size === 0) folders.delete(path);
    for (const listener of listeners) listener(key);
  }

  /** Reads everything; returns the revision from which a watch misses nothing. */
  async function load(): Promise<number> {
    const present = new Set<string>();
    let from: number | undefined;
    let after: string | undefined;
    for (;;) {
      const listing = await store.list({ prefix: root, limit: 1000, ...(after !== undefined && { after }) });
      from ??= listing.revision;
      for (const entry of listing.entries) {
        present.add(entry.key);
        take(entry.key, entry.revision, () => JSON.parse(entry.value));
      }
      after = listing.entries.at(-1)?.key;
      if (!listing.more || after === undefined) break;
    }
    for (const [path, folder] of folders)
      for (const [name, held] of folder.entries)
        if (held.revision <= from && !present.has(path + name)) drop(path + name, from, true);
    return from;
  }
  async function follow(first: number): Promise<void> {
    let from = first;
    while (!signal.aborted) {
      try {
        for await (const change of store.watch(root, { from: from + 1, signal })) {
          if (change.type === 'put') take(change.key, change.revision, () => JSON.parse(change.value));
          else drop(change.key, change.revision, true);
          from = change.revision;
          if (graves.size > 0) for (const [key, at] of graves) if (at <= from) graves.delete(key);
        }
        if (signal.aborted) return;
      } catch (error) {
        if (signal.aborted) return;
        options.log({
          level: 'warn',
          message: 'The watch on the store broke off; reading anew.',
          error: String(error),
        });
      }
      // Compacted away, too slow, or the store was out of reach: read all again.
      try {
        await options.sleep(200, signal);
        from = await load();
      } catch {
        if (signal.aborted) return;
      }
    }
  }
  const following = follow(await load());

  async function reread(key: string): Promise<void> {
    const entry = await store.get(key);
    if (entry) take(key, entry.revision, () => JSON.parse(entry.value));
    else {
      const held = lookup(key);
      if (held) drop(key, held.revision, true);
    }
  }

  return {
    get: <T>(key: string) => lookup(key) as Held<T> | undefined,
    async find<T>(key: string) {
      const held = lookup(key);
      if (held) return held as Held<T>;
      await reread(key);
      return lookup(key) as Held<T> | undefined;
    },
    names(path) {
      const folder = folders.get(path);
      if (!folder) return [];
      return (folder.sorted ??= [...folder.entries.keys()].sort());
    },
    values<T>(path: string) {
      const folder = folders.get(path);
      if (!folder) return [];
      folder.sorted ??= [...folder.entries.keys()].sort();
      return folder.sorted.flatMap(name => (folder.entries.get(name) as Held<T> | undefined) ?? []);
    },
    folders: prefix => [...folders.keys()].filter(path => path.startsWith(prefix)).sort(),
    async commit({ if: conditions = [], put = [], delete: gone = [] }) {
      const writes: Write[] = [
        ...put.map(({ key, value }) => ({ put: key, value: JSON.stringify(value) })),
        ...gone.map(key => ({ delete: key })),
      ];
      const result = await store.txn({ if: conditions, then: writes });
      if (!result.ok) {
        await Promise.all(conditions.map(condition => reread(condition.key)));
        return false;
      }
      for (const { key, value } of put) take(key, result.revision, () => value);
      for (const key of gone) drop(key, result.revision, false);
      return true;
    },
    onChange: listener => void listeners.push(listener),
    async close() {
      await following;
    },
  };
}
