/** VPCs, subnets, security groups, images, specs: refused before anything leaves, told apart, found. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { call, cutOff, makeGround, openStage, vmInput, type Stage } from '../test/stage.ts';
import { findImage, getImage, listImages } from './images.ts';
import { createKeyPair, getKeyPair, privateKeyOf } from './key-pairs.ts';
import { addRules, createSecurityGroup, getSecurityGroup, removeRules } from './security-groups.ts';
import { findSpec, getSpec, listSpecs } from './specs.ts';
import { createVm } from './vms.ts';
import { addSubnet, createVpc, removeSubnet } from './vpcs.ts';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.end();
  stage = undefined;
});

test('bad blocks and names are refused before anything leaves, naming both that overlap', async () => {
  stage = await openStage();
  const { spider, sent } = stage;
  const bad = (cidr: string, subnets: { name: string; cidr: string }[], said: RegExp) =>
    assert.rejects(
      createVpc(spider, 'seoul', { name: 'one', cidr, subnets }, call),
      (error: { code: string; message: string }) =>
        error.code === 'invalid_argument' && said.test(error.message),
    );
  await bad('10.0.0.0/8', [], /too large/);
  await bad('10.0.0.0/30', [], /too small/);
  await bad('10.0.0.1/16', [], /not an IPv4 block/);
  await bad('10.0.0.0/16', [{ name: 'a', cidr: '10.1.0.0/24' }], /not inside/);
  await bad(
    '10.0.0.0/16',
    [
      { name: 'a', cidr: '10.0.0.0/24' },
      { name: 'b', cidr: '10.0.0.128/25' },
    ],
    /"a".*"b".*overlap/,
  );
  await bad(
    '10.0.0.0/16',
    [
      { name: 'a', cidr: '10.0.0.0/24' },
      { name: 'a', cidr: '10.0.1.0/24' },
    ],
    /Two subnets/,
  );
  await bad('10.0.0.0/16', [{ name: 'A', cidr: '10.0.0.0/24' }], /not a valid name/);
  assert.equal(sent.size, 0);
});

test('subnets are added once, taken up after a lost answer, and removed', async () => {
  stage = await openStage();
  const { spider, cloud, mishap } = stage;
  await makeGround(spider);
  let losses = 4;
  mishap.after = request => {
    if (request.api.includes('Subnet') && losses-- > 0) throw cutOff();
  };
  await assert.rejects(addSubnet(spider, 'seoul', 'net', { name: 'back', cidr: '10.0.16.0/20' }, call), {
    code: 'unavailable',
  });
  const vpc = await addSubnet(spider, 'seoul', 'net', { name: 'back', cidr: '10.0.16.0/20' }, call);
  assert.deepEqual(
    vpc.subnets.map(subnet => subnet.name),
    ['back', 'front'],
  );
  assert.equal(cloud.count()['subnets'], 2);
  await assert.rejects(addSubnet(spider, 'seoul', 'net', { name: 'back', cidr: '10.0.32.0/20' }, call), {
    code: 'already_exists',
  });
  await assert.rejects(addSubnet(spider, 'seoul', 'net', { name: 'third', cidr: '10.0.16.0/24' }, call), {
    code: 'invalid_argument',
  });
  await removeSubnet(spider, 'seoul', 'net', 'back', call);
  await assert.rejects(removeSubnet(spider, 'seoul', 'net', 'back', call), { code: 'not_found' });
  assert.equal(cloud.count()['subnets'], 1);
});

test('rules: doubles refused, added and removed without harm twice', async () => {
  stage = await openStage();
  const { spider } = stage;
  await makeGround(spider);
  const web = { direction: 'inbound', protocol: 'tcp', fromPort: 80, toPort: 80, cidr: '0.0.0.0/0' } as const;
  await assert.rejects(
    createSecurityGroup(spider, 'seoul', { name: 'x', vpc: 'net', rules: [web, { ...web }] }, call),
    { code: 'invalid_argument', where: 'rules[1]' },
  );
  await addRules(spider, 'seoul', 'ssh', [web], call);
  await addRules(spider, 'seoul', 'ssh', [web], call);
  assert.equal((await getSecurityGroup(spider, 'seoul', 'ssh')).rules.length, 2);
  await removeRules(spider, 'seoul', 'ssh', [web], call);
  await removeRules(spider, 'seoul', 'ssh', [web], call);
  assert.equal((await getSecurityGroup(spider, 'seoul', 'ssh')).rules.length, 1);
});

test('a made private key is in the answer once, and sealed in the store', async () => {
  stage = await openStage();
  const { spider, store } = stage;
  const pair = await createKeyPair(spider, 'seoul', { name: 'mine' }, call);
  assert.match(pair.privateKey ?? '', /BEGIN OPENSSH PRIVATE KEY/);
  assert.equal('privateKey' in (await getKeyPair(spider, 'seoul', 'mine')), false);
  assert.equal(await privateKeyOf(spider, 'seoul', 'mine'), pair.privateKey);
  assert.ok(!JSON.stringify((await store.list({ prefix: '/' })).entries).includes('PRIVATE KEY'));
  const imported = await createKeyPair(spider, 'seoul', { name: 'theirs', publicKey: pair.publicKey }, call);
  assert.equal('privateKey' in imported, false);
  await assert.rejects(privateKeyOf(spider, 'seoul', 'theirs'), { code: 'failed_precondition' });
});

test('images and specs: read once, found by what people say, unknown ones named with the nearest', async () => {
  stage = await openStage();
  const { spider, sent } = stage;
  await makeGround(spider);
  await Promise.all(Array.from({ length: 20 }, () => listImages(spider, 'seoul', {}, call)));
  assert.equal(sent.get('ListImages'), 1);
  for (const wanted of ['ubuntu-22.04', 'ubuntu 22.04', 'mock-vmimage-01'])
    assert.equal((await findImage(spider, 'seoul', wanted, undefined, call)).id, 'mock-vmimage-01');
  assert.equal((await findImage(spider, 'seoul', 'ubuntu', undefined, call)).osVersion, '24.04');
  assert.equal((await listImages(spider, 'seoul', { search: 'ubuntu' }, call)).items.length, 2);
  await assert.rejects(
    findImage(spider, 'seoul', 'ubunto-22.04', undefined, call),
    (error: { code: string; next: string }) =>
      error.code === 'not_found' && error.next.includes('ubuntu-22.04'),
  );
  await assert.rejects(getImage(spider, 'seoul', 'mock-vmimage-99', call), { code: 'not_found' });
  assert.equal((await findSpec(spider, 'seoul', { cpu: 2, memoryMib: 512 }, call)).id, 'mock-vmspec-04');
  assert.equal((await findSpec(spider, 'seoul', { cpu: 2, memoryMib: 4096 }, call)).id, 'mock-vmspec-03');
  await assert.rejects(findSpec(spider, 'seoul', { cpu: 99 }, call), { code: 'not_found' });
  const first = await listSpecs(spider, 'seoul', { limit: 3 }, call);
  const second = await listSpecs(spider, 'seoul', { limit: 3, cursor: first.next }, call);
  assert.equal(new Set([...first.items, ...second.items].map(spec => spec.id)).size, 4);
  await assert.rejects(getSpec(spider, 'seoul', 'mock-vmspec-3', call), (error: { next: string }) =>
    error.next.includes('mock-vmspec-0'),
  );
  await assert.rejects(createVm(spider, 'seoul', { ...vmInput('web'), spec: 'nope' }, call), {
    code: 'not_found',
    where: 'spec',
  });
  await assert.rejects(
    createVm(spider, 'seoul', { ...vmInput('web'), subnet: 'frnt' }, call),
    (error: { next: string }) => error.next.includes('"front"'),
  );
  await assert.rejects(createVm(spider, 'seoul', { ...vmInput('web'), userData: 'é'.repeat(9000) }, call), {
    code: 'invalid_argument',
    where: 'userData',
  });
});
