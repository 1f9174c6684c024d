/** The Retail Prices API, as its overview shows it. No SDK reaches it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type Json, type TestCloud } from './serve.ts';

describe('retail prices', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
    // Nobody has to say who they are.
    t.useToken(undefined);
  });
  after(() => t.close());

  const ask = (filter: string, more: Record<string, string> = {}) =>
    t.send(
      'GET',
      `${t.root}/arm/api/retail/prices?${new URLSearchParams({ ...(filter !== '' && { $filter: filter }), ...more }).toString()}`,
    );
  const items = async (filter: string, more?: Record<string, string>): Promise<Json[]> => {
    const answer = await ask(filter, more);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.Items;
  };
  const machines = "serviceName eq 'Virtual Machines' and priceType eq 'Consumption'";

  it('tell a size in a region, with Windows, spot and low priority beside it', async () => {
    const found = await items(
      `${machines} and armRegionName eq 'eastus' and armSkuName eq 'Standard_D2s_v5'`,
    );
    const plain = found.filter(
      each => !each.productName.endsWith('Windows') && !/Spot|Low Priority/.test(each.meterName),
    );
    assert.deepEqual(
      plain.map(each => [Number(each.retailPrice), each.meterName, each.productName]),
      [[0.096, 'D2s v5', 'Virtual Machines Dsv5 Series']],
    );
    assert.deepEqual(
      new Set(found.map(each => each.meterName)),
      new Set(['D2s v5', 'D2s v5 Spot', 'D2s v5 Low Priority']),
    );
    assert.equal(found.filter(each => each.productName.endsWith('Windows')).length, 3);
    const [seoul] = await items(
      `${machines} and armRegionName eq 'koreacentral' and armSkuName eq 'Standard_D2s_v5'`,
    );
    assert.equal(Number(seoul?.retailPrice), 0.117984);
  });

  it('come in pages of a hundred, each once', async () => {
    let answer = await ask(`${machines} and armRegionName eq 'eastus'`);
    assert.deepEqual([Number(answer.body.Count), answer.body.BillingCurrency], [100, 'USD']);
    const seen = new Set<string>();
    let count = 0;
    for (;;) {
      for (const item of answer.body.Items) {
        seen.add(`${item.armSkuName}/${item.meterName}/${item.productName}`);
        count++;
      }
      const next = answer.body.NextPageLink;
      if (!next) break;
      answer = await t.send('GET', next);
    }
    assert.ok(count > 300);
    assert.equal(seen.size, count);
    const [top] = await items('', { $top: '1' });
    assert.ok(top);
  });

  it('know reservations, savings plans, other currencies and the words of filters', async () => {
    const one = "armRegionName eq 'eastus' and armSkuName eq 'Standard_D2s_v5'";
    const terms = await items(`${one} and priceType eq 'Reservation'`);
    assert.deepEqual(
      terms.map(each => each.reservationTerm),
      ['1 Year', '3 Years'],
    );
    const won = await items(`${machines} and ${one}`, { currencyCode: "'KRW'" });
    assert.deepEqual([won[0]?.currencyCode, Number(won[0]?.retailPrice)], ['KRW', 131.04]);
    const preview = await items(`${machines} and ${one}`, { 'api-version': '2023-01-01-preview' });
    assert.equal(preview[0]?.savingsPlan.length, 2);
    assert.equal(
      (await items(`${machines} and ${one.toLowerCase()}`, { 'api-version': '2023-01-01-preview' })).length,
      0,
    );
    assert.ok((await items(`${machines} and ${one.toLowerCase()}`)).length > 0);
    const spot = await items(
      `(${one}) and contains(meterName, 'Spot') and not contains(productName, 'Windows')`,
    );
    assert.equal(spot.length, 1);
    assert.ok((await items("armSkuName eq 'Standard_B1s' or armSkuName eq 'Standard_B2s'")).length > 8);
    assert.deepEqual(await items("serviceName eq 'Storage'"), []);
  });

  it('refuse what they cannot read', async () => {
    for (const filter of [
      "armSkuName = 'x'",
      "color eq 'x'",
      "armSkuName eq 'x' and",
      "(armSkuName eq 'x'",
      'armSkuName eq x',
    ])
      assert.equal((await ask(filter)).status, 400, filter);
    assert.equal((await ask('', { currencyCode: 'XYZ' })).status, 400);
    assert.equal((await ask('', { $skip: '-1' })).status, 400);
    assert.equal((await ask('', { 'api-version': '2020-01-01' })).status, 400);
    assert.equal((await t.send('POST', `${t.root}/arm/api/retail/prices`, {})).status, 405);
    t.world.faults.set([
      { cloud: t.cloud.name, operation: 'RetailPrices_List', probability: 1, fault: 'unavailable' },
    ]);
    assert.equal((await ask('')).status, 503);
    t.world.faults.set([]);
  });
});
