/** VMs: what the order holds, and what becomes of orders that Google takes and can't fill. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { VmRequest } from '@cloud-barista/driver/vms';
import { hasCode } from '@cloud-barista/model/errors';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { driver } from '../src/open.ts';
import { firstBootOnly } from '../src/user-data.ts';
import {
  call,
  localCloud,
  notFound,
  refusal,
  type Answered,
  type Answerer,
  type LocalCloud,
} from './local-cloud.ts';

const zone = 'asia-northeast3-a';
const request: VmRequest = {
  name: 'web-1',
  image: cloudId('projects/ubuntu-os-cloud/global/images/ubuntu-2204-jammy-v20260101'),
  spec: cloudId('e2-medium'),
  vpc: cloudId('net'),
  subnet: cloudId('sub'),
  securityGroups: [cloudId('cb-web')],
  keyPair: cloudId('key'),
};
const create = (again = false) => ({ ...call(), token: newToken(), again });

type Instance = Record<string, unknown> & { name: string; status: string };
interface Operation {
  name: string;
  operationType: string;
  status: string;
  targetLink: string;
  insertTime: string;
  zone: string;
  error?: object;
}

/** What a VM needs is there; instances and operations are as the test sets them. */
class Zone {
  instances = new Map<string, Instance>();
  operations: Operation[] = [];
  /** Called with each order; its answer is given instead of taking it. */
  meet: (name: string) => Answered | undefined = () => undefined;
  shows = true;
  wait: () => void = () => {};
  act: () => Answered = () => ({ body: { name: 'operation-a', status: 'DONE' } });

  answer: Answerer = ({ method, path, body }) => {
    if (path === '') {
      const value = JSON.stringify({ token: 'tok_1', publicKey: 'ssh-ed25519 AAAA' });
      return { body: { commonInstanceMetadata: { items: [{ key: 'cb-key-key', value }] } } };
    }
    if (path === '/global/firewalls/cb-web')
      return {
        body: { name: 'cb-web', network: 'x/net', targetTags: ['cb-web'], description: 'cb-token=tok_2' },
      };
    const [, kind, name = ''] = new RegExp(`^/zones/${zone}/(\\w+)/?(.*)$`).exec(path) ?? [];
    if (name.endsWith('/wait')) {
      this.wait();
      return { body: { name, status: 'DONE' } };
    }
    if (kind === 'operations') {
      const found = this.operations.find(one => one.name === name);
      return name === '' ? { body: { items: this.operations } } : found ? { body: found } : notFound;
    }
    if (kind !== 'instances') return notFound;
    if (method === 'POST') return name === '' ? this.take(body as Instance) : this.act();
    if (method === 'DELETE' && this.instances.delete(name)) return { body: { name: 'operation-d', zone } };
    if (name === '') return { body: { items: this.shows ? [...this.instances.values()] : [] } };
    const found = this.shows ? this.instances.get(name) : undefined;
    return found ? { body: found } : notFound;
  };

  take(order: Instance): Answered {
    const met = this.meet(order.name);
    if (met) return met;
    this.instances.set(order.name, { ...order, status: 'PROVISIONING', zone: `x/${zone}` });
    const operation: Operation = {
      name: `operation-${this.operations.length}`,
      operationType: 'insert',
      status: 'RUNNING',
      targetLink: `x/zones/${zone}/instances/${order.name}`,
      insertTime: new Date().toISOString(),
      zone: `x/${zone}`,
    };
    this.operations.push(operation);
    return { body: operation };
  }

  fail(code: string): void {
    for (const operation of this.operations)
      Object.assign(operation, { status: 'DONE', error: { errors: [{ code, message: 'No.' }] } });
    this.instances.clear();
  }
}

const withZone = (run: (zone: Zone, local: LocalCloud) => Promise<void>) => async () => {
  const place = new Zone();
  const local = await localCloud(place.answer);
  try {
    await run(place, local);
  } finally {
    await local.close();
  }
};

