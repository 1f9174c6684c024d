/** Four specs: CB-Spider's mock driver's, two of them with GPUs. */
import type { Specs } from '@cloud-barista/driver/specs';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { Spec } from '@cloud-barista/model/spec';
import type { Context } from './calls.ts';
import { MemoryCloudError } from './errors.ts';
import { createShelf } from './shelf.ts';

const sizes = [
  { cpu: 4, memoryMib: 32_768, v100s: 2 },
  { cpu: 4, memoryMib: 32_768, v100s: 1 },
  { cpu: 8, memoryMib: 62_464, v100s: 0 },
  { cpu: 8, memoryMib: 1_024, v100s: 0 },
];

export const specs = createShelf<Spec & { id: CloudId }>('mock-vmspec');
for (const [index, { cpu, memoryMib, v100s }] of sizes.entries()) {
  const id = cloudId(`mock-vmspec-0${index + 1}`);
  specs.add({
    id,
    name: id,
    cpu,
    memoryMib,
    diskGb: 0,
    architecture: 'x86_64',
    gpus: v100s === 0 ? [] : [{ count: v100s, vendor: 'NVIDIA', model: 'V100', memoryMib: 16_384 }],
  });
}
const copy = (spec: Spec): Spec => ({ ...spec, gpus: spec.gpus.map(gpu => ({ ...gpu })) });

/** Throws SpecNotFound. */
export function specOf(id: CloudId): Spec {
  const spec = specs.get(id);
  if (!spec) throw new MemoryCloudError('SpecNotFound', `There is no spec ${id}.`);
  return spec;
}

export function createSpecs(context: Context): Specs {
  return {
    list: call => context.send('ListSpecs', 'spec', call, '', () => specs.page(call, copy)),
    get: (call, id) => context.send('GetSpec', 'spec', call, id, () => copy(specOf(id))),
  };
}
