/** Custom images on a real Docker Engine: what a container made of one inherits, and what not. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import type { Cloud } from '@cloud-barista/driver/driver';
import { cloudId, newToken, type CloudId } from '@cloud-barista/model/ids';
import { newEd25519Key } from '@cloud-barista/suite/driver/openssh';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { driver } from '../src/open.ts';
import { image, missing, openTestEngine, type TestEngine } from './engine.ts';

const timeoutMs = 60_000;
const call = () => ({ signal: AbortSignal.timeout(timeoutMs) });
const create = () => ({ ...call(), token: newToken(), again: false });
// Continuous integration says so itself, in conformance.test.ts.
const reason = missing();

void describe('custom images on a real Docker Engine', { skip: reason ?? false }, () => {
  let engine: TestEngine;
  let cloud: Cloud;
  const docker = (...args: string[]) =>
    execFileSync('docker', ['-H', `unix://${engine.socket}`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      .toString()
      .trim();

  before(async () => {
    engine = await openTestEngine();
    const config = { credential: { host: `unix://${engine.socket}` }, region: {} };
    cloud = await driver.open(config, createRoad(driver, timeoutMs));
  });
  after(async () => {
    await cloud.close();
    await engine.close();
  });

  async function start(name: string, from: CloudId, userData: string, file: string) {
    const vm = await cloud.vms.create(create(), {
      name,
      image: from,
      spec: cloudId('cpu1-mem256'),
      vpc: cloudId('ci'),
      subnet: cloudId('ci.net'),
      securityGroups: [],
      keyPair: cloudId(`key-${name}`),
      userData,
    });
    for (const end = Date.now() + timeoutMs; ; await sleep(50))
      try {
        docker('exec', vm.id, 'test', '-e', file);
        return vm;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
  }
  const images = () => docker('images', '-aq', '--no-trunc').split('\n').length;

  it('a container of one has its own key and user data; the image may go first, and goes wholly', async () => {
    const customImages = cloud.customImages ?? assert.fail('custom images are declared');
    await cloud.vpcs.create(create(), {
      name: 'ci',
      cidr: '10.213.77.0/24',
      subnets: [{ name: 'net', cidr: '10.213.77.0/24', zone: '' }],
    });
    const keys = [newEd25519Key(), newEd25519Key()] as const;
    await cloud.keyPairs.create(create(), { name: 'key-parent', publicKey: keys[0] });
    await cloud.keyPairs.create(create(), { name: 'key-child', publicKey: keys[1] });
    const before = images();

    const count = 'echo ran >> /root/parent';
    const parent = await start('parent', cloudId(image), `#!/bin/sh\n${count}\n`, '/root/parent');
    const made = await customImages.create(create(), { name: 'golden', vm: parent.id });
    assert.equal(made.state, 'Available');
    await assert.rejects(customImages.create(create(), { name: 'golden', vm: parent.id }), {
      code: 'already_exists',
    });
    assert.equal((await cloud.images.get(call(), made.id)).user, 'debian');

    // Whoever runs it by hand runs no VM of ours.
    docker('run', '-d', '--name', 'stranger', '--network', 'none', made.id);
    assert.deepEqual(
      (await cloud.vms.list({ ...call(), limit: 10 })).items.map(vm => vm.name),
      ['parent'],
    );
    docker('rm', '-f', 'stranger');

    const child = await start('child', made.id, '#!/bin/sh\ntouch /root/child\n', '/root/child');
    assert.equal(
      docker('exec', child.id, 'cat', '/root/parent'),
      'ran',
      'the parent’s user data is not run again',
    );
    assert.equal(docker('exec', child.id, 'cat', '/home/debian/.ssh/authorized_keys'), keys[1].trim());

    await customImages.delete(call(), made.id);
    await assert.rejects(customImages.get(call(), made.id), { code: 'not_found' });
    const still = await cloud.vms.get(call(), child.id);
    assert.deepEqual([still.state, still.image], ['Running', made.id]);
    await cloud.vms.terminate(call(), child.id);
    assert.equal(images(), before, 'the image went with its last container');
    assert.equal((await cloud.vms.get(call(), parent.id)).state, 'Running');
    await cloud.vms.terminate(call(), parent.id);
  });
});