test(
  'the order holds what was asked for, and no key of the project’s',
  withZone(async (_, { cloud, asked }) => {
    const token = newToken();
    const vm = await cloud.vms.create({ ...call(), token, again: false }, { ...request, rootDiskGb: 40 });
    assert.deepEqual(
      [vm.id, vm.state, vm.image, vm.spec, vm.vpc, vm.subnet, vm.keyPair, vm.securityGroups],
      [`${zone}/web-1`, 'Creating', request.image, 'e2-medium', 'net', 'sub', 'key', ['cb-web']],
    );
    const order = asked.find(one => one.method === 'POST');
    assert.match(order?.query.get('requestId') ?? '', /^[0-9a-f-]{36}$/);
    const body = order?.body as Record<string, unknown>;
    assert.deepEqual(body['labels'], {
      'cb-token': token,
      'cb-image': 'ubuntu-2204-jammy-v20260101',
      'cb-image-project': 'ubuntu-os-cloud',
      'cb-key': 'key',
    });
    assert.deepEqual(body['metadata'], {
      items: [
        { key: 'ssh-keys', value: 'cb-user:ssh-ed25519 AAAA cb-user' },
        { key: 'block-project-ssh-keys', value: 'TRUE' },
        { key: 'enable-oslogin', value: 'FALSE' },
      ],
    });
    const [disk] = body['disks'] as { autoDelete: boolean; initializeParams: object }[];
    assert.equal(disk?.autoDelete, true);
    assert.deepEqual(disk?.initializeParams, { sourceImage: request.image, diskSizeGb: '40' });
    assert.equal(body['scheduling'], undefined);
  }),
);

test(
  'GPUs stop for maintenance; a group of another VPC is refused before the order',
  withZone(async (_, { cloud, asked }) => {
    await cloud.vms.create(create(), { ...request, spec: cloudId('g2-standard-4') });
    const [order] = asked
      .filter(one => one.method === 'POST')
      .map(one => one.body as Record<string, unknown>);
    assert.deepEqual(order?.['scheduling'], { onHostMaintenance: 'TERMINATE' });
    await assert.rejects(
      cloud.vms.create(create(), { ...request, vpc: cloudId('other') }),
      error => hasCode(error, 'invalid_argument') && error.where === 'securityGroups',
    );
    assert.equal(asked.filter(one => one.method === 'POST').length, 1);
  }),
);

test(
  'an operation that fails before the VM shows fails the create',
  withZone(async (place, { cloud }) => {
    place.shows = false;
    place.meet = () => {
      setImmediate(() => place.fail('ZONE_RESOURCE_POOL_EXHAUSTED'));
      return undefined;
    };
    await assert.rejects(
      cloud.vms.create(create(), request),
      error => hasCode(error, 'resource_exhausted') && error.vendorCode === 'ZONE_RESOURCE_POOL_EXHAUSTED',
    );
  }),
);

test(
  'one that fails later is seen as Failed until it is terminated, by another process too',
  withZone(async (place, local) => {
    const { id } = await local.cloud.vms.create(create(), request);
    place.fail('QUOTA_EXCEEDED');
    const other = await driver.open(local.config, createRoad(driver, 10_000));
    try {
      for (const { vms } of [local.cloud, other]) {
        assert.equal((await vms.get(call(), id)).state, 'Failed');
        assert.deepEqual(
          (await vms.getMany(call(), [id, cloudId(`${zone}/never-was`)])).map(vm => [vm.id, vm.state]),
          [[id, 'Failed']],
        );
        await vms.terminate(call(), id);
        assert.deepEqual(await vms.getMany(call(), [id]), []);
        await assert.rejects(vms.get(call(), id), error => hasCode(error, 'not_found'));
      }
      // Old failures are nobody's news.
      const [operation] = place.operations;
      assert.ok(operation);
      const old = cloudId(`${zone}/web-2`);
      place.operations.push({
        ...operation,
        targetLink: `x/instances/web-2`,
        insertTime: '2020-01-01T00:00:00.000-08:00',
      });
      assert.deepEqual(await other.vms.getMany(call(), [old]), []);
    } finally {
      await other.close();
    }
  }),
);

