/** Public addresses where something breaks in the middle, and on a Neutron that tells less. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudId } from '@cloud-barista/model/ids';
import { never, withCloud, type Answerer } from './local-cloud.ts';

interface Ip {
  id: string;
  description: string;
  floating_ip_address: string;
  port_id: string | null;
}
const port = {
  id: 'p',
  network_id: 'n',
  device_id: 'vm',
  device_owner: 'compute:nova',
  fixed_ips: [{ subnet_id: 's', ip_address: '10.0.0.5' }],
  security_groups: [],
};
const twoIps = (): Ip[] => [
  { id: 'first', description: 'cb-vm=vm', floating_ip_address: '203.0.113.1', port_id: 'p' },
  {
    id: 'own',
    description: 'cb-token=tok_a cb-name=web',
    floating_ip_address: '203.0.113.2',
    port_id: null,
  },
];

/** Neutron and Nova over `ips`; `refuse` says which binding is refused. */
const cloudWith =
  (ips: Ip[], refuse = ''): Answerer =>
  ({ method, path, query, body }) => {
    const [, noun, id] = path.split('/');
    if (noun === 'servers') {
      const addr = ips.find(ip => ip.port_id === 'p')?.floating_ip_address;
      const floating = addr === undefined ? [] : [{ addr, version: 4, 'OS-EXT-IPS:type': 'floating' }];
      const server = { id, name: 'vm', status: 'ACTIVE', created: '', addresses: { n: floating } };
      return { body: { server } };
    }
    if (noun === 'ports') return { body: { ports: [port] } };
    const ip = ips.find(one => one.id === id);
    if (method === 'GET' && ip) return { body: { floatingip: ip } };
    if (method === 'GET')
      return {
        body: {
          floatingips: ips.filter(
            one =>
              (query.get('port_id') ?? one.port_id) === one.port_id &&
              (query.get('description') ?? one.description) === one.description,
          ),
        },
      };
    if (method === 'DELETE' && ip) ips.splice(ips.indexOf(ip), 1);
    else if (ip) {
      const wanted = (body as { floatingip: { port_id: string | null } }).floatingip.port_id;
      if (wanted !== null && id === refuse)
        return { status: 409, body: { NeutronError: { type: 'Conflict', message: 'No.', detail: '' } } };
      assert.ok(wanted === null || !ips.some(one => one.port_id === wanted), 'a port bears one');
      ip.port_id = wanted;
    }
    return { body: {} };
  };

{
  const ips = twoIps();
  test(
    'the VM’s first address is given back once the other is in its place',
    withCloud(cloudWith(ips), async ({ cloud }) => {
      const call = { signal: never() };
      await cloud.publicIps?.associate(call, cloudId('own'), cloudId('vm'));
      assert.deepEqual(
        ips.map(ip => [ip.id, ip.port_id]),
        [['own', 'p']],
      );
      const own = { id: 'own', name: 'web', address: '203.0.113.2', vm: 'vm', token: 'tok_a' };
      assert.deepEqual((await cloud.publicIps?.list({ ...call, limit: 10 }))?.items, [own]);
      await cloud.publicIps?.associate(call, cloudId('own'), cloudId('vm'));
      await cloud.publicIps?.dissociate(call, cloudId('own'), cloudId('vm'));
      assert.deepEqual(await cloud.publicIps?.get(call, cloudId('own')), { ...own, vm: '' });
    }),
  );
}

{
  const ips = twoIps();
  test(
    'when the other is refused, the VM keeps its first',
    withCloud(cloudWith(ips, 'own'), async ({ cloud }) => {
      const call = { signal: never() };
      await assert.rejects(
        cloud.publicIps?.associate(call, cloudId('own'), cloudId('vm')) ?? Promise.resolve(),
      );
      assert.deepEqual(
        ips.map(ip => [ip.id, ip.port_id]),
        [
          ['first', 'p'],
          ['own', null],
        ],
      );
    }),
  );
}

test(
  'an address made by other tools has its description, or itself, for a name',
  withCloud(
    cloudWith([
      { id: 'a', description: 'the mail server', floating_ip_address: '203.0.113.3', port_id: null },
      { id: 'b', description: '', floating_ip_address: '203.0.113.4', port_id: null },
    ]),
    async ({ cloud }) => {
      const page = await cloud.publicIps?.list({ signal: never(), limit: 10 });
      assert.deepEqual(
        page?.items.map(ip => ip.name),
        ['the mail server', '203.0.113.4'],
      );
    },
  ),
);
