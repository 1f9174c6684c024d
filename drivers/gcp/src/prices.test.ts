/** What the price list's words mean, and machines' prices out of their parts'. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gather, hourlyOf, partOf, type Rates, type Sku } from './prices.ts';

test('the parts that SKUs are about', () => {
  for (const [description, part] of [
    ['N2 Instance Core running in Seoul', 'core n2'],
    ['N2 Instance Ram running in Seoul', 'ram n2'],
    ['N1 Predefined Instance Core running in Americas', 'core n1'],
    ['N2D AMD Instance Ram running in Seoul', 'ram n2d'],
    ['C4A Arm Instance Core running in Seoul', 'core c4a'],
    ['M3 Memory-optimized Instance Core running in Seoul', 'core m3'],
    ['Memory-optimized Instance Ram running in Seoul', 'ram m1'],
    ['Compute optimized Core running in Seoul', 'core c2'],
    ['Compute optimized Instance Ram running in Seoul', 'ram c2'],
    ['Nvidia Tesla T4 GPU running in Seoul', 'gpu t4'],
    ['Nvidia Tesla A100 80GB GPU running in Seoul', 'gpu a100-80gb'],
    ['Nvidia L4 GPU running in Seoul', 'gpu l4'],
    ['Micro Instance with burstable CPU running in Seoul', 'type f1-micro'],
    ['Small Instance with 1 VCPU running in Seoul', 'type g1-small'],
  ] as const)
    assert.equal(partOf(description), part, description);
  for (const other of [
    'N2 Custom Instance Core running in Seoul',
    'N2D AMD Custom Extended Instance Ram running in Seoul',
    'Custom Instance Core running in Seoul',
    'N2 Sole Tenancy Instance Core running in Seoul',
    'Sole Tenancy Premium for N2 Sole Tenancy Instance Core running in Seoul',
    'Spot Preemptible N2 Instance Core running in Seoul',
    'Commitment v1: N2 Cpu in Seoul for 1 Year',
    'Memory Optimized Upgrade Premium for Memory-optimized Instance Core running in Seoul',
    'Static Ip Charge',
  ])
    assert.equal(partOf(other), undefined, other);
});

const sku = (description: string, nanos: number, more: Partial<Sku> = {}, usageUnit = 'h'): Sku => ({
  description,
  category: { usageType: 'OnDemand' },
  serviceRegions: ['asia-northeast3'],
  pricingInfo: [
    {
      pricingExpression: {
        usageUnit,
        tieredRates: [{ unitPrice: { currencyCode: 'USD', units: '0', nanos } }],
      },
    },
  ],
  ...more,
});

test('rates by region and part: on-demand use alone, in the units that are meant, the dearer of two', () => {
  const catalogue = new Map<string, Rates>();
  gather(catalogue, [
    sku('N2 Instance Core running in Seoul', 40_000_000),
    sku('N2 Instance Core running in Seoul', 30_000_000),
    sku('N2 Instance Ram running in Seoul', 5_000_000, {}, 'GiBy.h'),
    sku('E2 Instance Core running in Seoul', 9, {}, 'mo'),
    sku('N2 Instance Core running in Seoul', 900_000_000, { category: { usageType: 'Preemptible' } }),
    sku('N2 Instance Core running in Seoul', 50_000_000, { serviceRegions: ['us-east1', 'us-west1'] }),
    { description: 'N2 Instance Core running in Seoul', category: { usageType: 'OnDemand' } },
    {},
  ]);
  assert.deepEqual(
    [...catalogue].map(([region, rates]) => [region, Object.fromEntries(rates)]),
    [
      ['asia-northeast3', { 'core n2': 0.04, 'ram n2': 0.005 }],
      ['us-east1', { 'core n2': 0.05 }],
      ['us-west1', { 'core n2': 0.05 }],
    ],
  );
});

test('a machine’s price: cores, memory and GPUs; none where a part has none', () => {
  const rates: Rates = new Map([
    ['core e2', 0.02],
    ['ram e2', 0.003],
    ['core g2', 0.03],
    ['ram g2', 0.004],
    ['gpu l4', 0.6],
    ['core a3', 0.05],
    ['ram a3', 0.005],
    ['type f1-micro', 0.009],
  ]);
  const e2 = (name: string, memoryMb: number) => hourlyOf({ name, guestCpus: 2, memoryMb }, rates);
  assert.equal(e2('e2-standard-2', 8192), 0.064);
  assert.equal(e2('e2-micro', 1024), 0.008);
  assert.equal(e2('e2-small', 2048), 0.016);
  assert.equal(e2('e2-medium', 4096), 0.032);
  assert.equal(hourlyOf({ name: 'f1-micro', guestCpus: 1, memoryMb: 614 }, rates), 0.009);
  const g2 = { name: 'g2-standard-4', guestCpus: 4, memoryMb: 16_384 };
  const gpus = (guestAcceleratorType: string) => [{ guestAcceleratorType, guestAcceleratorCount: 1 }];
  assert.equal(hourlyOf({ ...g2, accelerators: gpus('nvidia-l4') }, rates), 0.784);
  assert.equal(hourlyOf({ ...g2, accelerators: gpus('nvidia-tesla-t4') }, rates), undefined);
  assert.equal(hourlyOf({ ...g2, name: 'n2-standard-4' }, rates), undefined);
  assert.equal(hourlyOf({ ...g2, bundledLocalSsds: { partitionCount: 1 } }, rates), undefined);
  assert.equal(hourlyOf({ ...g2, name: 'a3-megagpu-8g' }, rates), undefined);
});
