/** What is this cloud's own, beside the contract: accounts apart, time by a clock, failures by a seed, and its speed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cloud, CloudConfig, Driver } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import type { VmRequest } from '@cloud-barista/driver/vms';
import { readImageName } from '@cloud-barista/model/image';
import { cloudId, newSuffix, newToken } from '@cloud-barista/model/ids';
import { driver as standard, openMemoryCloud } from '../src/open.ts';

const signal = new AbortController().signal;
const call = () => ({ signal, token: newToken(), again: false });
const plain: Road = { send: (_, signal, send) => send(signal) };
const publicKey = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 7)]).toString('base64')}`;

async function ground(
  config: CloudConfig,
  driver: Driver = standard,
): Promise<{ cloud: Cloud; request: VmRequest }> {
  const cloud = await driver.open(config, plain);
  const vpc = await cloud.vpcs.create(call(), {
    name: `net-${newSuffix()}`,
    cidr: '10.0.0.0/8',
    subnets: [{ name: 'a', cidr: '10.0.0.0/12', zone: '' }],
  });
  const group = await cloud.securityGroups.create(call(), {
    name: `sg-${newSuffix()}`,
    vpc: vpc.id,
    rules: [],
  });
  const key = await cloud.keyPairs.create(call(), { name: `key-${newSuffix()}`, publicKey });
  return {
    cloud,
    request: {
      name: 'web',
      image: cloudId('mock-vmimage-01'),
      spec: cloudId('mock-vmspec-01'),
      vpc: vpc.id,
      subnet: vpc.subnets[0]?.id ?? cloudId(''),
      securityGroups: [group.id],
      keyPair: key.id,
    },
  };
}

async function idsIn(mockName: string, region: Record<string, string>): Promise<string[]> {
  const cloud = await standard.open({ credential: { mockName }, region }, plain);
  return (await cloud.vms.list({ signal, limit: 10 })).items.map(vm => vm.id);
}

void test('one mockName is one cloud, another is another, and so is another region', async () => {
  const mockName = `apart-${newSuffix()}`;
  const { cloud, request } = await ground({ credential: { mockName }, region: {} });
  const { id } = await cloud.vms.create(call(), request);
  assert.deepEqual(await idsIn(mockName, { region: 'default' }), [id]);
  assert.deepEqual(await idsIn(mockName, { region: 'venus' }), []);
  assert.deepEqual(await idsIn(`${mockName}x`, {}), []);
});

void test('states take createMs by the clock', async () => {
  let now = 1_000_000;
  const mock = openMemoryCloud(`clock-${newSuffix()}`, { region: { createMs: '5000' }, now: () => now });
  const { cloud, request } = await ground(mock.config, mock.driver);
  const { id, state } = await cloud.vms.create(call(), request);
  const look = async () => (await cloud.vms.get({ signal }, id)).state;
  const seen = [state, await look()];
  now += 4999;
  seen.push(await look());
  now += 1;
  seen.push(await look());
  await cloud.vms.suspend({ signal }, id);
  seen.push(await look());
  now += 5000;
  seen.push(await look());
  await cloud.vms.terminate({ signal }, id);
  seen.push(await look());
  assert.equal(mock.count()['vms'], 1);
  now += 5000;
  seen.push(await look());
  assert.deepEqual(seen, [
    'Creating',
    'Creating',
    'Creating',
    'Running',
    'Suspending',
    'Suspended',
    'Terminating',
    'Terminated',
  ]);
  assert.equal(mock.count()['vms'], 0);
});

void test('failCreate fails that part of the creates, the same ones for the same seed', async () => {
  const mockName = `chance-${newSuffix()}`;
  const outcomes = async (seed: string) => {
    const { driver, config } = openMemoryCloud(mockName, {
      region: { failCreate: '0.2', seed },
      fresh: true,
    });
    const { cloud, request } = await ground(config, driver);
    const all = await Promise.allSettled(
      Array.from({ length: 500 }, () => cloud.vms.create(call(), request)),
    );
    return all.map(({ status }) => status);
  };
  const first = await outcomes('a');
  const failed = first.filter(status => status === 'rejected').length;
  assert.ok(failed > 60 && failed < 140, `${failed} of 500 failed`);
  assert.deepEqual(await outcomes('a'), first);
  assert.notDeepEqual(await outcomes('b'), first);
});

void test('refuses region values that are no numbers', async () => {
  for (const region of [{ createMs: 'soon' }, { failCreate: '2' }, { failCreate: '' }])
    await assert.rejects(standard.open({ credential: { mockName: 'x' }, region }, plain), {
      code: 'invalid_argument',
    });
});

void test('has the images and specs that CB-Spider’s mock has, the first an Ubuntu 22.04', async () => {
  const cloud = await standard.open({ credential: { mockName: 'lists' }, region: {} }, plain);
  const images = (await cloud.images.list({ signal, limit: 10 })).items;
  assert.deepEqual(
    images.map(image => image.id),
    [1, 2, 3, 4, 5].map(n => `mock-vmimage-0${n}`),
  );
  assert.deepEqual(readImageName(images[0]?.name ?? ''), {
    os: 'ubuntu',
    osVersion: '22.04',
    user: 'ubuntu',
  });
  const specs = (await cloud.specs.list({ signal, limit: 10 })).items;
  assert.deepEqual(
    specs.map(({ id, cpu, memoryMib, gpus }) => [id, cpu, memoryMib, gpus[0]?.count ?? 0]),
    [
      ['mock-vmspec-01', 4, 32768, 2],
      ['mock-vmspec-02', 4, 32768, 1],
      ['mock-vmspec-03', 8, 62464, 0],
      ['mock-vmspec-04', 8, 1024, 0],
    ],
  );
});

void test('a full subnet is resource_exhausted, and an ended VM gives its address back', async () => {
  const { cloud, request } = await ground({ credential: { mockName: `full-${newSuffix()}` }, region: {} });
  const small = await cloud.vpcs.addSubnet(call(), request.vpc, {
    name: 'small',
    cidr: '10.200.0.0/28',
    zone: '',
  });
  const order = () => cloud.vms.create(call(), { ...request, subnet: small.id });
  const made = [];
  for (let n = 0; n < 11; n++) made.push(await order());
  await assert.rejects(order(), error => standard.classify(error)?.code === 'resource_exhausted');
  const [first] = made;
  assert.ok(first);
  await cloud.vms.terminate({ signal }, first.id);
  await cloud.vms.get({ signal }, first.id);
  assert.equal((await order()).privateIp, first.privateIp);
});

void test('many ended VMs are forgotten, and cost no memory', async () => {
  const { cloud, request } = await ground({ credential: { mockName: `graves-${newSuffix()}` }, region: {} });
  for (let n = 0; n < 300; n++) {
    const { id } = await cloud.vms.create(call(), request);
    await cloud.vms.terminate({ signal }, id);
  }
  const { items } = await cloud.vms.list({ signal, limit: 1000 });
  assert.ok(
    items.length <= 101 && items.every(vm => vm.state === 'Terminated'),
    `${items.length} still shown`,
  );
});
