import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Cloud } from '@cloud-barista/driver/driver';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { driver } from './open.ts';
import { answersAt } from './price-list.ts';
import { toPrice } from './prices.ts';

const product = (instanceType: string, hourly: string) => ({
  product: { attributes: { instanceType } },
  terms: {
    OnDemand: { 'S.J': { priceDimensions: { 'S.J.6': { unit: 'Hrs', pricePerUnit: { USD: hourly } } } } },
  },
});
const page = (products: unknown[], NextToken?: string) =>
  JSON.stringify({ FormatVersion: 'aws_v1', PriceList: products.map(one => JSON.stringify(one)), NextToken });

describe('prices', () => {
  let server: Server;
  let port = 0;
  let script: (
    body: Record<string, unknown>,
    headers: IncomingHttpHeaders,
  ) => { status?: number; body: string };
  const asked: Record<string, unknown>[] = [];

  before(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', chunk => (text += String(chunk)));
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>;
        asked.push(body);
        const answer = script(body, request.headers);
        response.writeHead(answer.status ?? 200).end(answer.body);
      });
    });
    await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  async function withCloud(region: string, deed: (cloud: Cloud) => Promise<void>): Promise<void> {
    asked.length = 0;
    const cloud = await driver.open(
      {
        credential: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'shh', sessionToken: 'session' },
        region: { region, endpoint: `http://127.0.0.1:${port}` },
      },
      {
        send: (_request, signal, send) =>
          send(signal).catch((error: unknown) => {
            const known = driver.classify(error);
            throw known ? new BaristaError(known.code, known.message, { cause: known.cause }) : error;
          }),
      },
    );
    try {
      await deed(cloud);
    } finally {
      await cloud.close();
    }
  }
  const get = (cloud: Cloud, signal = AbortSignal.timeout(10_000)) =>
    cloud.prices?.get({ signal }, [cloudId('t3.micro')]);

  it('reads every page once for all who ask, signed for the price list where it answers', async () => {
    let signed: IncomingHttpHeaders = {};
    script = (body, headers) => {
      signed = headers;
      return {
        body:
          body['NextToken'] === undefined
            ? page([product('t3.micro', '0.0130000000'), product('free', '0.0000000000')], 'more')
            : page([product('m5.large', '0.1180000000')]),
      };
    };
    await withCloud('eu-west-3', async cloud => {
      const [first, second] = await Promise.all([get(cloud), get(cloud)]);
      assert.deepEqual(first, [
        { spec: 't3.micro', hourly: 0.013, currency: 'USD' },
        { spec: 'm5.large', hourly: 0.118, currency: 'USD' },
      ]);
      assert.deepEqual(second, first);
      assert.deepEqual(await get(cloud), first);
      assert.deepEqual(await cloud.prices?.get({ signal: AbortSignal.timeout(1000) }, []), []);
    });
    assert.equal(asked.length, 2);
    assert.deepEqual(
      [asked[0]?.['MaxResults'], asked[0]?.['ServiceCode'], asked[1]?.['NextToken']],
      [100, 'AmazonEC2', 'more'],
    );
    assert.match(
      String(signed.authorization),
      /Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/pricing\/aws4_request/,
    );
    assert.match(String(signed.authorization), /SignedHeaders=[^,]*host[^,]*x-amz-target/);
    assert.equal(signed['x-amz-target'], 'AWSPriceListService.GetProducts');
    assert.equal(signed['x-amz-security-token'], 'session');
  });

  it('tells refusals and garbage by the table, and asks anew after them', async () => {
    await withCloud('ap-northeast-2', async cloud => {
      const answers: [string, number, string][] = [
        [
          'permission_denied',
          400,
          '{"__type":"com.amazonaws.awspricelist#AccessDeniedException","Message":"User: arn … is not authorized"}',
        ],
        ['unavailable', 400, '{"__type":"ThrottlingException","message":"Rate exceeded"}'],
        ['unavailable', 502, '<html>Bad gateway</html>'],
        ['unavailable', 200, 'hello'],
        ['unavailable', 200, '{"PriceList":["{cut"]}'],
        ['unavailable', 200, '{}'],
        ['unavailable', 200, '{"PriceList":5}'],
      ];
      for (const [code, status, body] of answers) {
        script = () => ({ status, body });
        await assert.rejects(get(cloud) ?? Promise.resolve(), { code }, body);
      }
      script = () => ({ body: page([product('t3.micro', '0.01')]) });
      assert.equal((await get(cloud))?.length, 1);
    });
  });

  it('whoever waits for another’s reading outlives that one, and can leave it alone', async () => {
    await withCloud('ap-northeast-2', async cloud => {
      const abort = new AbortController();
      const waiter = new AbortController();
      let first = true;
      script = () => {
        if (first) abort.abort();
        first = false;
        return { body: page([product('t3.micro', '0.01')]) };
      };
      const begun = get(cloud, abort.signal);
      const left = get(cloud, waiter.signal);
      const waiting = get(cloud);
      waiter.abort();
      await assert.rejects(left ?? Promise.resolve(), { code: 'cancelled' });
      await assert.rejects(begun ?? Promise.resolve(), { code: 'cancelled' });
      assert.equal((await waiting)?.length, 1);
    });
  });

  it('GovCloud’s are not to be had', () =>
    withCloud('us-gov-west-1', async cloud => {
      assert.deepEqual(await get(cloud), []);
      assert.equal(asked.length, 0);
    }));

  it('are asked for where it is nearest', () => {
    const at = (...regions: string[]) => regions.map(answersAt);
    assert.deepEqual(at('us-west-2', 'sa-east-1', 'ca-central-1'), Array(3).fill('us-east-1'));
    assert.deepEqual(at('eu-north-1', 'il-central-1', 'af-south-1'), Array(3).fill('eu-central-1'));
    assert.deepEqual(at('ap-south-2', 'me-central-1'), Array(2).fill('ap-south-1'));
    assert.deepEqual(at('ap-northeast-2', 'ap-southeast-2', 'ap-east-1'), Array(3).fill('ap-southeast-1'));
    assert.deepEqual(at('cn-north-1'), ['cn-northwest-1']);
  });

  it('of products without an hourly price are none', () => {
    assert.equal(toPrice({}), undefined);
    assert.equal(toPrice({ product: { attributes: {} }, terms: product('x', '1').terms }), undefined);
    assert.equal(toPrice({ product: product('x', '1').product }), undefined);
  });
});
