/** The price list: who may read it, its pages, and that a machine's price is the sum of its parts'. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type Json, type TestCloud } from './server.ts';

const engine = '/v1/services/6F81-5844-456A/skus';

describe('prices', () => {
  let t: TestCloud;
  let root = '';
  before(async () => {
    t = await openTestCloud();
    root = t.endpoint.replace('/compute/v1', '');
    const platform = 'https://www.googleapis.com/auth/cloud-platform';
    t.useToken((await t.grant(t.assertion({ scope: platform }))).body.access_token);
  });
  after(() => t.close());
  const list = (query: string) => t.want(200, `GET ${root}${engine}?${query}`);
  async function all(query: string): Promise<Json[]> {
    const skus: Json[] = [];
    let token = '';
    do {
      const page = await list(`${query}&pageToken=${token}`);
      for (const sku of page.skus) skus.push(sku);
      token = page.nextPageToken;
    } while (token !== '');
    return skus;
  }
  const price = (sku: Json | undefined): number => {
    const rate = sku?.pricingInfo[0]?.pricingExpression.tieredRates[0]?.unitPrice;
    assert.ok(rate);
    return Number(rate.units) + Number(rate.nanos) / 1e9;
  };

  it('come in pages, of which each SKU is in one', async () => {
    const whole = await all('');
    assert.ok(whole.length > 3000, String(whole.length));
    assert.equal(new Set(whole.map(each => each.skuId)).size, whole.length);
    assert.equal(new Set(whole.map(each => each.description)).size, whole.length);
    const paged = await all('pageSize=999');
    assert.deepEqual(
      paged.map(each => each.skuId),
      whole.map(each => each.skuId),
    );
    const page = await list('pageSize=2&fields=skus(skuId),nextPageToken');
    assert.deepEqual(Object.keys(page), ['skus', 'nextPageToken']);
    assert.equal(page.skus.length, 2);
  });

  it('add up to a machine’s', async () => {
    const whole = await all('');
    const of = (description: string) => whole.find(each => each.description === description);
    const core = of('N2 Instance Core running in Americas');
    assert.deepEqual(core?.category, {
      serviceDisplayName: 'Compute Engine',
      resourceFamily: 'Compute',
      resourceGroup: 'CPU',
      usageType: 'OnDemand',
    });
    assert.deepEqual(core?.serviceRegions, ['us-central1', 'us-east1', 'us-west1']);
    assert.equal(core?.pricingInfo[0]?.pricingExpression.usageUnit, 'h');
    const ram = of('N2 Instance Ram running in Americas');
    assert.equal(ram?.category.resourceGroup, 'RAM');
    assert.equal(ram?.pricingInfo[0]?.pricingExpression.usageUnit, 'GiBy.h');
    // n2-standard-4, as published.
    assert.ok(Math.abs(4 * price(core) + 16 * price(ram) - 0.194236) < 1e-6);
    const seoul = of('N2 Instance Core running in Seoul');
    assert.deepEqual(seoul?.serviceRegions, ['asia-northeast3']);
    assert.ok(price(seoul) > price(core));
    assert.equal(of('N1 Predefined Instance Core running in Seoul')?.category.resourceGroup, 'N1Standard');
    const spot = of('Spot Preemptible N2 Instance Core running in Seoul');
    assert.equal(spot?.category.usageType, 'Preemptible');
    assert.ok(price(spot) < price(seoul));
    assert.equal(of('Nvidia L4 GPU running in Seoul')?.category.resourceGroup, 'GPU');
    assert.equal(of('Nvidia L4 GPU running in Johannesburg'), undefined);
    assert.equal(of('Micro Instance with burstable CPU running in Seoul')?.category.resourceGroup, 'F1Micro');
    for (const family of ['E2', 'C3', 'C3D', 'A2', 'G2'])
      for (const part of ['Core', 'Ram'])
        assert.ok(of(`${family} Instance ${part} running in Netherlands`), family);
    // a2-highgpu-1g, as published.
    const a2 =
      12 * price(of('A2 Instance Core running in Americas')) +
      85 * price(of('A2 Instance Ram running in Americas')) +
      price(of('Nvidia Tesla A100 GPU running in Americas'));
    assert.ok(Math.abs(a2 - 3.673385) < 1e-5, String(a2));
  });

  it('are told in another currency', async () => {
    const [usd] = (await list('pageSize=1')).skus;
    const [krw] = (await list('pageSize=1&currencyCode=KRW')).skus;
    const info = krw?.pricingInfo[0];
    assert.equal(info?.pricingExpression.tieredRates[0]?.unitPrice.currencyCode, 'KRW');
    const rate = Number(info?.currencyConversionRate);
    assert.ok(Math.abs(price(krw) - price(usd) * rate) < 1e-6);
  });

  it('are for those who say who they are', async () => {
    const services = await t.want(200, `GET ${root}/v1/services`);
    assert.equal(
      services.services.find(each => each.serviceId === '6F81-5844-456A')?.displayName,
      'Compute Engine',
    );
    const refused = async (status: number, code: string, path: string) => {
      const { error } = await t.want(status, `GET ${root}${path}`);
      assert.equal(error.code, status);
      assert.equal(error.status, code);
      assert.equal(error.errors, undefined);
      return error.message;
    };
    assert.match(await refused(400, 'INVALID_ARGUMENT', `${engine}?currencyCode=XXX`), /XXX/);
    assert.match(await refused(400, 'INVALID_ARGUMENT', `${engine}?pageSize=x`), /page_size/);
    await refused(400, 'INVALID_ARGUMENT', `${engine}?pageToken=x`);
    await refused(404, 'NOT_FOUND', '/v1/services/0000-0000-0000/skus');
    assert.equal((await t.want(200, `GET ${root}/v1/services/95FF-2EF5-5EA1/skus`)).skus, undefined);
    assert.equal((await t.want(200, `GET ${t.endpoint}${engine}?pageSize=1`)).skus.length, 1);

    t.world.faults.set([
      { cloud: 'goo', operation: 'services.skus.list', probability: 1, fault: 'throttle' },
    ]);
    await refused(429, 'RESOURCE_EXHAUSTED', engine);
    t.world.faults.set([]);

    const token = await t.login();
    t.useToken(token);
    assert.match(await refused(403, 'PERMISSION_DENIED', engine), /insufficient authentication scopes/);
    t.useToken('nonsense');
    await refused(401, 'UNAUTHENTICATED', engine);
    t.useToken(undefined);
    assert.match(await refused(403, 'PERMISSION_DENIED', engine), /unregistered callers/);
    assert.match(await refused(400, 'INVALID_ARGUMENT', `${engine}?key=AIzaNot`), /API key not valid/);
    const { apiKey = '' } = t.cloud.credentials;
    assert.match(apiKey, /^AIza.{35}$/);
    await t.want(200, `GET ${root}${engine}?pageSize=1&key=${apiKey}`);
    const byHeader = await t.call(`GET ${root}/v1/services`, undefined, { 'x-goog-api-key': apiKey });
    assert.equal(byHeader.status, 200);
    // The key opens nothing else.
    const { endpoint, projectId } = t;
    assert.equal((await fetch(`${endpoint}/projects/${projectId}?key=${apiKey}`)).status, 401);
  });
});
