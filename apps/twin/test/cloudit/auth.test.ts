/** Who may call, what is an address, what is a body; faults in Cloudit's words. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type TestCloud } from './serve.ts';

describe('Cloudit: calls', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud({ regions: ['default', 'second'] });
  });
  after(() => t.close());

  it('takes the token of the tenant only', async () => {
    await t.want(200, 'GET ace servers');
    for (const token of [undefined, '', 'x', 'x'.repeat(40)]) {
      const answer = await t.call('GET ace servers', undefined, { token });
      assert.equal(answer.status, 401);
      assert.equal(answer.body['code'], 401);
    }
    await t.want(403, 'GET ace servers', undefined, { tenant: 'tnt0000' });
  });

  it('answers under both versions, and nowhere else', async () => {
    await t.want(200, 'GET ace servers', undefined, { version: 'v4.0' });
    await t.want(404, 'GET ace servers', undefined, { version: 'v3.0' });
    await t.want(404, 'GET dna servers');
    await t.want(404, 'GET ace nothing');
    await t.want(404, 'GET ace servers', undefined, { endpoint: `${t.base}/cloudit/other` });
    const answer = await t.call('DELETE ace servers');
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, POST']);
  });

  it('takes each region for an installation of its own', async () => {
    const { credential } = t.wire.connection(t.cloud, 'second', t.base);
    const endpoint = credential['identityEndpoint'] ?? '';
    assert.notEqual(endpoint, t.identityEndpoint);
    await t.want(201, 'POST dna subnets', { name: 'far', addr: '10.0.40.0', prefix: '22' }, { endpoint });
    assert.equal((await t.want(200, 'GET dna subnets', undefined, { endpoint })).length, 2);
    assert.equal((await t.want(200, 'GET dna subnets')).length, 1);
    await t.want(404, 'GET ace servers', undefined, { endpoint: `${t.base}/cloudit/innogrid/third` });
  });

  it('refuses what is no body of the call', async () => {
    const subnet = { name: 'n', addr: '10.0.60.0', prefix: '22' };
    await t.want(400, 'POST dna subnets', '{');
    await t.want(400, 'POST dna subnets', []);
    await t.want(415, 'POST dna subnets', JSON.stringify(subnet), { type: 'text/plain' });
    const unknown = await t.want(400, 'POST dna subnets', { ...subnet, vpc: 'x' });
    assert.match(unknown['message'], /unknown field "vpc"/);
    await t.want(400, 'POST dna subnets', { ...subnet, name: '' });
    await t.want(400, 'POST dna subnets', { ...subnet, name: 'n'.repeat(46) });
    await t.want(400, 'POST dna subnets', { ...subnet, prefix: 22 });
    await t.want(400, 'POST dna subnets', { ...subnet, protection: 2 });
  });

  it('fails as it is told to', async () => {
    const rule = { cloud: 'innogrid', operation: 'GET /ace/specs', probability: 1 } as const;
    const statuses = { error: 500, capacity: 500, quota: 413, throttle: 429, unavailable: 503 } as const;
    for (const [fault, status] of Object.entries(statuses)) {
      t.world.faults.set([{ ...rule, fault: fault as keyof typeof statuses }]);
      assert.equal((await t.call('GET ace specs')).status, status);
    }
    t.world.faults.set([{ ...rule, fault: 'drop' }]);
    await assert.rejects(t.call('GET ace specs'));
    t.world.faults.set([{ ...rule, fault: 'hang' }]);
    await assert.rejects(t.call('GET ace specs', undefined, { signal: AbortSignal.timeout(50) }), {
      name: 'TimeoutError',
    });
    t.world.faults.set([]);
  });
});

describe('Cloudit: a cluster without room', () => {
  it('takes the order and says FAILED later', async () => {
    const t = await openTestCloud();
    t.world.faults.set([{ cloud: '*', operation: 'create-vm', probability: 1, fault: 'capacity' }]);
    const { id, state } = await t.want(202, 'POST ace servers', await t.orderFor());
    assert.equal(state, 'CREATING');
    await t.settle();
    assert.equal((await t.want(200, `GET ace servers/${id}`))['state'], 'FAILED');
    await t.want(409, `POST ace servers/${id}/start`);
    await t.want(202, `DELETE ace servers/${id}`);
    assert.equal((await t.want(200, 'GET ace servers')).length, 0);
    assert.equal((await t.want(200, 'GET ace volumes')).length, 0);
    await t.close();
  });
});
