/** The saga suite on what is done to disks and images of VMs: failed, doubled and killed at every point, over a cloud's wire. */
import assert from 'node:assert/strict';
import { awaitOne, spiderSagas } from '@cloud-barista/spider/vm-sagas';
import { createKeyPair } from '@cloud-barista/spider/key-pairs';
import { createSecurityGroup } from '@cloud-barista/spider/security-groups';
import { diskSagas, type DiskSagas } from '@cloud-barista/spider/disk-sagas';
import { awaitDisk, createDisk } from '@cloud-barista/spider/disks';
import { findImage } from '@cloud-barista/spider/images';
import { findSpec } from '@cloud-barista/spider/specs';
import type { Spider } from '@cloud-barista/spider/spider';
import { createVm } from '@cloud-barista/spider/vms';
import { createVpc } from '@cloud-barista/spider/vpcs';
import { openMemoryStore } from '@cloud-barista/store/memory';
import { sagaSuite, type SagaWorld } from '@cloud-barista/suite/saga';
import { connect, openClouds, openFrameworks, standing } from './world.ts';

const call = { signal: new AbortController().signal };
const c = 'openstack-1';
const disk = { name: 'data', sizeGb: 10 };

async function makeVm(spider: Spider): Promise<void> {
  const subnets = [{ name: 's', cidr: '10.0.0.0/24' }];
  await createVpc(spider, c, { name: 'v', cidr: '10.0.0.0/16', subnets }, call);
  const rules = [
    { direction: 'inbound', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '0.0.0.0/0' } as const,
  ];
  await createSecurityGroup(spider, c, { name: 'g', vpc: 'v', rules }, call);
  await createKeyPair(spider, c, { name: 'k' }, call);
  const image = await findImage(spider, c, 'ubuntu-22.04', undefined, call);
  const spec = await findSpec(spider, c, { cpu: 1, memoryMib: 1024, diskGb: image.minDiskGb }, call);
  const input = {
    name: 'm',
    image: image.id,
    spec: spec.id,
    vpc: 'v',
    subnet: 's',
    securityGroups: ['g'],
    keyPair: 'k',
  };
  await createVm(spider, c, input, call);
  await awaitOne(spider, c, 'm', 'Running', call.signal);
}

/** `prepare` makes what the deed needs; it stands before and after. */
function judge<Name extends keyof DiskSagas>(
  name: Name,
  title: string,
  undoes: boolean,
  input: Parameters<DiskSagas[Name]['run']>[1],
  prepare: (spider: Spider) => Promise<void>,
): void {
  sagaSuite<unknown>(title, {
    undoes,
    async makeWorld(): Promise<SagaWorld<unknown>> {
      const twin = await openClouds({ openstack: 1 });
      const store = await openMemoryStore();
      const bug = await openFrameworks(store);
      await connect(bug, twin);
      await prepare(bug.spider);
      const before = (await store.list({ prefix: '/spider/ids/' })).entries.length;
      return {
        store,
        sagas: spiderSagas(bug.spider),
        saga: diskSagas(bug.spider)[name],
        input,
        count: () => standing(twin),
        async check(operation) {
          const ids = (await store.list({ prefix: '/spider/ids/' })).entries.length;
          const grown = title.endsWith('.create') && operation.state === 'succeeded' ? 1 : 0;
          assert.equal(ids, before + grown, `${operation.kind} ${operation.state}`);
        },
        async close() {
          await bug.close();
          await bug.spider.close();
          await store.close();
          await twin.close();
        },
      };
    },
  });
}

const nothing = async () => {};
const vmAndDisk = async (spider: Spider) => {
  await makeVm(spider);
  await createDisk(spider, c, disk, call);
  await awaitDisk(spider, c, disk.name, now => now.state === 'Available', call);
};

judge('create', 'disk.create', true, { connection: c, disk }, nothing);
judge('attach', 'disk.attach', false, { connection: c, disk: 'data', vm: 'm' }, vmAndDisk);
judge('resize', 'disk.resize', false, { connection: c, disk: 'data', sizeGb: 20 }, vmAndDisk);
judge('createImage', 'custom-image.create', true, { connection: c, image: { name: 'i', vm: 'm' } }, makeVm);
