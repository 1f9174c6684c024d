/** How calls are made and answered: bodies on GET and DELETE, the query instead, Go's decoding, upstream's errors. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, describe, it } from 'node:test';
import { fieldsOf } from '../../src/spider-api/request.ts';
import { ours } from '../../src/spider-api/names.ts';
import { isName } from '@cloud-barista/model/names';
import * as fc from 'fast-check';
import { openSpiderStage } from './stage.ts';

const stage = await openSpiderStage({ after });
const { raw, ok } = stage;
const connection = stage.connection;

describe('the connection', () => {
  for (const method of ['GET', 'DELETE'])
    it(`of a ${method} stands in its body or its query`, async () => {
      const path = method === 'GET' ? '/vpc/none' : '/vpc/none';
      const inBody = await raw(method, path, { body: { ConnectionName: connection } });
      const inQuery = await raw(method, `${path}?ConnectionName=${connection}`);
      assert.equal(inBody.status, 404);
      assert.equal(inQuery.text, inBody.text);
      const none = await raw(method, path);
      assert.deepEqual([none.status, none.body], [400, { message: 'ConnectionName is empty!' }]);
    });
  it('in the query is taken where the body names none, in any case', async () => {
    const answer = await raw('GET', `/vpc?connectionname=${connection}`, { body: { Other: 'x' } });
    assert.deepEqual([answer.status, answer.body], [200, { vpc: [] }]);
  });
  it('in the body goes before the query', async () => {
    const answer = await raw('GET', '/vpc?ConnectionName=nobody', { body: { connectionName: connection } });
    assert.deepEqual([answer.status, answer.body], [200, { vpc: [] }]);
  });
  it('that is none is told so', async () => {
    const answer = await raw('GET', '/vpc?ConnectionName=nobody');
    assert.equal(answer.status, 404);
    assert.match(answer.text, /\\"nobody\\" does not exist/);
  });
});

describe('a body', () => {
  it('of a GET may come in pieces', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const outgoing = request(`${stage.server.url}/spider/vpc`, {
        method: 'GET',
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      });
      outgoing.on('error', reject);
      outgoing.on('response', answer => {
        let all = '';
        answer.setEncoding('utf8').on('data', part => (all += String(part)));
        answer.on('end', () => resolve(all));
      });
      outgoing.write('{"Connection');
      outgoing.end(`Name":"${connection}"}`);
    });
    assert.equal(text, '{"vpc":[]}\n');
  });
  it('that is no JSON is refused in upstream’s words', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const path = method === 'POST' ? '/vpc' : '/vpc/x';
      const answer = await raw(method, path, { body: '{"ConnectionName": "secret-word"' });
      assert.equal(answer.status, 400);
      assert.match(answer.text, /^\{"message":"code=400, message=Syntax error: offset=\d+, error=/);
      assert.ok(!answer.text.includes('secret-word'));
    }
    assert.equal((await raw('POST', '/vpc', { body: '"text"' })).status, 400);
    assert.equal((await raw('POST', '/vpc', { body: '[1]' })).status, 400);
  });
  it('of another type is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await raw('POST', '/vpc', { body: '{}', headers: { 'content-type': type } });
      assert.deepEqual(
        [answer.status, answer.body],
        [415, { message: 'code=415, message=Unsupported Media Type' }],
      );
    }
  });
  it('that is too large is refused', async () => {
    const body = JSON.stringify({ ConnectionName: 'x'.repeat(1_100_000) });
    for (const method of ['GET', 'POST']) {
      const answer = await raw(method, '/vpc', { body }).catch((error: NodeJS.ErrnoException) => error);
      // The server need not read what it refuses: its answer may be cut off by our own writing.
      if (answer instanceof Error) assert.match(String(answer.code), /ECONNRESET|EPIPE/);
      else assert.equal(answer.status, 413);
    }
  });
});

describe('an answer', () => {
  it('is JSON with a line end, indented where that is asked', async () => {
    const plain = await raw('GET', '/readyz');
    assert.equal(plain.headers['content-type'], 'application/json; charset=UTF-8');
    assert.equal(plain.text, '{"message":"CB-Spider is ready"}\n');
    assert.equal((await raw('GET', '/readyz?pretty')).text, '{\n  "message": "CB-Spider is ready"\n}\n');
    for (const path of ['/health', '/healthcheck', '/ping'])
      assert.equal((await raw('GET', path)).text, plain.text);
  });
  it('of an unknown route, or method, is upstream’s', async () => {
    for (const path of ['/nothing', '/vpc/a/b', '/vm/x/y/z']) {
      const answer = await raw('GET', path);
      assert.deepEqual([answer.status, answer.text], [404, '{"message":"Not Found"}\n']);
    }
    const answer = await raw('POST', '/vmstatus');
    assert.deepEqual([answer.status, answer.text], [405, '{"message":"Method Not Allowed"}\n']);
    assert.equal(answer.headers['allow'], 'GET');
  });
  it('of what is not served says why', async () => {
    for (const [method, path] of [
      ['GET', '/nlb'],
      ['POST', '/cluster'],
      ['GET', '/s3/bucket/key'],
      ['GET', '/adminweb/top'],
      ['GET', '/monitoring/vm/x/cpu_usage'],
    ] as const) {
      const answer = await raw(method, path);
      assert.equal(answer.status, 501);
      assert.match(answer.text, /not served here/);
    }
  });
  it('tells the version, and where it is served', async () => {
    for (const path of ['/version', '/ver'])
      assert.match((await raw('GET', path)).text, /^\{"Version":"CB-Spider \(Cloud-Barista\) v/);
    assert.match((await raw('GET', '/endpointinfo')).text, /\/spider/);
    for (const path of ['', '/'])
      assert.match(String((await raw('GET', path)).headers['content-type']), /^text\/html/);
  });
  it('shows the API page, from its own files', async () => {
    const page = await raw('GET', '/api');
    assert.match(page.text, /\/spider\/api\/swagger-ui\.css/);
    for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js'])
      assert.equal((await raw('GET', `/api/${file}`)).status, 200, file);
    const { paths } = (await raw('GET', '/api/openapi.json')).body as { paths: Record<string, object> };
    assert.deepEqual(Object.keys(paths['/spider/vm/{Name}'] ?? {}).sort(), ['delete', 'get']);
    for (const path of ['/swagger/index.html', '/api/index.html']) {
      const answer = await raw('GET', path);
      assert.deepEqual([answer.status, answer.headers['location']], [302, '/spider/api']);
    }
  });
});

describe('Go’s decoding', () => {
  const given = { NAME: 'a', name: 'b', Name: 'c', nUm: 5, flag: true, nothing: null, ' x': 1 };
  it('finds keys in any case, the exact one first', () => {
    assert.equal(fieldsOf(given).text('Name'), 'c');
    assert.equal(fieldsOf(given).text('num'), '5');
    assert.equal(fieldsOf(given).text('Flag'), 'true');
    for (const missing of ['nothing', 'absent']) assert.equal(fieldsOf(given).text(missing), '');
    assert.deepEqual(fieldsOf(given).texts('absent'), []);
    assert.equal(fieldsOf(undefined).part('ReqInfo').text('Name'), '');
  });
  it('never takes what is inherited for a field', () => {
    for (const key of ['constructor', '__proto__', 'toString']) assert.equal(fieldsOf({}).text(key), '');
  });
  it('throws an error of ours for anything else, never another', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, key) => {
        try {
          const fields = fieldsOf(value);
          fields.text(key);
          fields.texts(key);
          fields.part(key).text(key);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'invalid_argument');
        }
      }),
    );
  });
});

describe('names', () => {
  it('of ours are themselves; all others become one of ours, always the same', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200 }), name => {
        const own = ours(name);
        assert.ok(isName(own), own);
        assert.equal(ours(name), own);
        assert.equal(ours(own), own);
        if (isName(name)) assert.equal(own, name);
      }),
    );
  });
  it('that differ in case or signs alone are different', () => {
    const names = ['vpc-01', 'VPC-01', 'Vpc-01', 'vpc_01', 'vpc.01', 'vpc 01', '01-vpc'];
    assert.equal(new Set(names.map(ours)).size, names.length);
  });
  it('of any kind live side by side', async () => {
    const given = ['same', 'SAME', 'Same_', 'same.', '1same', '한국어', 'x'.repeat(80)];
    for (const [index, Name] of given.entries())
      await stage.create('/vpc', { Name, IPv4_CIDR: `10.${index}.0.0/16` });
    const { vpc } = await ok<{ vpc: { IId: { NameId: string } }[] }>('GET', '/vpc');
    assert.deepEqual(vpc.map(one => one.IId.NameId).sort(), [...given].sort());
    for (const name of given) {
      const path = `/vpc/${encodeURIComponent(name)}`;
      assert.equal((await ok<{ IId: { NameId: string } }>('GET', path)).IId.NameId, name);
      assert.deepEqual(await ok('DELETE', path), { Result: 'true' });
    }
  });
});
