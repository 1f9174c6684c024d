/** Who is let in, and how the rest is sent away; both ways of asking; faults. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { fails, region, some, startTwin, type Twin } from './server.ts';

const refused = /AWS was not able to validate the provided access credentials/;

describe('signatures', () => {
  let twin: Twin;
  let offset = 0;
  before(async () => {
    twin = await startTwin({ now: () => Date.now() + offset });
  });
  after(() => twin.close());
  const ask = (options: Parameters<Twin['clientOf']>[0]) =>
    twin.clientOf(options).send(new ec2.DescribeRegionsCommand({ RegionNames: [region] }));

  it('refuses an unknown key, a wrong secret, a region that the account does not have', async () => {
    await ask({});
    await fails(ask({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }), 'AuthFailure', refused, 401);
    await fails(ask({ secretAccessKey: 'wrong' }), 'AuthFailure', refused, 401);
    await fails(ask({ region: 'me-south-1' }), 'AuthFailure', /no region me-south-1/, 401);
  });

  it('refuses a request of another time, which a client mends by our Date', async () => {
    offset = 16 * 60_000;
    await fails(ask({ maxAttempts: 1 }), 'RequestExpired', /expired/, 400);
    await ask({ maxAttempts: 2 });
    offset = -16 * 60_000;
    await fails(ask({ maxAttempts: 1 }), 'RequestExpired');
    offset = 0;
  });

  const raw = (options: {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string;
  }) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = request(
        `${twin.base}${options.path ?? '/'}`,
        { method: options.method ?? 'POST', headers: options.headers ?? {} },
        answer => {
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        },
      );
      sent.on('error', reject);
      sent.end(options.body);
    });
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

  /** Signature Version 4 by hand, so that not only the SDK's way of it is tried. */
  const signed = (method: string, query: string, body: string, service = 'ec2', where = region) => {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const date = time.slice(0, 8);
    const host = twin.base.slice('http://'.length);
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    const names = 'host;x-amz-date';
    const canonical = `${method}\n/\n${query}\nhost:${host}\nx-amz-date:${time}\n\n${names}\n${sha(body)}`;
    const scope = `${date}/${where}/${service}/aws4_request`;
    let key: Buffer | string = `AWS4${twin.cloud.credentials['secretAccessKey']}`;
    for (const part of [date, where, service, 'aws4_request'])
      key = createHmac('sha256', key).update(part).digest();
    const signature = createHmac('sha256', key)
      .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha(canonical)}`)
      .digest('hex');
    return {
      Authorization: `AWS4-HMAC-SHA256 Credential=${twin.cloud.credentials['accessKeyId']}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
      'X-Amz-Date': time,
    };
  };

  it('takes GET with a query as well as POST with a form', async () => {
    const query =
      'Action=DescribeVpcs&Filter.1.Name=cidr&Filter.1.Value.1=172.31.0.0%2F16&Version=2016-11-15';
    const got = await raw({ method: 'GET', path: `/?${query}`, headers: signed('GET', query, '') });
    assert.equal(got.status, 200);
    assert.match(
      got.text,
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<DescribeVpcsResponse xmlns="http:\/\/ec2.amazonaws.com\/doc\/2016-11-15\/"><requestId>[-0-9a-f]{36}<\/requestId><vpcSet><item>/,
    );
    const posted = await raw({ headers: { ...form, ...signed('POST', '', query) }, body: query });
    assert.equal(posted.status, 200);
    const changed = await raw({
      headers: { ...form, ...signed('POST', '', query) },
      body: query.replace('DescribeVpcs', 'DeleteVpc'),
    });
    assert.equal(changed.status, 401);
  });

  it('answers nonsense in the form of EC2 errors', async () => {
    const code = async (body: string, headers: Record<string, string> = signed('POST', '', body)) => {
      const { status, text } = await raw({ headers: { ...form, ...headers }, body });
      return `${status} ${/<Response><Errors><Error><Code>([^<]+)<\/Code><Message>[^<]+<\/Message><\/Error><\/Errors><RequestID>[^<]+<\/RequestID><\/Response>$/.exec(text)?.[1]}`;
    };
    assert.equal(await code('Action=DescribeVpcs', {}), '403 MissingAuthenticationToken');
    assert.equal(await code('Action=MakeCoffee'), '400 InvalidAction');
    assert.equal(await code('Action=constructor'), '400 InvalidAction');
    assert.equal(await code(''), '400 MissingAction');
    assert.equal(await code('Action=%ZZ'), '400 MalformedQueryString');
    assert.equal(await code('Action=CreateVpc'), '400 MissingParameter');
    assert.equal(await code('Action=DescribeVpcs&DryRun=perhaps'), '400 InvalidParameterValue');
    assert.equal(
      await code('Action=DescribeVpcs', { Authorization: 'AWS4-HMAC-SHA256 hello' }),
      '400 IncompleteSignature',
    );
    assert.equal(await code(`Action=DescribeVpcs&${'a.'.repeat(20_000)}b=1`), '200 undefined');
    const star = `Action=DescribeVpcs&Filter.1.Name=tag:x&Filter.1.Value.1=${'%2Aa'.repeat(500)}`;
    assert.equal(await code(star), '200 undefined');
  });

  it('tells STS who asks, in STS words', async () => {
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const good = await raw({ headers: { ...form, ...signed('POST', '', body, 'sts', 'us-east-1') }, body });
    assert.match(good.text, new RegExp(`<Account>${twin.cloud.credentials['accountId']}</Account>`));
    const bad = await raw({ headers: { ...form, ...signed('POST', '', `${body}&a=b`, 'sts') }, body });
    assert.equal(bad.status, 403);
    assert.match(
      bad.text,
      /<ErrorResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/"><Error><Type>Sender<\/Type><Code>SignatureDoesNotMatch</,
    );
  });

  it('knows what is its own', () => {
    const matches = (url: string, method: string, headers: Record<string, string>) =>
      twin.wire.matches({ url, method, headers } as never);
    assert.equal(
      matches('/', 'POST', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }),
      true,
    );
    assert.equal(matches('/?Action=DescribeVpcs', 'GET', {}), true);
    assert.equal(matches('/', 'GET', {}), false);
    assert.equal(matches('/openstack/x/v3', 'POST', { 'content-type': 'application/json' }), false);
  });

  it('prints what its users need', () => {
    const env = twin.wire.env(twin.cloud, 'http://127.0.0.1:1');
    assert.equal(env['AWS_ENDPOINT_URL'], 'http://127.0.0.1:1');
    assert.equal(env['AWS_PAGER'], '');
    const { credential, region: where } = twin.wire.connection(twin.cloud, region, 'http://127.0.0.1:1');
    assert.deepEqual(Object.keys(credential), ['accessKeyId', 'secretAccessKey']);
    assert.deepEqual(where, { region, endpoint: 'http://127.0.0.1:1' });
  });
});

