/** The price list: read whole, from the one endpoint, without a token, and kept. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cloudId } from '@cloud-barista/model/ids';
import { call, script, type Asked } from './scripted.ts';

const meter = (armSkuName: string, retailPrice: number) => ({
  armSkuName,
  retailPrice,
  unitOfMeasure: '1 Hour',
  type: 'Consumption',
  productName: 'Virtual Machines BS Series',
  skuName: 'B',
  meterName: 'B',
  currencyCode: 'USD',
  effectiveStartDate: '2024-01-01T00:00:00Z',
  isPrimaryMeterRegion: true,
});
const isSecond = ({ url }: Asked) => url.includes('skip=1000');

it('is read page by page at our endpoint, once for many, without a token', async () => {
  const server = await script(asked => ({
    body: isSecond(asked)
      ? { Items: [meter('Standard_B2s', 0.05)], NextPageLink: null }
      : {
          Items: [meter('Standard_B1s', 0.01)],
          NextPageLink: `https://prices.azure.com:443${asked.url}&$skip=1000`,
        },
  }));
  const prices = server.cloud.prices;
  assert.ok(prices);
  assert.deepEqual(await prices.get(call(), []), []);
  assert.equal(server.asked.length, 0, 'nothing asked for, nothing sent');
  const asked = [cloudId('standard_b1s'), cloudId('Standard_None')];
  const [one, two] = await Promise.all([prices.get(call(), asked), prices.get(call(), asked)]);
  assert.deepEqual(
    one.map(({ spec, hourly }) => [spec, hourly]),
    [
      ['standard_b1s', 0.01],
      ['Standard_B2s', 0.05],
    ],
  );
  assert.deepEqual(two, one);
  assert.equal(server.asked.length, 2);
  for (const { headers } of server.asked) assert.equal(headers.authorization, undefined);
  const filter = new URL(server.asked[0]?.url ?? '', server.url).searchParams.get('$filter');
  assert.equal(
    filter,
    "serviceName eq 'Virtual Machines' and armRegionName eq 'koreacentral' and priceType eq 'Consumption'",
  );
  assert.equal(server.tokens(), 0);
  await server.close();
});

it('an error is not kept', async () => {
  let first = true;
  const server = await script(() => {
    if (!first) return { body: { Items: [meter('Standard_B1s', 0.01)] } };
    first = false;
    return { status: 503, body: { error: { code: 'ServiceUnavailable', message: 'Later.' } } };
  });
  const get = () => server.cloud.prices?.get(call(), [cloudId('Standard_B1s')]);
  await assert.rejects(async () => get(), { code: 'unavailable' });
  assert.equal((await get())?.length, 1);
  await server.close();
});
