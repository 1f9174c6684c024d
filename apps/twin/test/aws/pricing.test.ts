/** The price list, over JSON 1.1 signed by hand for its own scope; awscli.test.ts asks through the AWS CLI. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startTwin, type Twin } from './server.ts';

interface Answer {
  status: number;
  body: Record<string, never> & {
    __type?: string;
    Message?: string;
    PriceList?: string[];
    NextToken?: string;
    Services?: { ServiceCode: string; AttributeNames: string[] }[];
    AttributeValues?: { Value: string }[];
  };
}

interface Product {
  product: { productFamily: string; attributes: Record<string, string>; sku: string };
  serviceCode: string;
  terms: {
    OnDemand: Record<
      string,
      { priceDimensions: Record<string, { unit: string; pricePerUnit: { USD: string } }>; sku: string }
    >;
  };
}

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const match = (fields: Record<string, string>) =>
  Object.entries(fields).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value }));
const usual = { operatingSystem: 'Linux', tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used' };

describe('price list', () => {
  let twin: Twin;
  before(async () => {
    twin = await startTwin();
  });
  after(() => twin.close());

  async function ask(
    target: string,
    input: unknown,
    { region = 'us-east-1', service = 'pricing', secret = '', text = JSON.stringify(input) } = {},
  ): Promise<Answer> {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      host: new URL(twin.base).host,
      'x-amz-date': time,
      'x-amz-target': `AWSPriceListService.${target}`,
    };
    const signed = Object.keys(headers).join(';');
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    const canonical = `POST\n/\n\n${lines.join('')}\n${signed}\n${sha(text)}`;
    const key = scope
      .split('/')
      .reduce<string | Buffer>(
        (derived, part) => mac(derived, part),
        `AWS4${secret === '' ? twin.cloud.credentials['secretAccessKey'] : secret}`,
      );
    const signature = mac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha(canonical)}`).toString('hex');
    const response = await fetch(twin.base, {
      method: 'POST',
      body: text,
      headers: {
        ...headers,
        authorization: `AWS4-HMAC-SHA256 Credential=${twin.cloud.credentials['accessKeyId']}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
      },
    });
    assert.equal(response.headers.get('content-type'), 'application/x-amz-json-1.1');
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  async function products(fields: Record<string, string>, more: object = {}): Promise<Product[]> {
    const found: Product[] = [];
    let NextToken: string | undefined;
    do {
      const input = { ServiceCode: 'AmazonEC2', Filters: match(fields), ...more, NextToken };
      const { status, body } = await ask('GetProducts', input);
      assert.equal(status, 200, body.Message);
      assert.ok((body.PriceList?.length ?? 0) <= 100);
      found.push(...(body.PriceList ?? []).map(one => JSON.parse(one) as Product));
      NextToken = body.NextToken;
    } while (NextToken !== undefined);
    return found;
  }
  const usd = ({ terms }: Product) => {
    const [term] = Object.values(terms.OnDemand);
    const [dimension] = Object.values(term?.priceDimensions ?? {});
    return Number(dimension?.pricePerUnit.USD);
  };

  it('tells the price of a type in a region', async () => {
    const price = async (instanceType: string, regionCode: string, more = {}) =>
      (await products({ ...usual, instanceType, regionCode, ...more })).map(usd);
    assert.deepEqual(await price('t3.micro', 'us-east-1'), [0.0104]);
    assert.deepEqual(await price('t3.micro', 'ap-northeast-2'), [0.013]);
    assert.deepEqual(await price('m5.large', 'us-east-1', { operatingSystem: 'Windows' }), [0.188]);
    assert.deepEqual(await price('p5.48xlarge', 'ap-northeast-2'), []);
    const [one] = await products({
      ...usual,
      instanceType: 'g5.12xlarge',
      location: 'US East (N. Virginia)',
    });
    assert.deepEqual(
      [
        one?.serviceCode,
        one?.product.productFamily,
        one?.product.attributes['vcpu'],
        one?.product.attributes['memory'],
        one?.product.attributes['gpu'],
        one?.product.attributes['usagetype'],
        one && usd(one),
      ],
      ['AmazonEC2', 'Compute Instance', '48', '192 GiB', '4', 'BoxUsage:g5.12xlarge', 5.672],
    );
    const sku = one?.product.sku ?? '';
    assert.match(sku, /^[0-9A-Z]{16}$/);
    assert.deepEqual(Object.keys(one?.terms.OnDemand ?? {}), [`${sku}.JRTCXTETFR`]);
    const [disk] = await products({ regionCode: 'ap-northeast-2', volumeApiName: 'gp3' });
    assert.deepEqual([disk?.product.productFamily, disk && usd(disk)], ['Storage', 0.1]);
  });

  it('lists a region page by page, each type once under the usual filters', async () => {
    const all = await products({ ...usual, regionCode: 'ap-northeast-2' });
    const types = all.map(one => one.product.attributes['instanceType']);
    assert.ok(types.length > 100);
    assert.equal(new Set(types).size, types.length);
    assert.ok(all.every(one => usd(one) > 0));
    const few = await products(
      { ...usual, regionCode: 'ap-northeast-2', instanceFamily: 'GPU instance' },
      { MaxResults: 7 },
    );
    assert.deepEqual(
      new Set(few.map(one => one.product.attributes['instanceType']?.split('.')[0])),
      new Set(['g4dn', 'g5', 'g6', 'p3', 'p4d']),
    );
    const loose = await products({ regionCode: 'us-east-1', instanceType: 't3.nano' });
    assert.equal(loose.length, 12);
    const input = {
      ServiceCode: 'AmazonEC2',
      Filters: [
        { Type: 'ANY_OF', Field: 'instanceType', Value: 't3.nano,t3.micro' },
        ...match({ ...usual, regionCode: 'eu-west-1' }),
      ],
    };
    assert.equal((await ask('GetProducts', input)).body.PriceList?.length, 2);
  });

  it('tells what can be asked for', async () => {
    const { body } = await ask('DescribeServices', {});
    assert.equal(body.Services?.[0]?.ServiceCode, 'AmazonEC2');
    assert.ok(body.Services?.[0]?.AttributeNames.includes('instanceType'));
    const values = async (AttributeName: string) =>
      (
        await ask('GetAttributeValues', { ServiceCode: 'AmazonEC2', AttributeName })
      ).body.AttributeValues?.map(one => one.Value);
    assert.deepEqual(await values('operatingSystem'), ['Linux', 'RHEL', 'Windows']);
    assert.ok((await values('regionCode'))?.includes('ap-northeast-2'));
  });

  it('refuses in its own words', async () => {
    const code = async (target: string, input: unknown, options = {}) => {
      const { status, body } = await ask(target, input, options);
      return `${status} ${body.__type}`;
    };
    const ServiceCode = 'AmazonEC2';
    assert.equal(await code('GetProducts', {}), '400 InvalidParameterException');
    assert.equal(
      await code('GetProducts', { ServiceCode: 'Compute Instance' }),
      '400 InvalidParameterException',
    );
    assert.equal(await code('GetProducts', { ServiceCode: 'AmazonMoon' }), '400 NotFoundException');
    assert.equal(
      await code('GetProducts', { ServiceCode, MaxResults: 101 }),
      '400 InvalidParameterException',
    );
    assert.equal(
      await code('GetProducts', { ServiceCode, Filters: [{ Type: 'LIKE', Field: 'a', Value: 'b' }] }),
      '400 InvalidParameterException',
    );
    assert.equal(
      await code('GetProducts', { ServiceCode, NextToken: 'abc' }),
      '400 InvalidNextTokenException',
    );
    const { body } = await ask('GetProducts', { ServiceCode, Filters: match({ regionCode: 'us-east-1' }) });
    assert.equal(
      await code('GetProducts', { ServiceCode, NextToken: body.NextToken }),
      '400 InvalidNextTokenException',
    );
    assert.equal(
      await code('GetAttributeValues', { ServiceCode, AttributeName: 'colour' }),
      '400 NotFoundException',
    );
    assert.equal(await code('GetProducts', '', { text: '{' }), '400 SerializationException');
    assert.equal(await code('GetMoon', {}), '400 UnknownOperationException');
    assert.equal(
      await code('GetProducts', { ServiceCode }, { secret: 'wrong' }),
      '400 InvalidSignatureException',
    );
    assert.equal(
      await code('GetProducts', { ServiceCode }, { region: 'ap-northeast-2' }),
      '400 InvalidSignatureException',
    );
    twin.world.faults.set([{ cloud: 'seoul', operation: 'GetProducts', probability: 1, fault: 'throttle' }]);
    assert.equal(await code('GetProducts', { ServiceCode }), '400 ThrottlingException');
    twin.world.faults.set([]);
  });
});
