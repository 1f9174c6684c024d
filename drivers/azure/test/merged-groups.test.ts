/** VMs in several security groups, where Azure's interfaces take one: on Cloud-Twin, with another pair of eyes on the interface's group. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud, CloudConfig } from '@cloud-barista/driver/driver';
import { hasCode } from '@cloud-barista/model/errors';
import { newToken, type CloudId } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { bySize } from '@cloud-barista/model/spec';
import { newEd25519Key } from '@cloud-barista/suite/driver/openssh';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { startTwin, type Twin } from '@cloud-barista/suite/driver/twin';
import { createArm, types, type Arm } from '../src/arm.ts';
import { createHttp, type Http } from '../src/http.ts';
import { driver } from '../src/open.ts';
import { keyOf, readRules } from '../src/rules.ts';
import type { Nsg } from '../src/security-groups.ts';
import { readSettings } from '../src/settings.ts';
import { createTokens } from '../src/token.ts';
import { delays, region } from './twin.ts';

let twin: Twin;
let cloud: Cloud;
let arm: Arm;
let http: Http;
const call = () => ({ signal: AbortSignal.timeout(10_000) });
const create = (token = newToken(), again = false) => ({ ...call(), token, again });

function eyes(config: CloudConfig): Arm {
  const settings = readSettings(config);
  http = createHttp();
  const road = createRoad(driver, 10_000);
  return createArm(settings, http, createTokens(settings, http, road, new AbortController().signal), road);
}

before(async () => {
  twin = await startTwin();
  const config = await twin.cloud('merged', { kind: 'azure', region, delays });
  cloud = await driver.open(config, createRoad(driver, 10_000));
  arm = eyes(config);
});
after(async () => {
  await cloud.close();
  http.close();
  await twin.close();
});

const tcp = (port: number): SecurityRule => ({
  direction: 'inbound',
  protocol: 'tcp',
  fromPort: port,
  toPort: port,
  cidr: '0.0.0.0/0',
});
const rulesOf = async (nsg: string): Promise<string[]> => {
  const { properties } = await arm.read<Nsg>(call(), types.nsg, nsg);
  return readRules(properties?.securityRules ?? [])
    .map(keyOf)
    .sort();
};
const keys = (...ports: number[]) => ports.map(tcp).map(keyOf).sort();

async function ground() {
  const cidr = '10.9.0.0/16';
  const vpc = await cloud.vpcs.create(create(), {
    name: 'net',
    cidr,
    subnets: [{ name: 'a', cidr: '10.9.1.0/24', zone: '' }],
  });
  const group = (name: string, ...ports: number[]) =>
    cloud.securityGroups.create(create(), { name, vpc: vpc.id, rules: ports.map(tcp) });
  const [one, two] = await Promise.all([group('one', 22, 80), group('two', 22, 443)]);
  const key = await cloud.keyPairs.create(create(), { name: 'key', publicKey: newEd25519Key() });
  const [images, specs] = await Promise.all([
    cloud.images.list({ ...call(), limit: 1000 }, 'ubuntu'),
    cloud.specs.list({ ...call(), limit: 1000 }),
  ]);
  const image = images.items.find(({ architecture }) => architecture === 'x86_64');
  const [spec] = specs.items.filter(({ architecture }) => architecture === 'x86_64').sort(bySize);
  const [subnet] = vpc.subnets;
  assert.ok(image && spec && subnet);
  return {
    vpc: vpc.id,
    groups: [one.id, two.id],
    key: key.id,
    request: (name: string) => ({
      name,
      image: image.id as CloudId,
      spec: spec.id as CloudId,
      vpc: vpc.id,
      subnet: subnet.id,
      securityGroups: [one.id, two.id],
      keyPair: key.id,
    }),
  };
}

async function absent(id: CloudId): Promise<void> {
  while ((await cloud.vms.getMany(call(), [id])).length > 0) await sleep(5);
}

it('the VM’s own group holds the rules of all, follows their changes, is listed nowhere and goes with the VM', async () => {
  const { vpc, groups, key, request } = await ground();
  const [one, two] = groups as [CloudId, CloudId];
  const vm = await cloud.vms.create(create(), request('web'));
  assert.deepEqual(vm.securityGroups, groups);
  assert.deepEqual(await rulesOf('web_groups'), keys(22, 80, 443));

  await cloud.securityGroups.addRules(call(), two, [tcp(8080)]);
  assert.deepEqual(await rulesOf('web_groups'), keys(22, 80, 443, 8080));
  await cloud.securityGroups.removeRules(call(), one, [tcp(22), tcp(80)]);
  assert.deepEqual(await rulesOf('web_groups'), keys(22, 443, 8080), '22 is still the other’s');

  const { items } = await cloud.securityGroups.list({ ...call(), limit: 1000 });
  assert.deepEqual(items.map(({ id }) => id).sort(), [...groups].sort());
  let now = await cloud.vms.get(call(), vm.id);
  while (now.state !== 'Running') {
    await sleep(5);
    now = await cloud.vms.get(call(), vm.id);
  }
  assert.deepEqual(now.securityGroups, groups);
  await assert.rejects(cloud.securityGroups.delete(call(), two), error =>
    hasCode(error, 'failed_precondition'),
  );

  await cloud.vms.terminate(call(), vm.id);
  await absent(vm.id);
  await assert.rejects(rulesOf('web_groups'), error => hasCode(error, 'not_found'));

  // An order that got no further than its group is found by its mark, and undone.
  const token = newToken();
  const wrong = { ...request('half'), spec: 'Standard_D2s_v5x' as CloudId };
  await assert.rejects(cloud.vms.create(create(token), wrong));
  await assert.rejects(rulesOf('half_groups'), error => hasCode(error, 'not_found'), 'a refusal leaves none');
  await twin.fault('merged', { api: 'create-vm', fault: 'drop', probability: 1 });
  await assert.rejects(cloud.vms.create(create(token), request('half')));
  await twin.fault('merged', undefined);
  for (const id of await cloud.findMarked(call(), 'vm', token)) {
    await cloud.vms.terminate(call(), id as CloudId);
    await absent(id as CloudId);
  }
  await assert.rejects(rulesOf('half_groups'), error => hasCode(error, 'not_found'));

  for (const id of groups) await cloud.securityGroups.delete(call(), id);
  await cloud.keyPairs.delete(call(), key);
  await cloud.vpcs.delete(call(), vpc);
});
