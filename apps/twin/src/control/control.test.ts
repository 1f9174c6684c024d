/** The control API, over HTTP as any program meets it. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { openTwin, type Twin } from '../twin.ts';
import { wireKinds } from '../wires.ts';

interface Body {
  items: Record<string, unknown>[];
  error: { code: string; next: string; where?: string };
  [key: string]: unknown;
}

describe('control API', () => {
  let twin: Twin;
  before(async () => {
    twin = await openTwin({ port: 0, ssh: 'off' });
  });
  after(() => twin.close());

  async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
    const response = await fetch(`${twin.url}/twin/v1${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
  }

  it('holds a cloud of every wire, each with a connection, an environment and nothing in it', async () => {
    for (const { kind, regions } of wireKinds) {
      const made = await ask('POST', '/clouds', { name: kind, kind });
      assert.deepEqual([made.status, made.body['regions']], [201, [...regions]]);
      const { body } = await ask('GET', `/clouds/${kind}/connection?region=${regions.at(-1)}`);
      assert.equal(body['driver'], kind);
      assert.equal((body['region'] as Record<string, string>)['region'], regions.at(-1));
      assert.ok(Object.keys((await ask('GET', `/clouds/${kind}/env`)).body).length > 1);
    }
    const { body } = await ask('GET', '/counts');
    assert.equal(body['total'], 0);
    assert.deepEqual(
      Object.keys(body['clouds'] as object),
      wireKinds.map(each => each.kind),
    );
  });

  it('makes the same credentials for the same name, others for another', async () => {
    const credential = async (name: string) =>
      (await ask('GET', `/clouds/${name}/connection`)).body['credential'];
    const first = await credential('aws');
    await ask('DELETE', '/clouds/aws');
    await ask('POST', '/clouds', { name: 'aws', kind: 'aws' });
    await ask('POST', '/clouds', { name: 'aws-2', kind: 'aws' });
    assert.deepEqual(await credential('aws'), first);
    assert.notDeepEqual(await credential('aws-2'), first);
  });

  it('refuses what it does not know, and names the nearest', async () => {
    for (const [method, path, input, code, next] of [
      ['POST', '/clouds', { name: 'x', kind: 'openstak' }, 'invalid_argument', /openstack/],
      ['POST', '/clouds', { name: 'X', kind: 'aws' }, 'invalid_argument', /lower-case/],
      ['POST', '/clouds', { name: 'x', kind: 'aws', region: 'us-east-1' }, 'invalid_argument', /cloud-twin/],
      [
        'POST',
        '/clouds',
        { name: 'x', kind: 'aws', quotas: { instance: 1 } },
        'invalid_argument',
        /"instances"/,
      ],
      ['POST', '/clouds', { name: 'aws', kind: 'aws' }, 'already_exists', /another name/],
      ['GET', '/clouds/asw', undefined, 'not_found', /"aws"/],
      ['GET', '/clouds/aws/connection?region=us-eats-1', undefined, 'not_found', /us-east-1/],
      ['GET', '/clouds/aws/vms/i-1/console', undefined, 'not_found', /barista twin vms/],
      ['POST', '/vms/crash', { cloud: 'aws', id: 'i-1' }, 'not_found', /barista twin vms/],
      ['GET', '/nothing', undefined, 'not_found', /cloud-twin/],
    ] as const) {
      const { status, body } = await ask(method, path, input);
      assert.ok(status >= 400, `${method} ${path}`);
      assert.equal(body.error.code, code, `${method} ${path}`);
      assert.match(body.error.next, next, `${method} ${path}`);
    }
    assert.ok(!twin.world.clouds().some(cloud => cloud.name === 'x'));
  });

  it('takes fault rules of operations that a cloud has, and no others', async () => {
    const rule = { cloud: 'aws', operation: 'RunInstances', probability: 0.2, fault: 'capacity' };
    assert.equal((await ask('POST', '/faults', rule)).status, 201);
    assert.equal(
      (await ask('POST', '/faults', { ...rule, operation: '*', delayMs: [1, 2] })).body.items.length,
      2,
    );
    for (const wrong of [
      { ...rule, operation: 'RunInstence' },
      { ...rule, operation: 'POST /servers' },
      { ...rule, cloud: 'asw' },
      { ...rule, probability: 1.1 },
      { ...rule, fault: 'flood' },
    ])
      assert.ok((await ask('POST', '/faults', wrong)).status >= 400, JSON.stringify(wrong));
    assert.equal((await ask('PUT', '/faults', [rule])).body.items.length, 1);
    assert.equal((await ask('DELETE', '/faults')).status, 204);
    assert.deepEqual((await ask('GET', '/faults')).body.items, []);
  });

  it('takes a recorded history, and says what it can do with it', async () => {
    const line = {
      provider: 'AWS',
      connection: 'aws',
      api: 'RunInstances',
      start: '2026-11-21T08:00:00.000Z',
      elapsedMs: 1,
      outcome: 'unavailable',
      cause: 'RequestLimitExceeded',
      throttled: true,
      attempt: 1,
    };
    const send = async (query: string, text: string) => {
      const answer = await fetch(`${twin.url}/twin/v1/replay${query}`, { method: 'POST', body: text });
      return { status: answer.status, body: (await answer.json()) as Body };
    };
    const good = await send(
      '?cloud=aws&speed=0',
      `${JSON.stringify(line)}\n\n${JSON.stringify({ ...line, api: 'Nothing' })}\n`,
    );
    assert.equal(good.status, 201);
    const state = { cloud: 'aws', calls: 1, failures: 1, left: 0, nearest: {}, unknown: { Nothing: 1 } };
    assert.deepEqual(good.body.items, [{ ...state, played: 0 }]);
    assert.deepEqual((await ask('GET', '/replay')).body.items, [{ ...state, played: 0 }]);
    for (const [query, text, where] of [
      ['', 'nonsense', 'line 1'],
      ['', `${JSON.stringify(line)}\n${JSON.stringify({ ...line, outcome: 'late' })}`, 'line 2'],
      ['', '\n', 'body'],
      ['?speed=fast', JSON.stringify(line), 'speed'],
      ['?speed=', JSON.stringify(line), 'speed'],
      ['', JSON.stringify({ ...line, provider: 'MOON' }), 'body'],
      ['?cloud=openstack', JSON.stringify(line), 'body'],
      ['', JSON.stringify({ ...line, connection: 'seoul' }), 'cloud'],
    ] as const) {
      const { status, body } = await send(query, text);
      assert.ok(status >= 400, text);
      assert.equal(body.error.where, where, text);
    }
    assert.equal((await ask('DELETE', '/replay?cloud=aws')).status, 204);
    assert.deepEqual((await ask('GET', '/replay')).body.items, []);
  });

  it('changes delays one by one', async () => {
    const { body } = await ask('PUT', '/clouds/aws/delays', { create: 7 });
    assert.deepEqual(body['delays'], { create: 7, start: 200, stop: 200, reboot: 200, terminate: 200 });
  });

  it('answers local names only', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      request(`${twin.url}/twin/v1/health`, { headers: { host: 'twin.example' } }, response => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
    assert.equal(status, 403);
  });

  it('tells at other paths where the clouds are', async () => {
    const answer = (await (await fetch(`${twin.url}/nowhere`)).json()) as Body;
    for (const { place } of wireKinds) assert.ok(answer.error.next.includes(place), place);
  });
});