describe('faults', () => {
  let twin: Twin;
  before(async () => {
    twin = await startTwin();
  });
  after(() => twin.close());
  const fault = (
    kind: 'error' | 'capacity' | 'quota' | 'throttle' | 'unavailable' | 'hang' | 'drop',
    operation = 'create-vm',
  ) => twin.world.faults.set([{ cloud: 'seoul', operation, probability: 1, fault: kind }]);
  const run = async (ClientToken?: string, client = twin.client, abortSignal?: AbortSignal) => {
    const faults = twin.world.faults.list();
    twin.world.faults.set([]);
    const { Images = [] } = await twin.client.send(
      new ec2.DescribeImagesCommand({ Owners: ['099720109477'] }),
    );
    twin.world.faults.set(faults);
    const command = new ec2.RunInstancesCommand({
      ImageId: some(Images.find(one => one.Architecture === 'x86_64')?.ImageId),
      InstanceType: 't3.nano',
      MinCount: 1,
      MaxCount: 1,
      ClientToken,
    });
    return client.send(command, abortSignal ? { abortSignal } : {});
  };
  const count = () => twin.wire.counts(twin.cloud)['instances'];

  it('answers each in the words of EC2, and makes nothing', async () => {
    for (const [kind, code, status] of [
      ['error', 'InternalError', 500],
      ['capacity', 'InsufficientInstanceCapacity', 500],
      ['quota', 'VcpuLimitExceeded', 400],
      ['throttle', 'RequestLimitExceeded', 503],
      ['unavailable', 'Unavailable', 503],
    ] as const) {
      fault(kind);
      await fails(run(), code, /./, status);
    }
    assert.equal(count(), 0);
  });

  it('drops the line when the deed is done; the same token finds it', async () => {
    fault('drop');
    await assert.rejects(run('lost'), /hang up|ECONNRESET|socket/i);
    twin.world.faults.set([]);
    assert.equal(count(), 1);
    const again = await run('lost');
    assert.equal(count(), 1);
    assert.equal(again.Instances?.length, 1);
  });

  it('hangs until the client goes', async () => {
    fault('hang', 'DescribeVpcs');
    const gone = new AbortController();
    const waiting = twin.client.send(new ec2.DescribeVpcsCommand({}), { abortSignal: gone.signal });
    await twin.client.send(new ec2.DescribeRegionsCommand({}));
    gone.abort();
    await assert.rejects(waiting, /abort/i);
  });
});