test(
  'a name that is taken is ours where it carries the token, else already_exists',
  withZone(async (place, { cloud }) => {
    const token = newToken();
    const order = { ...call(), token, again: false };
    const first = await cloud.vms.create(order, request);
    place.meet = () => refusal(409, 'alreadyExists');
    assert.equal((await cloud.vms.create(order, request)).id, first.id);
    await assert.rejects(cloud.vms.create(create(), request), error => hasCode(error, 'already_exists'));
  }),
);

test(
  'an order whose answer was lost is found though no list shows it yet',
  withZone(async (place, { cloud }) => {
    const token = newToken();
    place.shows = false;
    const order = place.take({
      name: 'web-1',
      status: '',
      labels: { 'cb-token': token },
    }).body as Operation;
    // It shows when its operation is waited for.
    place.wait = () => {
      place.shows = true;
      order.status = 'DONE';
    };
    assert.deepEqual(await cloud.findMarked(call(), 'vm', newToken()), []);
    place.shows = false;
    order.status = 'RUNNING';
    assert.deepEqual(await cloud.findMarked(call(), 'vm', token), [`${zone}/web-1`]);
  }),
);

test(
  'while another operation holds the VM an order is repeated; what its state forbids is refused at once',
  withZone(async (place, { cloud, asked }) => {
    place.instances.set('web-1', { name: 'web-1', status: 'RUNNING', zone: `x/${zone}` });
    const id = cloudId(`${zone}/web-1`);
    let busy = 2;
    place.act = () =>
      busy-- > 0 ? refusal(400, 'resourceNotReady') : { body: { name: 'o', status: 'DONE' } };
    await cloud.vms.suspend(call(), id);
    assert.equal(busy, -1);
    const instance = place.instances.get('web-1');
    assert.ok(instance);
    instance.status = 'TERMINATED';
    await assert.rejects(cloud.vms.reboot(call(), id), error => hasCode(error, 'failed_precondition'));
    instance.status = 'SUSPENDED';
    await cloud.vms.resume(call(), id);
    assert.equal(asked.at(-1)?.path, `/zones/${zone}/instances/web-1/resume`);
    instance.status = 'RUNNING';
    busy = 0;
    await cloud.vms.resume(call(), id);
    assert.equal(busy, 0, 'it runs already');
  }),
);

test(
  'what is no id of ours names nothing',
  withZone(async (_, { cloud, asked }) => {
    for (const id of ['web-1', 'a/b/c', '../x', 'A/b', ''].map(cloudId)) {
      await assert.rejects(cloud.vms.get(call(), id), error => hasCode(error, 'not_found'));
      await assert.rejects(cloud.vms.suspend(call(), id), error => hasCode(error, 'not_found'));
      await cloud.vms.terminate(call(), id);
      assert.deepEqual(await cloud.vms.getMany(call(), [id]), []);
    }
    assert.equal(asked.length, 0);
  }),
);

test('a script of user data runs once, whatever stands in it', () => {
  const here = mkdtempSync(join(tmpdir(), 'cb-user-data-'));
  try {
    const script = `#!/bin/sh\n# 첫 부팅 ☕ "quotes" $vars \`ticks\`\nCB_USER_DATA\necho "ran $0" >> ${here}/log\nexit 0\nCB_USER_DATA\n`;
    const wrapper = firstBootOnly(newToken(), script).replaceAll('/var/lib/google', here);
    for (let boot = 0; boot < 3; boot++) execFileSync('/bin/sh', ['-c', wrapper], { stdio: 'ignore' });
    assert.equal(readFileSync(join(here, 'log'), 'utf8').split('\n').length - 1, 1);
    assert.equal(readFileSync(join(here, 'cb-user-data', 'script'), 'utf8'), script);
  } finally {
    rmSync(here, { recursive: true });
  }
});
