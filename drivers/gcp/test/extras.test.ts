/** Prices, tags, disks and public addresses where the suite can't look: who asks how often, who was slower, what breaks half way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { createRoad } from '@cloud-barista/suite/driver/road';
import type { Cloud } from '@cloud-barista/driver/driver';
import { driver } from '../src/open.ts';
import { readSettings } from '../src/settings.ts';
import {
  call,
  localCloud,
  notFound,
  pem,
  refusal,
  withCloud,
  type Answered,
  type Asked,
} from './local-cloud.ts';

const zone = 'asia-northeast3-a';
const vm = cloudId(`${zone}/web-1`);
const done = { body: { name: 'operation-a', status: 'DONE' } };
function part<T>(noun: T | undefined): T {
  assert.ok(noun);
  return noun;
}

test('where prices are read: Google’s own host, or under the endpoint that stands for all of its APIs', () => {
  const billing = (endpoint?: string) =>
    readSettings({
      credential: { projectId: 'p', clientEmail: 'e', privateKey: pem },
      region: { region: 'r', ...(endpoint !== undefined && { endpoint }) },
    }).billing;
  const own = 'https://cloudbilling.googleapis.com';
  assert.equal(billing(), own);
  assert.equal(billing('https://compute.googleapis.com/compute/v1'), own);
  assert.equal(billing('https://compute-lab.p.googleapis.com/compute/v1/'), own);
  assert.equal(billing('http://127.0.0.1:7/gcp/compute/v1'), 'http://127.0.0.1:7/gcp');
});

test('the price list is read page by page, once for all connections of the account that ask together', async () => {
  const page = (words: string, usageUnit: string, nanos: number) => ({
    description: `E2 Instance ${words} running in Seoul`,
    category: { usageType: 'OnDemand' },
    serviceRegions: ['asia-northeast3'],
    pricingInfo: [
      {
        pricingExpression: {
          usageUnit,
          tieredRates: [{ unitPrice: { currencyCode: 'USD', units: '0', nanos } }],
        },
      },
    ],
  });
  let refuse = true;
  const local = await localCloud(({ path, query }): Answered => {
    if (path.endsWith('/machineTypes'))
      return { body: { items: [{ name: 'e2-standard-2', guestCpus: 2, memoryMb: 8192 }, { name: 'x9-1' }] } };
    if (refuse) return refusal(403, 'accessNotConfigured');
    return query.get('pageToken') === null
      ? { body: { skus: [page('Core', 'h', 20_000_000)], nextPageToken: 'two' } }
      : { body: { skus: [page('Ram', 'GiBy.h', 3_000_000)], nextPageToken: '' } };
  });
  const other = await driver.open(local.config, createRoad(driver, 10_000));
  try {
    const ask = ({ prices }: Cloud) => part(prices).get(call(), [cloudId('e2-standard-2'), cloudId('nope')]);
    await assert.rejects(ask(other), error => hasCode(error, 'permission_denied'));
    refuse = false;
    local.asked.length = 0;
    const wanted = [{ spec: 'e2-standard-2', hourly: 0.064, currency: 'USD' }];
    const answers = await Promise.all([ask(local.cloud), ask(local.cloud), ask(other)]);
    for (const answer of [...answers, await ask(other)]) assert.deepEqual(answer, wanted);
    const lists = local.asked.filter(one => one.path === '/v1/services/6F81-5844-456A/skus');
    assert.deepEqual(
      lists.map(one => [
        one.query.get('pageSize'),
        one.query.get('currencyCode'),
        one.query.get('pageToken'),
      ]),
      [
        ['5000', 'USD', null],
        ['5000', 'USD', 'two'],
      ],
    );
    assert.deepEqual(await part(local.cloud.prices).get(call(), []), []);
  } finally {
    await other.close();
    await local.close();
  }
});

test('a tag that another sets meanwhile is kept, and so are marks', async () => {
  let labels: Record<string, string> = { 'cb-token': 'tok_abc', 'goog-gke': 'x', owner: 'me' };
  let version = 1;
  let between: () => void = () => {};
  const local = await localCloud(({ method, body }): Answered => {
    if (method === 'GET') {
      const answer = { body: { labels: { ...labels }, labelFingerprint: String(version) } };
      between();
      return answer;
    }
    const wanted = body as { labels: typeof labels; labelFingerprint: string };
    if (wanted.labelFingerprint !== String(version)) return refusal(412, 'conditionNotMet');
    labels = wanted.labels;
    version++;
    return done;
  });
  try {
    const tags = part(local.cloud.tags);
    between = () => {
      between = () => {};
      labels = { ...labels, theirs: '1' };
      version++;
    };
    await tags.set(call(), 'vm', vm, { team: 'a' });
    assert.deepEqual(await tags.get(call(), 'vm', vm), { owner: 'me', theirs: '1', team: 'a' });
    await tags.remove(call(), 'vm', vm, ['theirs', 'cb-token', 'goog-gke', 'never']);
    const marks = { 'cb-token': 'tok_abc', 'goog-gke': 'x' };
    assert.deepEqual(labels, { ...marks, owner: 'me', team: 'a' });
    const posts = () => local.asked.filter(one => one.method === 'POST').length;
    const before = posts();
    await tags.remove(call(), 'vm', vm, ['never']);
    await tags.set(call(), 'vm', vm, { team: 'a' });
    assert.equal(posts(), before, 'what stands already is not ordered');
    const asked = local.asked.length;
    await assert.rejects(tags.get(call(), 'vpc', vm), error => hasCode(error, 'unimplemented'));
    assert.equal(local.asked.length, asked);
  } finally {
    await local.close();
  }
});

const address = (path: string) => `https://compute.googleapis.com/compute/v1/projects/my-project${path}`;
const diskAt = (name: string, more: object) => ({
  name,
  zone: address(`/zones/${zone}`),
  status: 'READY',
  sizeGb: '10',
  type: address(`/zones/${zone}/diskTypes/pd-ssd`),
  ...more,
});
const users = [address(`/zones/${zone}/instances/web-1`)];
const image = { sourceImage: address('/global/images/x') };

test(
  'root disks are no data disks, not even while their VM does not show',
  withCloud(
    ({ path }): Answered => {
      const disks = [
        diskAt('web-1', { ...image, users }),
        diskAt('data', { users, labels: { 'cb-token': 'tok_abc' } }),
        diskAt('from-image', image),
        diskAt('web-2', { ...image, status: 'CREATING' }),
        diskAt('web-3', { ...image, users: [address(`/zones/${zone}/instances/web-3`)] }),
      ];
      const held = [
        { source: address(`/zones/${zone}/disks/web-1`), deviceName: 'persistent-disk-0', boot: true },
        { source: address(`/zones/${zone}/disks/data`), deviceName: 'pd1' },
        { deviceName: 'local-ssd-0' },
      ];
      if (path === `/zones/${zone}/disks`) return { body: { items: disks } };
      if (path === `/zones/${zone}/instances`) return { body: { items: [{ name: 'web-1', disks: held }] } };
      if (path === `/zones/${zone}/instances/web-1`) return { body: { disks: held } };
      const one = disks.find(disk => path === `/zones/${zone}/disks/${disk.name}`);
      return one ? { body: one } : notFound;
    },
    async ({ cloud }) => {
      const disks = part(cloud.disks);
      const { items } = await disks.list(call());
      assert.deepEqual(
        items.map(disk => [disk.id, disk.state, disk.vm, disk.device, disk.token]),
        [
          [`${zone}/data`, 'Attached', vm, '/dev/disk/by-id/google-pd1', 'tok_abc'],
          [`${zone}/from-image`, 'Available', '', '', undefined],
        ],
      );
      assert.deepEqual(await disks.get(call(), cloudId(`${zone}/data`)), items[0]);
      const root = cloudId(`${zone}/web-1`);
      await assert.rejects(disks.get(call(), root), error => hasCode(error, 'not_found'));
      await disks.detach(call(), root, vm);
      await disks.delete(call(), cloudId('no-id-of-ours'));
    },
  ),
);

test('an address that can’t be given leaves the VM with another', async () => {
  const orders: { verb: string; query: Record<string, string>; body: unknown }[] = [];
  let natIP: string | undefined = '203.0.113.9';
  const answer = ({ method, path, query, body }: Asked): Answered => {
    if (path.endsWith('/addresses/mine'))
      return { body: { name: 'mine', address: '203.0.113.7', networkTier: 'STANDARD' } };
    if (path.includes('/operations/')) return done;
    if (method === 'GET')
      return {
        body: {
          networkInterfaces: [
            { name: 'nic0', ...(natIP !== undefined && { accessConfigs: [{ name: 'Theirs', natIP }] }) },
          ],
        },
      };
    const { requestId: _, ...rest } = Object.fromEntries(query);
    orders.push({ verb: path.split('/').at(-1) ?? '', query: rest, body });
    if (path.endsWith('/deleteAccessConfig')) natIP = undefined;
    else if ((body as { natIP?: string }).natIP !== undefined)
      return refusal(400, 'invalid', 'No such address here.');
    else natIP = '203.0.113.10';
    return done;
  };
  const local = await localCloud(answer);
  try {
    await assert.rejects(part(local.cloud.publicIps).associate(call(), cloudId('mine'), vm), error =>
      hasCode(error, 'invalid_argument'),
    );
    const config = { type: 'ONE_TO_ONE_NAT', name: 'External NAT' };
    assert.deepEqual(orders, [
      {
        verb: 'deleteAccessConfig',
        query: { accessConfig: 'Theirs', networkInterface: 'nic0' },
        body: undefined,
      },
      {
        verb: 'addAccessConfig',
        query: { networkInterface: 'nic0' },
        body: { ...config, natIP: '203.0.113.7', networkTier: 'STANDARD' },
      },
      { verb: 'addAccessConfig', query: { networkInterface: 'nic0' }, body: config },
    ]);
  } finally {
    await local.close();
  }
});
