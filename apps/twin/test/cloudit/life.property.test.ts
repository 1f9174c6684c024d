/** Whatever is asked in whatever order, nothing breaks inside, no answer contradicts another, and all that was taken can be given back. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { array, assert as prove, asyncProperty, constantFrom, nat, tuple } from 'fast-check';
import { openTestCloud, type Json } from './serve.ts';

const deeds = [
  'order',
  'start',
  'shutdown',
  'reboot',
  'end',
  'address',
  'release',
  'volume',
  'attach',
  'detach',
  'discard',
  'snapshot',
  'forget',
  'nic',
  'unplug',
  'settle',
] as const;

it('Cloudit: any series of orders can be cleared away', { timeout: 60_000 }, async () => {
  const t = await openTestCloud();
  const clusterId = (await t.rows('GET ace clusters'))[0]?.['id'];
  const order = await t.orderFor();
  const { secgroups } = order;
  const firsts = async (line: string, wanted: (one: Json) => boolean = () => true) =>
    (await t.rows(line)).filter(wanted);
  /** An order may be refused, never break. */
  const ask = async (line: string, body?: unknown) => {
    const { status, text } = await t.call(line, body);
    assert.ok(status < 500 && status !== 415 && status !== 405, `${line}: ${status} ${text}`);
    return status;
  };

  async function perform(deed: (typeof deeds)[number], pick: number): Promise<void> {
    const of = (list: Json[]) => list[pick % Math.max(1, list.length)];
    const server = of(await firsts('GET ace servers'));
    const volume = of(await firsts('GET ace volumes', one => one['bootable'] === 'no'));
    switch (deed) {
      case 'order':
        return void (await ask('POST ace servers', order));
      case 'volume':
        return void (await ask('POST ace volumes', { name: 'v', clusterId, size: 1 + pick }));
      case 'settle':
        return t.settle();
      case 'discard':
        return void (volume && (await ask(`DELETE ace volumes/${volume['id']}`)));
      case 'snapshot':
        return void (volume && (await ask('POST ace snapshots', { name: 's', volumeId: volume['id'] })));
      case 'forget': {
        const snapshot = of(await firsts('GET ace snapshots'));
        return void (snapshot && (await ask(`DELETE ace snapshots/${snapshot['id']}`)));
      }
      case 'release': {
        const ip = of(await firsts('GET dna adaptive-ips'));
        return void (ip && (await ask(`DELETE dna adaptive-ips/${ip['ip']}`)));
      }
      default:
    }
    if (!server) return;
    const at = `ace servers/${server['id']}`;
    switch (deed) {
      case 'start':
      case 'shutdown':
      case 'reboot':
        return void (await ask(`POST ${at}/${deed}`));
      case 'end':
        return void (await ask(`DELETE ${at}`));
      case 'address': {
        const [free] = await firsts('GET dna ips');
        const { privateIp } = server;
        return void (await ask('POST dna adaptive-ips', { ip: free?.['addr'], name: 'n', privateIp }));
      }
      case 'attach':
        return void (volume && (await ask(`POST ${at}/volumes`, { volumeId: volume['id'], mode: 'w' })));
      case 'detach':
        return void (volume && (await ask(`DELETE ${at}/volumes/${volume['id']}`)));
      case 'nic':
        return void (await ask(`POST ${at}/nics`, {
          subnetAddr: '10.0.0.0',
          vmId: server['id'],
          type: 'INTERNAL',
          secgroups,
        }));
      case 'unplug': {
        const nic = of(await firsts(`GET ${at}/nics`));
        return void (nic && (await ask(`DELETE ${at}/nics/${nic['mac']}`)));
      }
    }
  }

  async function clear(): Promise<void> {
    await t.settle();
    for (const ip of await t.rows('GET dna adaptive-ips'))
      await t.want(204, `DELETE dna adaptive-ips/${ip['ip']}`);
    for (const server of await t.rows('GET ace servers'))
      await t.want(202, `DELETE ace servers/${server['id']}`);
    await t.settle();
    assert.deepEqual((await t.rows('GET ace servers')).length, 0);
    for (const volume of await t.rows('GET ace volumes')) {
      assert.equal(volume['bootable'], 'no', 'boot volumes go with their servers');
      await t.want(202, `DELETE ace volumes/${volume['id']}`);
    }
    for (const snapshot of await t.rows('GET ace snapshots'))
      await t.want(202, `DELETE ace snapshots/${snapshot['id']}`);
    await t.settle();
    assert.deepEqual([...new Set(Object.values(t.wire.counts(t.cloud)))], [0]);
    assert.equal((await t.rows('GET dna subnets'))[0]?.['nicCount'], 0);
    assert.equal([...t.world.machines.all()].length, 0);
  }

  await prove(
    asyncProperty(array(tuple(constantFrom(...deeds), nat(5)), { maxLength: 25 }), async series => {
      for (const [deed, pick] of series) await perform(deed, pick);
      await clear();
    }),
    { numRuns: 10 },
  );
  t.wire.reset(t.cloud);
  assert.equal(t.world.addresses.taken, 0);
  await t.close();
});
