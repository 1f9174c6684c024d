/** The plug-ins of this server: those that the store names, each in a process of its own, taken up and let go as the records come and go. */
import type { Mirror } from '../mirror.ts';
import { driverKey, drivers } from '../keys.ts';
import type { DriverFacts } from './facts.ts';
import { checkFile } from './module.ts';
import { loadPlugIn, resumePlugIn, type PlugIn } from './plug-in.ts';
import { usualLimits, type Limits } from './child.ts';

/** As stored. What the driver said of itself stands in it, so that it is known also where it can't be loaded. */
export interface PlugInRecord {
  /** Tells it from one of the same name before or after it. */
  id: string;
  name: string;
  module: string;
  memoryMb: number;
  created: string;
  facts: DriverFacts;
}

export interface PlugIns {
  names(): readonly string[];
  get(name: string): { record: PlugInRecord; plugIn: PlugIn } | undefined;
  /** Loads a module that no record names yet; `keep` it under its record, or close it. */
  load(module: string, memoryMb: number): Promise<PlugIn>;
  keep(id: string, plugIn: PlugIn): void;
  /** Ends what was kept and found no record. */
  forget(id: string): Promise<void>;
  close(): Promise<void>;
}

export function openPlugIns(options: {
  mirror: Mirror;
  from: readonly string[];
  limits: Partial<Limits>;
  /** Names that no plug-in may take. */
  own: ReadonlySet<string>;
  signal: AbortSignal;
  log: (line: object) => void;
}): PlugIns {
  const { mirror, from, own, signal, log } = options;
  const limits = { ...usualLimits, ...options.limits };
  const held = new Map<string, { id: string; plugIn: PlugIn }>();
  /** Loaded here, their records about to be written; by their ids. */
  const fresh = new Map<string, PlugIn>();
  let closed = false;

  function follow(name: string): void {
    const record = mirror.get<PlugInRecord>(driverKey(name))?.value;
    const entry = held.get(name);
    if (entry && entry.id === record?.id) return;
    if (entry) {
      held.delete(name);
      void entry.plugIn.close();
    }
    if (!record || closed || own.has(name)) return;
    const { id, module, memoryMb, facts } = record;
    const plugIn =
      fresh.get(id) ?? resumePlugIn({ module, memoryMb, from, limits, admit: checkFile, signal, log }, facts);
    fresh.delete(id);
    held.set(name, { id, plugIn });
  }
  mirror.onChange(key => {
    if (key.startsWith(drivers)) follow(key.slice(drivers.length));
  });
  for (const name of mirror.names(drivers)) follow(name);

  return {
    names: () => mirror.names(drivers).filter(name => !own.has(name)),
    get(name) {
      const record = mirror.get<PlugInRecord>(driverKey(name))?.value;
      const entry = held.get(name);
      return record && entry ? { record, plugIn: entry.plugIn } : undefined;
    },
    load: (module, memoryMb) => loadPlugIn({ module, memoryMb, from, limits, admit: checkFile, signal, log }),
    keep: (id, plugIn) => void fresh.set(id, plugIn),
    async forget(id) {
      await fresh.get(id)?.close();
      fresh.delete(id);
    },
    async close() {
      closed = true;
      await Promise.all([...held.values()].map(({ plugIn }) => plugIn.close()));
      held.clear();
    },
  };
}
