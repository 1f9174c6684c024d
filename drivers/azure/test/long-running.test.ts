/** Operations that take longer than a request, against a server that answers as ARM's pages on them say. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import { types } from '../src/arm.ts';
import { call, script, type Reply } from './scripted.ts';

const body = { location: 'koreacentral' };
const vnet = (state?: string) => ({
  name: 'net',
  ...(state && { properties: { provisioningState: state } }),
});

it('polls Azure-AsyncOperation, not Location, then reads what the PUT made', async () => {
  const states = ['InProgress', 'Updating', 'Succeeded'];
  const server = await script((asked, base): Reply => {
    const headers = {
      'azure-asyncoperation': `${base}/operations/1?api-version=7`,
      location: `${base}/wrong`,
    };
    if (asked.method === 'PUT') return { status: 201, headers, body: vnet('Updating') };
    if (asked.url.startsWith('/operations/1')) return { body: { status: states.shift() } };
    return { body: vnet('Succeeded') };
  });
  const made = await server.arm.put(call(), types.vnet, 'net', body);
  assert.deepEqual(made, vnet('Succeeded'));
  assert.deepEqual(
    server.asked.map(({ method, url }) => `${method} ${url.split('?')[0]}`),
    [
      'PUT /subscriptions/sub/resourceGroups/cloud-barista-koreacentral/providers/Microsoft.Network/virtualNetworks/net',
      ...Array<string>(3).fill('GET /operations/1'),
      'GET /subscriptions/sub/resourceGroups/cloud-barista-koreacentral/providers/Microsoft.Network/virtualNetworks/net',
    ],
  );
  assert.equal(server.asked[1]?.url, '/operations/1?api-version=7', 'the address as ARM gave it');
  assert.ok(server.road.sent.every(({ request }) => request.idempotent));
  await server.close();
});

it('polls Location until it no longer says 202', async () => {
  let left = 3;
  const server = await script((asked, base): Reply => {
    if (asked.method === 'DELETE') return { status: 202, headers: { location: `${base}/results/1` } };
    return --left > 0 ? { status: 202, headers: { location: `${base}/results/${left}` } } : { status: 204 };
  });
  await server.arm.remove(call(), types.nsg, 'group');
  assert.deepEqual(
    server.asked.slice(1).map(({ url }) => url),
    ['/results/1', '/results/2', '/results/1'],
    'each answer may name the next address',
  );
  await server.close();
});

it('polls provisioningState where the answer names no address', async () => {
  const states = ['Creating', 'Succeeded'];
  const server = await script(asked => ({
    body: vnet(asked.method === 'PUT' ? 'Creating' : states.shift()),
  }));
  assert.deepEqual(await server.arm.put(call(), types.vnet, 'net', body), vnet('Succeeded'));
  assert.equal(server.asked.length, 3);
  await server.close();
});

it('throws the error of an operation that failed, by its code', async () => {
  const server = await script((asked, base) =>
    asked.method === 'DELETE'
      ? { status: 202, headers: { 'azure-asyncoperation': `${base}/operations/1` } }
      : {
          body: {
            status: 'Failed',
            error: { code: 'InUseSubnetCannotBeDeleted', message: 'Subnet a is in use.' },
          },
        },
  );
  await assert.rejects(
    server.arm.remove(call(), types.vnet, 'net'),
    error => hasCode(error, 'failed_precondition') && error.vendorCode === 'InUseSubnetCannotBeDeleted',
  );
  await server.close();
});

it('waits as long as Retry-After says, and a signal ends the wait', async () => {
  const server = await script((_, base) => ({
    status: 202,
    headers: { location: `${base}/results/1`, 'retry-after': '3600' },
  }));
  const abort = new AbortController();
  const deleting = server.arm.remove({ signal: abort.signal }, types.vnet, 'net');
  while (server.road.sent.at(-1)?.outcome !== 'ok' || server.asked.length === 0)
    await new Promise(resolve => setImmediate(resolve));
  abort.abort();
  await assert.rejects(deleting, error => hasCode(error, 'cancelled'));
  assert.equal(server.asked.length, 1, 'no poll within the hour');
  await server.close();
});

it('takes a VPC away that was refused while it was being made', async () => {
  let stands = false;
  const server = await script((asked, base): Reply => {
    if (asked.url.startsWith('/operations'))
      return { body: { status: 'Failed', error: { code: 'QuotaExceeded', message: 'No more networks.' } } };
    if (/resourceGroups\/[^/]+\?/.test(asked.url)) return { body: { name: 'group' } };
    if (asked.method === 'PUT') {
      stands = true;
      const made = { ...(JSON.parse(asked.body) as object), name: 'net' };
      return { status: 201, headers: { 'azure-asyncoperation': `${base}/operations/1` }, body: made };
    }
    if (asked.method === 'DELETE') stands = false;
    const token = { 'cb-token': 'tok_1' };
    return stands
      ? { body: { ...vnet('Failed'), tags: token } }
      : { status: 404, body: { error: { code: 'ResourceNotFound', message: 'None.' } } };
  });
  const create = { ...call(), token: 'tok_1' as never, again: false };
  const request = { name: 'net', cidr: '10.0.0.0/16', subnets: [] };
  await assert.rejects(server.cloud.vpcs.create(create, request), error =>
    hasCode(error, 'resource_exhausted'),
  );
  assert.equal(stands, false);
  await server.close();
});

it('asks addresses that ARM gives at our endpoint only', async () => {
  const server = await script(asked =>
    asked.url.includes('part=2')
      ? { body: { value: [{ name: 'b' }] } }
      : { body: { value: [{ name: 'a' }], nextLink: 'https://elsewhere.example/list?part=2&api-version=1' } },
  );
  const items = await server.arm.list<{ name: string }>(call(), types.vnet);
  assert.deepEqual(
    items.map(item => item.name),
    ['a', 'b'],
  );
  assert.equal(server.asked[1]?.url, '/list?part=2&api-version=1');
  await server.close();
});
