/** Whatever comes in: an error of ours that says what is wrong, where, and what to do; nothing changed; the server goes on. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import { operationNames } from '@cloud-barista/api/operations';
import { definitionOf, errorOf, group, openStage, refused } from './stage.ts';

const stage = await openStage({ after });
await stage.connect('aws-seoul');
await stage.client.call('vpc.create', {
  connection: 'aws-seoul',
  body: { name: 'main', cidr: '10.0.0.0/16', subnets: [{ name: 'one', cidr: '10.0.0.0/24' }] },
});
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  stage.send(path, { method: 'POST', body, headers });
const mcis = '/v1/namespaces/default/mcis';
const at = '/v1/connections/aws-seoul';

const bodies: [what: string, body: unknown, where: string, next: RegExp][] = [
  [
    'an unknown field',
    { name: 'x', groups: [group('aws-seoul')], onFailur: 'keep' },
    'onFailur',
    /"onFailure"/,
  ],
  [
    'an unknown field deep in',
    { name: 'x', groups: [{ ...group('aws-seoul'), siez: 2 }] },
    'groups[0].siez',
    /"size"/,
  ],
  ['a missing field', { groups: [group('aws-seoul')] }, 'name', /Add name/],
  ['a mistyped field that is needed', { nmae: 'x', groups: [group('aws-seoul')] }, 'nmae', /"name"/],
  [
    'a missing field deep in',
    { name: 'x', groups: [{ name: 'g', size: 1 }] },
    'groups[0].image',
    /Add image/,
  ],
  [
    'a wrong type',
    { name: 'x', groups: [{ ...group('aws-seoul'), size: '2' }] },
    'groups[0].size',
    /whole number from 1 to 1000/,
  ],
  [
    'a number out of range',
    { name: 'x', groups: [{ ...group('aws-seoul'), size: 1001 }] },
    'groups[0].size',
    /./,
  ],
  [
    'an unknown word',
    { name: 'x', groups: [group('aws-seoul')], onFailure: 'rolback' },
    'onFailure',
    /"rollback"/,
  ],
  ['a bad name', { name: 'Web_1', groups: [group('aws-seoul')] }, 'name', /lower-case letters/],
  ['an empty list', { name: 'x', groups: [] }, 'groups', /list from 1 to 200 items/],
  ['a list for an object', [], 'body', /object with name/],
  ['a text for an object', '"text"', 'body', /object with name/],
  ['a bad CIDR', { name: 'x', groups: [group('aws-seoul')], cidr: '10.0.0.0/33' }, 'cidr', /IPv4 block/],
];
for (const [what, body, where, next] of bodies)
  test(`${what} is refused at ${where}`, async () => {
    const error = refused(await post(mcis, body), 400, 'invalid_argument');
    assert.equal(error.where, where, error.message);
    assert.match(error.next ?? '', next);
  });

test('more than one thing with one name is refused', async () => {
  const error = refused(
    await post(mcis, { name: 'x', groups: [group('aws-seoul'), group('aws-seoul')] }),
    400,
    'invalid_argument',
  );
  assert.match(error.message, /web/);
});

test('JSON that is broken or cut off: where it breaks, and nothing of it quoted', async () => {
  for (const text of ['{"name":"x","password":hunter2}', '{"name":"hunter2', '{', 'hunter2', '{"a":1}}']) {
    const answer = await post('/v1/credentials', text);
    assert.match(refused(answer, 400, 'invalid_argument').message, /not well-formed JSON/);
    assert.ok(!answer.text.includes('hunter2'), answer.text);
  }
});

test('__proto__ and constructor in a body pollute nothing', async () => {
  for (const text of [
    '{"name":"x","__proto__":{"role":"admin"}}',
    '{"name":"x","constructor":{"prototype":{"role":"admin"}}}',
  ])
    refused(await post('/v1/namespaces', text), 400, 'invalid_argument');
  assert.equal(({} as { role?: string }).role, undefined);
});

test('a body over the limit: 413, and how much is taken', async () => {
  const answer = await post('/v1/namespaces', { name: 'x', description: 'x'.repeat(1024 * 1024) });
  assert.match(refused(answer, 413, 'invalid_argument').next ?? '', /1048576/);
});

test('no body, another content type, a body where none is taken', async () => {
  assert.match(
    refused(await post('/v1/namespaces', undefined), 400, 'invalid_argument').message,
    /body is missing/,
  );
  assert.match(
    refused(await post('/v1/namespaces', '', { 'content-length': '0' }), 400, 'invalid_argument').message,
    /body is missing/,
  );
  for (const type of ['text/plain', 'application/xml', 'application/yaml', 'nonsense'])
    assert.match(
      refused(await post('/v1/namespaces', '{"name":"x"}', { 'content-type': type }), 415, 'invalid_argument')
        .next ?? '',
      /application\/json/,
    );
  assert.equal(
    (await post('/v1/namespaces', '{"name":"utf"}', { 'content-type': 'application/json; charset=utf-8' }))
      .status,
    201,
  );
  refused(await post(`${at}/check`, { force: true }), 400, 'invalid_argument');
  assert.equal((await post(`${at}/check`, {})).status, 200);
  assert.equal((await post(`${at}/check`, '', { 'content-length': '0' })).status, 200);
});

test('an unknown route names the nearest; a wrong method, those that fit', async () => {
  assert.match(
    refused(await stage.send('/v1/conections'), 404, 'not_found').next ?? '',
    /"\/v1\/connections"/,
  );
  for (const path of ['/', '/v1', '/v1/', '/v1//namespaces', '/v2/namespaces', `/${'x'.repeat(5000)}`])
    assert.ok(refused(await stage.send(path), 404, 'not_found').message.length < 300);
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await stage.send('/v1/namespaces', { method });
    assert.match(refused(answer, 405, 'not_found').next ?? '', /POST, GET|GET, POST/);
    assert.match(String(answer.headers['allow']), /GET/);
  }
});

test('HEAD is answered like GET, without a body, and opens no stream', async () => {
  assert.deepEqual(
    await stage.send('/v1/health', { method: 'HEAD' }).then(({ status, text }) => [status, text]),
    [200, ''],
  );
  assert.equal((await stage.send('/v1/watch?kind=vm', { method: 'HEAD' })).status, 405);
});

test('the query: unknown, mistyped, twice, out of range, a cursor of another list', async () => {
  const wrong: [query: string, where: string][] = [
    ['limt=5', 'limt'],
    ['limit=abc', 'limit'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['__proto__=1', '__proto__'],
    [`cursor=${'x'.repeat(1025)}`, 'cursor'],
  ];
  for (const [query, where] of wrong)
    assert.equal(
      refused(await stage.send(`/v1/namespaces?${query}`), 400, 'invalid_argument').where,
      where,
      query,
    );
  assert.match(errorOf(await stage.send('/v1/namespaces?limt=5')).next ?? '', /"limit"/);
  assert.match(errorOf(await stage.send('/v1/watch?kind=vmz')).next ?? '', /"vm"/);
  refused(await stage.send(`${at}/specs?cursor=nonsense`), 400, 'invalid_argument');
  // By name: behind any text stands something or nothing.
  assert.deepEqual((await stage.send('/v1/namespaces?cursor=zzz')).body, { items: [] });
});

test('hostile and huge names: refused or not found, never another thing', async () => {
  const names = [
    '..%2Fx',
    '%2e%2e%2fx',
    '%2F',
    '%00',
    '%F0%9F%98%80',
    '__proto__',
    'a%0Ab',
    'x'.repeat(64),
    '%ED%95%9C',
  ];
  for (const name of [...names, 'X', 'x'.repeat(2000)]) {
    const answer = await stage.send(`/v1/namespaces/${name}`);
    assert.equal(refused(answer, 400, 'invalid_argument').where, 'namespace', name);
  }
  for (const name of [...names, 'x'.repeat(500)]) {
    const answer = await stage.send(`${at}/images/${name}`);
    assert.ok(answer.status === 404 || answer.status === 400, `${name}: ${answer.text}`);
  }
  for (const path of ['/v1/namespaces/../tokens', '/v1/namespaces/%2e%2e/tokens', '/v1/./health'])
    assert.ok([400, 404].includes((await stage.send(path)).status), path);
  assert.equal(refused(await stage.send('/v1/namespaces/'), 400, 'invalid_argument').where, 'namespace');
  refused(await stage.send('/v1/namespaces/constructor'), 404, 'not_found');
  refused(await stage.send('/v1/namespaces/%zz'), 400, 'invalid_argument');
  refused(await stage.send(`/v1/namespaces/${'x'.repeat(3000)}`), 414, 'invalid_argument');
});

test('what is not there names the nearest', async () => {
  const cases: [answer: ReturnType<typeof stage.send>, nearest: RegExp][] = [
    [stage.send('/v1/connections/aws-soul'), /"aws-seoul"/],
    [stage.send('/v1/drivers/memry'), /"memory"/],
    [stage.send(`${at}/vpcs/mian`), /"main"/],
    [stage.send(`${at}/specs/mock-vmspec-4`), /mock-vmspec-04/],
    [stage.send(`${at}/images/mock-vmimage-1`), /mock-vmimage-01/],
    [stage.send('/v1/namespaces/defualt'), /"default"/],
    [post(mcis, { name: 'x', groups: [group('aws-soul')] }), /"aws-seoul"/],
    [post(mcis, { name: 'x', groups: [{ ...group('aws-seoul'), image: 'ubunto-22.04' }] }), /ubuntu/],
    [post(mcis, { name: 'x', groups: [{ ...group('aws-seoul'), spec: 'mock-vmspec-4' }] }), /mock-vmspec-04/],
    [
      post('/v1/connections', { name: 'x', driver: 'memory', credential: 'aws-soul', region: 'aws-seoul' }),
      /"aws-seoul"/,
    ],
  ];
  for (const [answer, nearest] of cases)
    assert.match(refused(await answer, 404, 'not_found').next ?? '', nearest);
  assert.equal((await stage.send(`${mcis}/x`)).status, 404);
});

test('blocks that overlap, stand outside, or are not ours to give', async () => {
  const subnets = (...cidrs: string[]) => cidrs.map((cidr, i) => ({ name: `s${i}`, cidr }));
  const vpc = (cidr: string, ...inside: string[]) =>
    post(`${at}/vpcs`, { name: 'x', cidr, subnets: subnets(...inside) });
  refused(await vpc('10.9.0.0/16', '10.9.0.0/24', '10.9.0.128/25'), 400, 'invalid_argument');
  refused(await vpc('10.9.0.0/16', '10.8.0.0/24'), 400, 'invalid_argument');
  assert.match(refused(await vpc('10.9.0.1/16'), 400, 'invalid_argument').next ?? '', /10\.9\.0\.0\/16/);
  refused(
    await post(`${at}/vpcs/main/subnets`, { name: 'two', cidr: '10.0.0.128/25' }),
    400,
    'invalid_argument',
  );
  for (const cidr of ['8.8.0.0/16', '0.0.0.0/0', '127.0.0.0/8'])
    refused(await post(mcis, { name: 'x', groups: [group('aws-seoul')], cidr }), 400, 'invalid_argument');
  const listed = (await stage.send(`${at}/vpcs`)).body as { items: unknown[] };
  assert.equal(listed.items.length, 1);
});

test('a bad Idempotency-Key; a Prefer that says nothing to us', async () => {
  for (const key of ['', 'x'.repeat(129), 'a b', 'é'])
    refused(
      await post(
        mcis,
        { name: 'x', groups: [group('aws-seoul')] },
        { 'idempotency-key': Buffer.from(key).toString('latin1') },
      ),
      400,
      'invalid_argument',
    );
  // RFC 7240, 2: what is not understood is passed over.
  for (const [number, prefer] of ['wait=soon', 'waiting', 'respond-async', 'return=minimal'].entries()) {
    const answer = await post(mcis, { name: `p${number}`, groups: [group('aws-seoul', 1)] }, { prefer });
    assert.equal(answer.status, 202, prefer);
  }
});

test('what is no HTTP is told so, and the server goes on', async () => {
  const { hostname, port } = new URL(stage.server.url);
  for (const [text, status] of [
    ['nonsense\r\n\r\n', 400],
    [`GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ] as const) {
    const answered = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(text));
      let all = '';
      socket.setEncoding('utf8').on('data', data => (all += String(data)));
      socket.on('end', () => resolve(all)).on('error', reject);
    });
    assert.match(answered, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(answered, /\{"error":\{"code":"invalid_argument"/);
  }
  assert.equal((await stage.send('/v1/health')).status, 200);
});

test('any JSON to any operation that takes a body: never an error of the server’s own', async () => {
  const taking = operationNames.filter(
    name => definitionOf(name).body !== undefined && !name.startsWith('command'),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...taking), fc.jsonValue({ maxDepth: 3 }), async (name, body) => {
      const { path } = definitionOf(name);
      const answer = await post(path.replaceAll(/\{\w+\}/g, 'x'), body);
      assert.ok(answer.status >= 400 && answer.status < 500, `${name}: ${answer.text}`);
    }),
    { numRuns: 300 },
  );
});
