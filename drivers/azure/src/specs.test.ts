import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isOffered, toSpec, type Sku } from './specs.ts';

const sku = (change: Partial<Sku> = {}): Sku => ({
  resourceType: 'virtualMachines',
  name: 'Standard_NC4as_T4_v3',
  family: 'Standard NCASv3_T4 Family',
  locations: ['KoreaCentral'],
  locationInfo: [{ location: 'KoreaCentral', zones: ['1', '3'] }],
  capabilities: [
    { name: 'vCPUs', value: '4' },
    { name: 'MemoryGB', value: '28' },
    { name: 'GPUs', value: '1' },
    { name: 'CpuArchitectureType', value: 'x64' },
  ],
  restrictions: [],
  ...change,
});

it('reads a size by its capabilities', () => {
  assert.deepEqual(toSpec(sku()), {
    id: 'Standard_NC4as_T4_v3',
    name: 'Standard_NC4as_T4_v3',
    cpu: 4,
    memoryMib: 28_672,
    diskGb: 0,
    architecture: 'x86_64',
    gpus: [{ count: 1, vendor: 'NVIDIA', model: 'T4', memoryMib: 16_384 }],
  });
  const arm = toSpec(
    sku({
      name: 'Standard_B2pts_v2',
      capabilities: [
        { name: 'vCPUs', value: '2' },
        { name: 'MemoryGB', value: '0.75' },
        { name: 'CpuArchitectureType', value: 'Arm64' },
      ],
    }),
  );
  assert.deepEqual([arm.architecture, arm.memoryMib, arm.gpus], ['arm64', 768, []]);
});

it('offers what the location, the zone and the subscription allow', () => {
  const restricted = (type: string, zones?: string[]): Partial<Sku> => ({
    restrictions: [{ type, restrictionInfo: { locations: ['KoreaCentral'], ...(zones && { zones }) } }],
  });
  assert.ok(isOffered(sku(), 'koreacentral', ''));
  assert.ok(isOffered(sku(), 'koreacentral', '3'));
  assert.ok(!isOffered(sku(), 'koreacentral', '2'), 'not in that zone');
  assert.ok(!isOffered(sku(), 'westeurope', ''));
  assert.ok(!isOffered(sku({ resourceType: 'disks' }), 'koreacentral', ''));
  assert.ok(!isOffered(sku(restricted('Location')), 'koreacentral', ''));
  assert.ok(isOffered(sku(restricted('Zone', ['1'])), 'koreacentral', ''));
  assert.ok(!isOffered(sku(restricted('Zone', ['1'])), 'koreacentral', '1'));
  assert.ok(isOffered(sku(restricted('Zone', ['1'])), 'koreacentral', '3'));
});
