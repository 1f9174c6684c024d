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
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Record<string, unknown>;
}
/** undefined breaks the connection. */
type Answer = { status?: number; body: unknown } | undefined;

const asked: Asked[] = [];
let script: (asked: Asked) => Answer = () => ({ body: [] });
const call = () => ({ signal: AbortSignal.timeout(10_000) });
const create = () => ({ ...call(), token: newToken(), again: false });
const token = '4b5c-the-token';
const prefix = '/base/cloudit/v5.0';

describe('the client', () => {
  let cloud: Cloud;
  const server = http.createServer((message, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of message) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const one: Asked = {
        method: message.method ?? '',
        path: (message.url ?? '').slice(prefix.length),
        headers: message.headers,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
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
        credential: {
          identityEndpoint: `http://127.0.0.1:${port}/base/`,
          authToken: token,
          tenantId: 'tnt0009',
          clusterId: 'CL',
        },
        region: { region: 'default' },
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

  it('asks each engine at its path, with the token', async () => {
    asked.length = 0;
    script = () => ({ body: [] });
    await cloud.specs.list({ ...call(), limit: 10 });
    await cloud.keyPairs.list({ ...call(), limit: 10 });
    await cloud.vpcs.removeSubnet(call(), cloudId('v'), cloudId('s'));
    assert.deepEqual(
      asked.map(one => `${one.method} ${one.path}`),
      [
        'GET /ace/v1.0/tnt0009/specs',
        'GET /iam/v1.0/tnt0009/securitygroups',
        'GET /dna/v1.0/tnt0009/subnets',
      ],
    );
    for (const { headers } of asked) {
      assert.equal(headers['x-auth-token'], token);
      assert.equal(headers.accept, 'application/json');
    }
  });

  for (const [what, answer] of Object.entries<Answer>({
    'an HTML page with 404': { status: 404, body: '<html>Nothing here</html>' },
    'an empty 503': { status: 503, body: '' },
    'no JSON at all': { body: 'hello' },
    'cut JSON': { body: '[{"id":"a","na' },
    'no body': { body: '' },
    'a broken connection': undefined,
    'a throttled request': { status: 429, body: {} },
  }))
    it(`${what} is unavailable, and is asked once`, async () => {
      asked.length = 0;
      script = () => answer;
      await assert.rejects(cloud.vms.list({ ...call(), limit: 10 }), { code: 'unavailable' });
      assert.equal(asked.length, 1);
    });

  it('pages a list that comes whole and in no order: by id, each once, read once', async () => {
    asked.length = 0;
    const ids = Array.from({ length: 25 }, (_, index) => `id-${String((index * 7) % 25).padStart(2, '0')}`);
    script = () => ({ body: ids.map(id => ({ ID: id, name: 's', cpu: 1, mem: 0.5, Enabled: 1 })) });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await cloud.specs.list({ ...call(), limit: 10, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.items.map(spec => spec.id));
      cursor = page.next;
    } while (cursor !== undefined);
    assert.deepEqual(seen, [...ids].sort());
    assert.equal(asked.length, 1);
  });

  it('asks for few VMs one by one, for many by the list', async () => {
    asked.length = 0;
    script = ({ path }) =>
      path.endsWith('/servers')
        ? { body: ['a', 'b', 'x'].map(id => ({ id, name: id, state: 'RUNNING' })) }
        : path.endsWith('/b')
          ? { status: 404, body: {} }
          : { body: { id: 'a', name: 'a', state: 'RUNNING' } };
    const few = await cloud.vms.getMany(call(), [cloudId('a'), cloudId('b')]);
    assert.deepEqual([few.map(vm => vm.id), asked.length], [['a'], 2]);
    asked.length = 0;
    const many = await cloud.vms.getMany(call(), ['a', 'b', 'c', 'd', 'e'].map(cloudId));
    assert.deepEqual([many.map(vm => vm.id), asked.length], [['a', 'b'], 1]);
  });

  it('takes another address, and another block, where others were faster', async () => {
    const taken = new Set(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
    let free = [...taken, '192.0.2.4'];
    script = ({ method, path, body }) => {
      if (path.endsWith('/adaptive-ips') && method === 'GET') return { body: [] };
      if (path.endsWith('/ips')) return { body: free.map(addr => ({ addr })) };
      if (path.endsWith('/adaptive-ips')) {
        free = free.filter(addr => addr !== body['ip']);
        return taken.has(String(body['ip'])) ? { status: 409, body: {} } : { status: 201, body };
      }
      return { body: { id: 's', name: 's', state: 'RUNNING', privateIp: '10.0.4.2', description: '' } };
    };
    assert.equal((await cloud.vms.complete?.(create(), cloudId('s')))?.publicIp, '192.0.2.4');

    const blocks = ['10.0.4.0', '10.0.8.0', '10.0.12.0'];
    script = ({ method, path, body }) => {
      if (path.endsWith('/creatable')) return { body: blocks.map(addr => ({ addr, prefix: '22' })) };
      if (path.endsWith('/subnets')) {
        if (method === 'GET') return { body: [] };
        if (blocks.length > 1) return { status: 409, body: String(blocks.pop()) };
        return { status: 201, body: { id: 'sn', ...body } };
      }
      return { status: 201, body: { id: 'vpc', ...body } };
    };
    const vpc = await cloud.vpcs.create(create(), {
      name: 'net',
      cidr: '10.9.0.0/16',
      subnets: [{ name: 'main', cidr: '10.9.1.0/24', zone: '' }],
    });
    assert.deepEqual([vpc.cidr, vpc.subnets.map(subnet => subnet.cidr)], ['10.0.0.0/16', ['10.0.4.0/22']]);
  });

  it('has nothing to give where all addresses are taken', async () => {
    script = ({ path }) =>
      path.endsWith('ips')
        ? { body: [] }
        : { body: { id: 's', name: 's', state: 'RUNNING', privateIp: '10.0.4.2' } };
    await assert.rejects(cloud.vms.complete?.(create(), cloudId('s')) ?? Promise.resolve(), {
      code: 'resource_exhausted',
    });
  });

  it('makes nothing in a Cloudit that forgets descriptions', async () => {
    asked.length = 0;
    script = ({ body }) => ({ status: 201, body: { id: 'g', name: body['name'] } });
    await assert.rejects(
      cloud.securityGroups.create(create(), { name: 'sg', vpc: cloudId('v'), rules: [] }),
      { code: 'unimplemented' },
    );
    assert.deepEqual(
      asked.map(one => `${one.method} ${one.path}`),
      ['POST /iam/v1.0/tnt0009/securitygroups', 'DELETE /iam/v1.0/tnt0009/securitygroups/g'],
    );
  });

  it('hides groups that are VPCs or key pairs from those who ask for groups', async () => {
    script = ({ path }) =>
      path.endsWith('/securitygroups')
        ? {
            body: [
              { id: '1', name: 'net', rulesCount: 0, description: 'cloud-barista vpc tok_a' },
              { id: '2', name: 'key', rulesCount: 0, description: 'cloud-barista key-pair tok_b ssh-rsa x' },
              { id: '3', name: 'SSH', rulesCount: 0 },
            ],
          }
        : { body: { id: '2', name: 'key', description: 'cloud-barista key-pair tok_b ssh-rsa x' } };
    const { items } = await cloud.securityGroups.list({ ...call(), limit: 10 });
    assert.deepEqual(
      items.map(group => group.name),
      ['SSH'],
    );
    await assert.rejects(cloud.securityGroups.get(call(), cloudId('2')), { code: 'not_found' });
  });

  it('names the clusters where the credential names none of them', async () => {
    script = () => ({ body: [{ id: 'c', name: 'OTHER' }] });
    await assert.rejects(cloud.check(call()), (error: BaristaError) => {
      assert.equal(error.code, 'invalid_argument');
      assert.match(error.next ?? '', /OTHER/);
      return true;
    });
  });

  it('tells no secret in an error', async () => {
    script = () => ({ status: 401, body: { message: `the token ${token} is none` } });
    await assert.rejects(cloud.check(call()), (error: BaristaError) => {
      assert.equal(error.code, 'unauthenticated');
      assert.ok(!(JSON.stringify(error) + error.message).includes(token));
      return true;
    });
  });

  it('refuses an endpoint that is none, and a token that no header carries', async () => {
    const road = { send: () => Promise.reject(new Error('not asked')) };
    const good = { identityEndpoint: 'http://h', authToken: 't', tenantId: 't' };
    for (const [credential, where] of [
      [{ ...good, identityEndpoint: 'ftp://x' }, 'credential.identityEndpoint'],
      [{ ...good, authToken: 'a\nb' }, 'credential.authToken'],
    ] as const)
      await assert.rejects(driver.open({ credential, region: {} }, road), {
        code: 'invalid_argument',
        where,
      });
  });
});
