/** Whatever is done to a VM in whatever order, once all are gone nothing is held: no address, no CPU, no disk, no machine. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { openTestCloud } from './server.ts';

const verbs = [
  'start',
  'stop',
  'suspend',
  'resume',
  'reset',
  'insert',
  'delete',
  'crash',
  'static',
  'bare',
  'nat',
] as const;

it('nothing is left behind', async () => {
  const t = await openTestCloud();
  await t.login();
  const nic = 'networkInterface=nic0';
  const usage = async (): Promise<Record<string, number>> => {
    const { quotas } = await t.want(200, 'GET regions/us-central1');
    return Object.fromEntries(
      (quotas as unknown as { metric: string; usage: number }[]).map(({ metric, usage: used }) => [
        metric,
        used,
      ]),
    );
  };
  const before = await usage();
  await t.done('POST regions/us-central1/addresses', { name: 'ip' });
  const { address } = await t.want(200, 'GET regions/us-central1/addresses/ip');
  const step = fc.tuple(fc.constantFrom(...verbs), fc.constantFrom('a', 'b'), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
      for (const [verb, name, waits] of steps) {
        const path = `zones/us-central1-a/instances/${name}`;
        const machine = [...t.world.machines.all()].find(each => each.hostname === name);
        const line = {
          insert: 'POST zones/us-central1-a/instances',
          delete: `DELETE ${path}`,
          static: `POST ${path}/addAccessConfig?${nic}`,
          nat: `POST ${path}/addAccessConfig?${nic}`,
          bare: `POST ${path}/deleteAccessConfig?${nic}&accessConfig=nat`,
        }[verb as 'insert'];
        if (verb === 'crash') {
          if (machine?.state === 'running') t.world.machines.crash(machine);
          continue;
        }
        const config = { name: 'nat', ...(verb === 'static' && { natIP: address }) };
        const body =
          verb === 'insert'
            ? t.vm(name, {
                networkInterfaces: [{ network: 'global/networks/default', accessConfigs: [config] }],
              })
            : config;
        const answer = await t.call(line ?? `POST ${path}/${verb}`, body);
        assert.ok(answer.status < 500, answer.text);
        if (answer.status === 200 && waits) await t.want(200, `POST ${answer.body.selfLink}/wait`);
      }
      for (const name of ['a', 'b']) {
        const answer = await t.call(`DELETE zones/us-central1-a/instances/${name}`);
        if (answer.status === 200) await t.want(200, `POST ${answer.body.selfLink}/wait`);
        // It is gone, or was being deleted when the steps ended.
        else while ((await t.call(`GET zones/us-central1-a/instances/${name}`)).status !== 404);
      }
      assert.deepEqual(await usage(), { ...before, STATIC_ADDRESSES: 1 });
      assert.equal(t.world.addresses.taken, 1);
      assert.equal([...t.world.machines.all()].length, 0);
      assert.equal((await t.want(200, 'GET regions/us-central1/addresses/ip')).status, 'RESERVED');
    }),
    { numRuns: 40 },
  );
  await t.close();
});
