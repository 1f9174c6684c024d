/** Specs. There is no call for one alone, and none for prices. */
import type { Listings } from '@cloud-barista/driver/listing';
import type { Specs } from '@cloud-barista/driver/specs';
import type { Spec } from '@cloud-barista/model/spec';
import { absent, type Api } from './api.ts';
import type { SpecRecord } from './fields.ts';

const specOf = ({ id, name, cpu, mem, disk = 0, gpu = 0 }: SpecRecord): Spec => ({
  id,
  name,
  cpu,
  memoryMib: Math.round(mem * 1024),
  diskGb: disk,
  // Its servers are KVM guests of x86 hosts; the records say nothing of it.
  architecture: '',
  gpus: gpu > 0 ? [{ count: gpu, vendor: '', model: '', memoryMib: 0 }] : [],
});

export function createSpecs(api: Api, listings: Listings): Specs {
  const read = async (call: { signal: AbortSignal }) =>
    (await api.list<SpecRecord>(call, 'ace', 'specs', 'spec'))
      .filter(spec => (spec.enabled ?? 1) !== 0)
      .map(specOf);
  return {
    list: call => listings.page('specs', call, () => read(call)),
    async get(call, id) {
      const found = (await read(call)).find(spec => spec.id === id);
      if (!found) throw absent('spec', id);
      return found;
    },
  };
}
