import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readPrices, type Meter } from './prices.ts';

const now = new Date('2026-05-01T00:00:00Z');
const meter = (change: Partial<Meter> = {}): Meter => ({
  armSkuName: 'Standard_D2s_v5',
  productName: 'Virtual Machines Dsv5 Series',
  skuName: 'D2s v5',
  meterName: 'D2s v5',
  type: 'Consumption',
  unitOfMeasure: '1 Hour',
  retailPrice: 0.096,
  currencyCode: 'USD',
  effectiveStartDate: '2024-01-01T00:00:00Z',
  isPrimaryMeterRegion: true,
  ...change,
});
const hourly = (...meters: Meter[]) => readPrices(meters, now).get('standard_d2s_v5')?.hourly;

it('a price is of an hour of Linux, on demand', () => {
  const { spec, ...price } = readPrices([meter()], now).get('standard_d2s_v5') ?? {};
  assert.deepEqual([spec, price], ['Standard_D2s_v5', { hourly: 0.096, currency: 'USD' }]);
});

for (const [what, change] of Object.entries({
  Windows: { productName: 'Virtual Machines Dsv5 Series Windows' },
  Spot: { skuName: 'D2s v5 Spot', meterName: 'D2s v5 Spot' },
  'Low Priority': { skuName: 'D2s v5 Low Priority', meterName: 'D2s v5 Low Priority' },
  'Cloud Services': { productName: 'Dsv5 Series Cloud Services' },
  'a reservation': { type: 'Reservation' },
  'another unit': { unitOfMeasure: '1/Month' },
  'no size': { armSkuName: '' },
  'no price': { retailPrice: 0 },
  'a price of later': { effectiveStartDate: '2027-01-01T00:00:00Z' },
} satisfies Record<string, Partial<Meter>>))
  it(`${what} is none`, () => {
    assert.equal(hourly(meter(change)), undefined);
    assert.equal(hourly(meter(change), meter()), 0.096);
    assert.equal(hourly(meter(), meter(change)), 0.096);
  });

it('of several the region’s own holds, and of these the latest', () => {
  const later = meter({ retailPrice: 0.1, effectiveStartDate: '2025-01-01T00:00:00Z' });
  const foreign = meter({
    retailPrice: 0.2,
    effectiveStartDate: '2026-01-01T00:00:00Z',
    isPrimaryMeterRegion: false,
  });
  for (const meters of [
    [meter(), later, foreign],
    [foreign, later, meter()],
  ])
    assert.equal(hourly(...meters), 0.1);
});
