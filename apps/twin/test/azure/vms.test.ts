/** Virtual machines: what is checked, how they live, what goes with them, how they fail. Written from the references, with plain fetch. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  compute,
  key,
  location,
  makeStage,
  net,
  openTestCloud,
  rule,
  vmBody,
  type Json,
  type TestCloud,
} from './serve.ts';

describe('virtual machines', () => {
  let t: TestCloud;
  let stage: Awaited<ReturnType<typeof makeStage>>;
  beforeEach(async () => {
    t = await openTestCloud({ quotas: { cores: 4, standardBSFamily: 3 } });
    stage = await makeStage(t);
  });
  afterEach(() => t.close());

  const vm = `${compute}/virtualMachines`;
  const power = async (name: string) =>
    (await t.want(200, `GET ${vm}/${name}/instanceView`)).statuses
      .map(each => each.code)
      .find(code => code.startsWith('PowerState'));
  const machineOf = (answer: Json) => {
    const machine = t.world.machines.byKey(`${t.cloud.name}/${answer.properties.vmId}`);
    assert.ok(machine);
    return machine;
  };

  it('lives: is made, stops, is released, starts, and goes with what it brought', async () => {
    const ordered = await t.call(`PUT ${vm}/One`, vmBody(stage));
    assert.equal(ordered.status, 201, ordered.text);
    assert.equal(ordered.body.properties.provisioningState, 'Creating');
    assert.equal((await t.done(ordered)).status, 'Succeeded');
    const made = await t.want(200, `GET ${vm}/one?$expand=instanceView`);
    assert.equal(made.properties.provisioningState, 'Succeeded');
    assert.deepEqual(
      made.properties.instanceView.statuses.map(each => each.code),
      ['ProvisioningState/succeeded', 'PowerState/running'],
    );
    const machine = machineOf(made);
    assert.deepEqual(
      [machine.user, machine.keys, machine.hostname, machine.osName],
      ['cb', [key], 'box', 'Ubuntu 22.04'],
    );
    assert.equal(machine.state, 'running');
    assert.ok(machine.publicIp);
    const nic = await t.want(200, `GET ${made.properties.networkProfile.networkInterfaces[0]?.id ?? ''}`);
    const ip = await t.want(
      200,
      `GET ${nic.properties.ipConfigurations[0]?.properties.publicIPAddress.id ?? ''}`,
    );
    assert.equal(ip.properties.ipAddress, machine.publicIp);
    assert.equal(nic.properties.virtualMachine.id, made.id);
    const disk = await t.want(200, `GET ${made.properties.storageProfile.osDisk.managedDisk.id}`);
    assert.equal(disk.managedBy, made.id);
    assert.equal(await t.fails(409, `DELETE ${disk.id}`), 'OperationNotAllowed');
    for (const [order, state] of [
      ['powerOff', 'stopped'],
      ['start', 'running'],
      ['restart', 'running'],
      ['deallocate', 'deallocated'],
      ['deallocate', 'deallocated'],
      ['start', 'running'],
    ] as const) {
      await t.order(202, `POST ${vm}/one/${order}`);
      assert.equal(await power('one'), `PowerState/${state}`, order);
    }
    await t.order(202, `POST ${vm}/one/deallocate`);
    assert.equal(await t.fails(409, `POST ${vm}/one/restart`), 'OperationNotAllowed');
    await t.order(202, `DELETE ${vm}/ONE`);
    await t.want(204, `DELETE ${vm}/one`);
    assert.equal(await t.fails(404, `GET ${vm}/one`), 'ResourceNotFound');
    assert.deepEqual(t.counts(), {
      resourceGroups: 1,
      virtualNetworks: 1,
      subnets: 1,
      networkSecurityGroups: 1,
    });
    assert.equal(t.world.addresses.taken, 0);
  });

  it('keeps what is to be detached, and what was there before it', async () => {
    await t.order(201, `PUT ${net}/publicIPAddresses/ip`, { location, sku: { name: 'Standard' } });
    const nic = await t.order(201, `PUT ${net}/networkInterfaces/nic`, {
      location,
      properties: {
        ipConfigurations: [
          {
            name: 'ip',
            properties: {
              subnet: { id: stage.subnet },
              publicIPAddress: { id: `${t.subscription}${net}/publicIPAddresses/ip` },
            },
          },
        ],
      },
    });
    const body = vmBody(stage, { networkProfile: { networkInterfaces: [{ id: nic.id }] } });
    body.properties.storageProfile.osDisk.deleteOption = 'Detach';
    await t.order(201, `PUT ${vm}/one`, body);
    assert.equal(await t.fails(400, `DELETE ${net}/networkInterfaces/nic`), 'NicInUse');
    assert.equal(await t.fails(400, `PUT ${vm}/two`, body), 'NicInUse');
    // The same PUT again is a change to the same machine.
    const { vmId } = (await t.want(200, `GET ${vm}/one`)).properties;
    assert.equal((await t.order(200, `PUT ${vm}/one`, body)).properties.vmId, vmId);
    body.properties.osProfile.adminUsername = 'other';
    assert.equal(await t.fails(409, `PUT ${vm}/one`, body), 'PropertyChangeNotAllowed');
    await t.order(202, `DELETE ${vm}/one`);
    const counts = t.counts();
    assert.deepEqual([counts['networkInterfaces'], counts['publicIPAddresses'], counts['disks']], [1, 1, 1]);
    const [disk] = (await t.want(200, `GET ${compute}/disks`)).value;
    assert.equal(disk?.properties.diskState, 'Unattached');
    await t.order(202, `DELETE ${disk?.id}`);
  });

  it('is let in by the groups of its interface and its subnet, both', async () => {
    const made = await t.order(201, `PUT ${vm}/one`, vmBody(stage));
    const machine = machineOf(made);
    const open = () => [22, 80].map(port => machine.site.reachable(machine, port));
    assert.deepEqual(open(), [true, false]);
    const rules = (securityRules: unknown) =>
      t.order(200, `PUT ${net}/networkSecurityGroups/nsg`, { location, properties: { securityRules } });
    await rules([rule('all', 200, '1-1000'), rule('no', 150, '22', { access: 'Deny' })]);
    assert.deepEqual(open(), [false, true]);
    await rules([rule('far', 100, '*', { sourceAddressPrefix: '198.51.100.0/24' })]);
    assert.deepEqual(open(), [false, false]);
    await rules([rule('internet', 100, '*', { sourceAddressPrefix: 'Internet', protocol: '*' })]);
    assert.deepEqual(open(), [true, true]);
    await t.order(201, `PUT ${net}/networkSecurityGroups/closed`, { location });
    const closed = `${t.subscription}${net}/networkSecurityGroups/closed`;
    await t.order(200, `PUT ${net}/virtualNetworks/vnet/subnets/sub`, {
      properties: { addressPrefix: '10.0.0.0/24', networkSecurityGroup: { id: closed } },
    });
    assert.deepEqual(open(), [false, false]);
  });

  it('refuses what Azure refuses, and leaves nothing of it', async () => {
    const before = t.counts();
    const code = async (change: (properties: Json) => void): Promise<string> => {
      const body = vmBody(stage) as unknown as Json;
      change(body.properties);
      const answer = await t.call(`PUT ${vm}/bad`, body);
      assert.ok(answer.status >= 400, answer.text);
      return `${answer.status} ${answer.body.error.code} ${(answer.body.error.target as string | undefined) ?? ''}`.trim();
    };
    const set = (path: string, value: unknown) => (properties: Json) => {
      const parts = path.split('.');
      let at = properties as unknown as Record<string, unknown>;
      for (const part of parts.slice(0, -1)) at = at[part] as Record<string, unknown>;
      at[parts.at(-1) ?? ''] = value;
    };
    assert.equal(await code(set('hardwareProfile.vmSize', 't3.micro')), '400 InvalidParameter vmSize');
    assert.equal(await code(set('hardwareProfile.vmSize', 'Standard_D2ps_v5')), '400 BadRequest');
    assert.equal(await code(set('hardwareProfile.vmSize', 'Standard_A1_v2')), '400 BadRequest');
    assert.equal(
      await code(set('hardwareProfile.vmSize', 'Standard_NC24ads_A100_v4')),
      '409 SkuNotAvailable',
    );
    assert.equal(await code(set('hardwareProfile.vmSize', 'Standard_D8s_v5')), '409 OperationNotAllowed');
    assert.equal(await code(set('hardwareProfile.vmSize', 'Standard_B4ms')), '409 QuotaExceeded');
    assert.equal(
      await code(set('storageProfile.imageReference.sku', 'none')),
      '404 PlatformImageNotFound imageReference',
    );
    assert.equal(
      await code(set('storageProfile.imageReference.version', '1.2.3')),
      '404 PlatformImageNotFound imageReference',
    );
    assert.equal(
      await code(set('storageProfile.osDisk.diskSizeGB', 10)),
      '400 InvalidParameter osDisk.diskSizeGB',
    );
    assert.equal(await code(set('osProfile', null)), '400 InvalidParameter osProfile');
    assert.equal(await code(set('osProfile.adminUsername', 'root')), '400 InvalidParameter adminUsername');
    assert.equal(await code(set('osProfile.customData', '#!/bin/sh')), '400 InvalidParameter customData');
    assert.equal(
      await code(set('osProfile.customData', Buffer.alloc(65_536).toString('base64'))),
      '400 InvalidParameter customData',
    );
    assert.equal(
      await code(set('osProfile.adminUsername', 'other')),
      '400 InvalidParameter linuxConfiguration.ssh.publicKeys.path',
    );
    assert.equal(
      await code(set('osProfile.linuxConfiguration', { disablePasswordAuthentication: true })),
      '400 InvalidParameter linuxConfiguration',
    );
    assert.equal(
      await code(properties => {
        set('osProfile.linuxConfiguration', null)(properties);
        set('osProfile.adminPassword', 'simple')(properties);
      }),
      '400 InvalidParameter adminPassword',
    );
    assert.equal(await code(set('networkProfile', null)), '400 InvalidParameter networkProfile');
    assert.equal(
      await code(set('networkProfile.networkApiVersion', null)),
      '400 InvalidParameter networkProfile.networkApiVersion',
    );
    assert.equal(
      await code(
        set('networkProfile', {
          networkInterfaces: [{ id: `${t.subscription}${net}/networkInterfaces/none` }],
        }),
      ),
      '404 ResourceNotFound',
    );
    const body = vmBody(stage);
    assert.equal(await t.fails(400, `PUT ${vm}/bad!`, body), 'InvalidParameter');
    assert.equal(await t.fails(400, `PUT ${vm}/bad`, { ...body, zones: ['4'] }), 'InvalidAvailabilityZone');
    assert.deepEqual(t.counts(), before);
  });

  it('quotas count what stands, by family and in all', async () => {
    const core = async () =>
      (await t.want(200, `GET /providers/Microsoft.Compute/locations/${location}/usages`)).value.find(
        each => each.name.value === 'cores',
      )?.currentValue;
    for (const name of ['a', 'b', 'c']) await t.order(201, `PUT ${vm}/${name}`, vmBody(stage));
    assert.equal(await t.fails(409, `PUT ${vm}/d`, vmBody(stage)), 'QuotaExceeded');
    assert.equal(await core(), 3);
    await t.order(202, `DELETE ${vm}/a`);
    assert.equal(await core(), 2);
    await t.order(201, `PUT ${vm}/d`, vmBody(stage));
  });

  it('a group goes with all that is in it', async () => {
    await t.order(201, `PUT ${vm}/one`, vmBody(stage));
    const gone = await t.call('DELETE /resourcegroups/rg');
    assert.equal(gone.status, 202);
    const monitor = gone.headers.get('location') ?? '';
    while ((await t.send('GET', monitor)).status === 202);
    assert.deepEqual(t.counts(), {});
    assert.deepEqual([...t.world.machines.all()], []);
    assert.equal(t.world.addresses.taken, 0);
  });

  it('fails as Azure does: at once, or when the order was taken', async () => {
    const faults = (fault: 'error' | 'capacity' | 'quota' | 'throttle' | 'unavailable' | 'drop') =>
      t.world.faults.set([{ cloud: t.cloud.name, operation: 'create-vm', probability: 1, fault }]);
    const before = t.counts();
    const put = (name: string) => t.call(`PUT ${vm}/${name}`, vmBody(stage));
    faults('throttle');
    const throttled = await put('a');
    assert.deepEqual(
      [
        throttled.status,
        throttled.headers.get('retry-after'),
        throttled.headers.get('x-ms-ratelimit-remaining-subscription-writes'),
      ],
      [429, '1', '0'],
    );
    faults('quota');
    assert.equal((await put('a')).body.error.code, 'QuotaExceeded');
    faults('unavailable');
    assert.equal((await put('a')).status, 503);
    assert.deepEqual(t.counts(), before);
    const seen = new Set<string>();
    for (let index = 0; index < 12 && seen.size < 2; index++) {
      faults('capacity');
      const answer = await put('a');
      seen.add(answer.status === 201 ? (await t.done(answer)).error.code : answer.body.error.code);
      if (answer.status === 201) await t.order(202, `DELETE ${vm}/a`);
    }
    assert.deepEqual([...seen].sort(), ['AllocationFailed', 'SkuNotAvailable']);
    faults('error');
    const broken = await put('a');
    assert.equal(broken.status, 201);
    assert.equal((await t.done(broken)).error.code, 'InternalExecutionError');
    const failed = await t.want(200, `GET ${vm}/a?$expand=instanceView`);
    assert.equal(failed.properties.provisioningState, 'Failed');
    assert.equal(
      failed.properties.instanceView.statuses[0]?.code,
      'ProvisioningState/failed/InternalExecutionError',
    );
    assert.equal(await t.fails(409, `POST ${vm}/a/start`), 'OperationNotAllowed');
    await t.order(202, `DELETE ${vm}/a`);
    assert.deepEqual(t.counts(), before);
    faults('drop');
    await assert.rejects(put('a'), /fetch failed/);
    assert.equal(t.counts()['virtualMachines'], 1, 'a lost answer is of an order that was carried out');
  });
});
