/** A cloud that chooses the blocks itself: the answer's are kept and shown, and what is asked for is no measure of them. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Driver } from '@cloud-barista/driver/driver';
import { call, openStage, type Stage } from '../test/stage.ts';
import { addSubnet, createVpc, getVpc, removeSubnet } from './vpcs.ts';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.end();
  stage = undefined;
});

/** Offers blocks of /22 of one network, as Cloudit does. */
function choosing(driver: Driver): Driver {
  const reason = 'The blocks are those that the cloud offers.';
  let next = 1;
  const block = () => `10.200.${4 * next++}.0/22`;
  return {
    ...driver,
    capabilities: { ...driver.capabilities, 'vpc.cidr': reason },
    async open(config, road) {
      const cloud = await driver.open(config, road);
      const { vpcs } = cloud;
      return {
        ...cloud,
        vpcs: {
          ...vpcs,
          create: (own, request) =>
            vpcs.create(own, {
              ...request,
              cidr: '10.200.0.0/16',
              subnets: request.subnets.map(subnet => ({ ...subnet, cidr: block() })),
            }),
          addSubnet: (own, vpc, request) => vpcs.addSubnet(own, vpc, { ...request, cidr: block() }),
        },
      };
    },
  };
}

test('the VPC and its subnets have the blocks that the cloud chose, and more can be added', async () => {
  stage = await openStage({ wrap: choosing });
  const { spider } = stage;
  const made = await createVpc(
    spider,
    'seoul',
    {
      name: 'net',
      cidr: '10.0.0.0/16',
      subnets: [
        { name: 'front', cidr: '10.0.0.0/20' },
        { name: 'back', cidr: '10.0.16.0/20' },
      ],
    },
    call,
  );
  assert.equal(made.cidr, '10.200.0.0/16');
  const blocks = (vpc: typeof made) => vpc.subnets.map(({ name, cidr }) => `${name} ${cidr}`).sort();
  assert.deepEqual(blocks(made), ['back 10.200.8.0/22', 'front 10.200.4.0/22']);

  const more = await addSubnet(spider, 'seoul', 'net', { name: 'third', cidr: '10.0.32.0/20' }, call);
  assert.ok(blocks(more).includes('third 10.200.12.0/22'));
  const resumed = { ...call, resume: true };
  const same = await addSubnet(spider, 'seoul', 'net', { name: 'third', cidr: '10.0.32.0/20' }, resumed);
  assert.deepEqual(same, more);
  await assert.rejects(addSubnet(spider, 'seoul', 'net', { name: 'third', cidr: '10.0.48.0/20' }, call), {
    code: 'already_exists',
  });
  await assert.rejects(addSubnet(spider, 'seoul', 'net', { name: 'fourth', cidr: '10.0.0.1/20' }, call), {
    code: 'invalid_argument',
  });
  await removeSubnet(spider, 'seoul', 'net', 'third', call);
  assert.deepEqual(blocks(await getVpc(spider, 'seoul', 'net')), blocks(made));
});
