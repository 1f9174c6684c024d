/** What travels, and what becomes of answers that are none: a server on loopback that answers as told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Cloud } from '@cloud-barista/driver/driver';
import type { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { driver } from '../src/open.ts';

interface Asked {
  action: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  query: URLSearchParams;
  form: URLSearchParams;
}
/** undefined breaks the connection. */
type Answer = { status?: number; body: unknown } | undefined;

const asked: Asked[] = [];
let script: (asked: Asked) => Answer = () => ({ body: {} });
const refusal = (Code: string, status = 404): Answer => ({
  status,
  body: { Code, Message: `Refused: ${Code}` },
});
const call = () => ({ signal: AbortSignal.timeout(10_000) });
const create = () => ({ ...call(), token: newToken(), again: false });
const request = {
  name: 'vm-1',
  image: cloudId('ubuntu.vhd'),
  spec: cloudId('ecs.g7.large'),
  vpc: cloudId('vpc-1'),
  subnet: cloudId('vsw-1'),
  securityGroups: [cloudId('sg-1')],
  keyPair: cloudId('young'),
};

describe('the client', () => {
  let cloud: Cloud;
  const server = http.createServer((message, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of message) chunks.push(chunk as Buffer);
      const url = new URL(message.url ?? '/', 'http://local');
      const one: Asked = {
        action: String(message.headers['x-acs-action']),
        path: url.pathname,
        headers: message.headers,
        query: url.searchParams,
        form: new URLSearchParams(Buffer.concat(chunks).toString()),
      };
      asked.push(one);
      const answer = script(one);
      if (!answer) return void message.socket.destroy();
      response.writeHead(answer.status ?? 200);
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    })();
  });

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    cloud = await driver.open(
      {
        credential: { accessKeyId: 'LTAItest', accessKeySecret: 'shh-secret', securityToken: 'session' },
        region: { region: 'ap-northeast-2', endpoint: `http://127.0.0.1:${port}/base/` },
      },
      createRoad(driver, 10_000),
    );
  });
  after(async () => {
    await cloud.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('asks each service at its path, signed, with a nonce of its own each time', async () => {
    asked.length = 0;
    script = () => ({ body: {} });
    await cloud.vpcs.list({ ...call(), limit: 10 });
    await cloud.keyPairs.list({ ...call(), limit: 10 });
    assert.deepEqual(
      asked.map(one => `${one.path} ${one.action} ${String(one.headers['x-acs-version'])}`).sort(),
      [
        '/base/ecs DescribeKeyPairs 2014-05-26',
        '/base/vpc DescribeVSwitches 2016-04-28',
        '/base/vpc DescribeVpcs 2016-04-28',
      ],
    );
    assert.equal(new Set(asked.map(one => one.headers['x-acs-signature-nonce'])).size, 3);
    for (const { headers, query } of asked) {
      assert.match(headers.authorization ?? '', /^ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders=host;/);
      assert.equal(headers['x-acs-security-token'], 'session');
      assert.equal(query.get('RegionId'), 'ap-northeast-2');
    }
  });

  for (const [what, answer] of Object.entries<Answer>({
    'an HTML page with 502': { status: 502, body: '<html>Bad gateway</html>' },
    'an empty 503': { status: 503, body: '' },
    'no JSON at all': { body: 'hello' },
    'cut JSON': { body: '{"KeyPairs":{"Key' },
    'a broken connection': undefined,
    'a throttled request': refusal('Throttling.User', 400),
  }))
    it(`${what} is unavailable, and is asked once`, async () => {
      asked.length = 0;
      script = () => answer;
      await assert.rejects(cloud.keyPairs.list({ ...call(), limit: 10 }), { code: 'unavailable' });
      assert.equal(asked.length, 1);
    });

  it('waits where ECS does not know yet what was made a moment ago, and only for that', async () => {
    let orders = 0;
    script = ({ action }) => {
      if (action === 'ImportKeyPair') return { body: { KeyPairName: 'young' } };
      if (action === 'RunInstances')
        return ++orders < 3
          ? refusal('InvalidKeyPairName.NotFound')
          : { body: { InstanceIdSets: { InstanceIdSet: ['i-1'] } } };
      // The instance too shows only when asked for again.
      const shown = ++orders < 6 ? [] : [{ InstanceId: 'i-1', Status: 'Pending' }];
      return { body: { TotalCount: shown.length, Instances: { Instance: shown } } };
    };
    await cloud.keyPairs.create(create(), { name: 'young', publicKey: 'ssh-ed25519 AAAA' });
    const vm = await cloud.vms.create(create(), request);
    assert.deepEqual([vm.id, vm.state], ['i-1', 'Creating']);

    asked.length = 0;
    script = () => refusal('InvalidImageId.NotFound');
    await assert.rejects(cloud.vms.create(create(), request), { code: 'not_found' });
    assert.equal(asked.length, 1);
  });

  it('orders a disk of the old kind for types that take no other', async () => {
    const disks: (string | null)[] = [];
    script = ({ action, query }) => {
      if (action !== 'RunInstances')
        return { body: { TotalCount: 1, Instances: { Instance: [{ InstanceId: 'i-2' }] } } };
      disks.push(query.get('SystemDisk.Category'));
      return query.get('SystemDisk.Category') === null
        ? { body: { InstanceIdSets: { InstanceIdSet: ['i-2'] } } }
        : refusal('InvalidSystemDiskCategory.ValueNotSupported', 403);
    };
    const old = { ...request, spec: cloudId('ecs.n1.small') };
    for (let times = 0; times < 2; times++) await cloud.vms.create(create(), old);
    assert.deepEqual(disks, ['cloud_essd', null, null]);
  });

  it('sends long parameters as a form', async () => {
    asked.length = 0;
    script = () => refusal('OperationDenied.NoStock', 403);
    const userData = '#!/bin/sh\n'.padEnd(16_384, '가');
    await assert.rejects(cloud.vms.create(create(), { ...request, userData }), {
      code: 'resource_exhausted',
    });
    const [one] = asked;
    assert.equal(one?.query.size, 0);
    assert.equal(one?.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(Buffer.from(one?.form.get('UserData') ?? '', 'base64').toString(), userData);
  });

  it('asks for 450 VMs by 100 ids a call', async () => {
    const sizes: number[] = [];
    script = ({ query, form }) => {
      const ids = JSON.parse(query.get('InstanceIds') ?? form.get('InstanceIds') ?? '[]') as string[];
      sizes.push(ids.length);
      return {
        body: { TotalCount: ids.length, Instances: { Instance: ids.map(InstanceId => ({ InstanceId })) } },
      };
    };
    const ids = Array.from({ length: 450 }, (_, index) => cloudId(`i-mj7${index}`));
    assert.equal((await cloud.vms.getMany(call(), ids)).length, 450);
    assert.deepEqual(
      sizes.sort((a, b) => a - b),
      [50, 100, 100, 100, 100],
    );
  });

  it('tells no secret in an error', async () => {
    script = () => ({
      status: 400,
      body: {
        Code: 'SignatureDoesNotMatch',
        Message: 'Not matched. server string to sign is:ACS3 shh-secret',
      },
    });
    await assert.rejects(cloud.check(call()), (error: BaristaError) => {
      assert.equal(error.code, 'unauthenticated');
      assert.doesNotMatch(JSON.stringify(error) + error.message, /shh-secret/);
      return true;
    });
  });

  it('refuses an endpoint that is none, and a region that could be another host', async () => {
    const road = { send: () => Promise.reject(new Error('not asked')) };
    const credential = { accessKeyId: 'a', accessKeySecret: 'b' };
    for (const [region, where] of [
      [{ region: 'r', endpoint: 'ftp://x' }, 'region.endpoint'],
      [{ region: 'evil.example/' }, 'region.region'],
    ] as const)
      await assert.rejects(driver.open({ credential, region }, road), { code: 'invalid_argument', where });
  });
});
