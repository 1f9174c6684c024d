/**
 * Specs: Docker limits any container to any share of its host, so sizes are a grid of what people ask for, up to what the
 * host has. The id says it all: `cpu2-mem4096` is 2 CPUs and 4096 MiB.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { Specs } from '@cloud-barista/driver/specs';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Spec } from '@cloud-barista/model/spec';
import type { Engine } from './engine.ts';
import { architectureOf } from './images.ts';
import { cut } from './marks.ts';

const cpus = [1, 2, 4, 8, 16, 32, 64];
const memories = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

const specId = (cpu: number, memoryMib: number): string => `cpu${cpu}-mem${memoryMib}`;
/** A host's size changes with its hardware only; each VM's create asks for it. */
const keptMs = 60_000;
const kept = new WeakMap<Engine, { specs: Promise<Spec[]>; until: number }>();

export function offered(engine: Engine, call: Call): Promise<Spec[]> {
  const known = kept.get(engine);
  if (known && known.until > performance.now()) return known.specs;
  const specs = read(engine, call);
  kept.set(engine, { specs, until: performance.now() + keptMs });
  specs.catch(() => kept.delete(engine));
  return specs;
}
async function read(engine: Engine, call: Call): Promise<Spec[]> {
  const info = await engine.ask<{ NCPU: number; MemTotal: number; Architecture: string }>(
    call,
    'GET',
    '/info',
    { resource: 'spec' },
  );
  const most = info.MemTotal / 2 ** 20;
  return cpus
    .filter(cpu => cpu <= info.NCPU)
    .flatMap(cpu => memories.filter(memory => memory <= most).map(memoryMib => ({ cpu, memoryMib })))
    .map(({ cpu, memoryMib }) => {
      const id = specId(cpu, memoryMib);
      return {
        id,
        name: id,
        cpu,
        memoryMib,
        diskGb: 0,
        architecture: architectureOf(info.Architecture),
        gpus: [],
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function createSpecs(engine: Engine): Specs {
  return {
    list: async call => cut(await offered(engine, call), spec => spec.id, call),
    async get(call, id) {
      const found = (await offered(engine, call)).find(spec => spec.id === id);
      if (found) return found;
      throw new BaristaError('not_found', `The host offers no size ${JSON.stringify(id.slice(0, 100))}.`, {
        where: 'spec',
        next: 'Sizes are written like cpu1-mem512.',
      });
    },
  };
}
