/**
 * The in-process cloud as a module of its own, to be loaded into a process: with a noun that no contract knows, by which the judge counts
 * what the cloud really holds and sets its faults – carried like any other.
 */
import type { Driver } from '@cloud-barista/driver/driver';
import { driver as memory, openMemoryCloud } from '@cloud-barista/driver-memory/open';

type Fault = Parameters<ReturnType<typeof openMemoryCloud>['fault']>[0];
export interface Truth {
  count(): Promise<Record<string, number>>;
  fault(rule?: Fault): Promise<void>;
}

export const driver: Driver = {
  ...memory,
  name: 'memory-outside',
  async open(config, road) {
    const cloud = await memory.open(config, road);
    const inside = openMemoryCloud(config.credential['mockName'] ?? '', { region: config.region });
    const truth: Truth = {
      count: async () => inside.count(),
      fault: async rule => inside.fault(rule),
    };
    return { ...cloud, truth };
  },
};
