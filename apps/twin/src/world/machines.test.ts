/** What machines ask of the hypervisor for captured disks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hypervisor, Site } from './machines.ts';
import { createWorld } from './world.ts';

test('a disk is discarded with the last machine that begins with it, touched or not', async () => {
  const world = createWorld({ onError: error => assert.fail(String(error)) });
  const told: string[] = [];
  const tell = async (deed: string) => void told.push(deed);
  const hypervisor: Hypervisor = {
    boot: id => tell(`boot ${id}`),
    halt: id => tell(`halt ${id}`),
    remove: id => tell(`remove ${id}`),
    capture: (id, disk) => tell(`capture ${id} ${disk}`),
    discard: disk => tell(`discard ${disk}`),
  };
  world.setHypervisor(hypervisor);
  const cloud = world.addCloud({ name: 'aws', kind: 'aws' });
  const site: Site = { cloud, region: 'us-east-1', reachable: () => true };
  const input = { site, hostname: 'vm', user: 'ubuntu', keys: [], osName: 'Ubuntu', cpus: 1, memoryMib: 512 };
  const create = (id: string, disk?: string) =>
    world.machines.create({ ...input, id, privateIp: '10.0.0.1', disk });
  const [first, second, third] = [create('a'), create('b', 'image'), create('c', 'image')];
  world.machines.capture(first, 'image');
  world.machines.discard('image');
  world.machines.terminate(second);
  world.machines.terminate(second);
  world.machines.forget(second);
  assert.deepEqual(told, ['capture aws/a image', 'remove aws/b']);
  world.machines.forget(third);
  world.machines.discard('image');
  assert.deepEqual(told.slice(2), ['discard image', 'discard image']);
});
