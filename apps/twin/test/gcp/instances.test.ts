/** Instances: their life, their addresses, their keys, and what a refusal says. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { key, openTestCloud, type TestCloud } from './server.ts';

describe('instances', () => {
  let t: TestCloud;
  const at = (name: string, verb = '') => `zones/us-central1-a/instances/${name}${verb && `/${verb}`}`;
  before(async () => {
    t = await openTestCloud();
    await t.login();
  });
  after(() => t.close());
  const machineOf = async (name: string) => {
    const { id } = await t.want(200, `GET ${at(name)}`);
    const machine = t.world.machines.byKey(`goo/${id}`);
    assert.ok(machine);
    return machine;
  };

  it('go from insert to gone', async () => {
    const operation = await t.want(
      200,
      'POST zones/us-central1-a/instances',
      t.vm('one', { labels: { who: 'me' } }),
    );
    assert.match(operation.id, /^\d+$/);
    assert.equal(operation.operationType, 'insert');
    assert.equal(operation.status, 'PENDING');
    assert.equal(operation.targetLink, `${t.endpoint}/projects/${t.projectId}/${at('one')}`);
    await t.want(200, `POST ${operation.selfLink}/wait`);
    const one = await t.want(200, `GET ${operation.targetLink}`);
    assert.equal(one.status, 'RUNNING');
    assert.equal(one.selfLink, operation.targetLink);
    assert.equal(one.labels['who' as 'name'], 'me');
    const [nic] = one.networkInterfaces;
    assert.match(nic?.networkIP ?? '', /^10\.128\.0\./);
    const ip = nic?.accessConfigs[0]?.natIP ?? '';
    assert.match(ip, /^127\./);
    const machine = await machineOf('one');
    assert.equal(machine.user, 'alice');
    assert.deepEqual(machine.keys, [`${key} alice@home`]);
    assert.equal(machine.osName, 'Debian 12');
    assert.ok(machine.site.reachable(machine, 22));
    assert.ok(!machine.site.reachable(machine, 80));

    await t.done(`POST ${at('one', 'stop')}`);
    const stopped = await t.want(200, `GET ${at('one')}`);
    assert.equal(stopped.status, 'TERMINATED');
    assert.equal(stopped.networkInterfaces[0]?.accessConfigs[0]?.natIP, undefined);
    await t.done(`POST ${at('one', 'setMachineType')}`, {
      machineType: 'zones/us-central1-a/machineTypes/e2-medium',
    });
    await t.done(`POST ${at('one', 'start')}`);
    const again = await t.want(200, `GET ${at('one')}`);
    assert.equal(again.status, 'RUNNING');
    assert.notEqual(again.networkInterfaces[0]?.accessConfigs[0]?.natIP, ip);
    assert.match(again.machineType, /e2-medium$/);
    await t.done(`POST ${at('one', 'reset')}`);
    await t.done(`POST ${at('one', 'suspend')}`);
    assert.equal((await t.want(200, `GET ${at('one')}`)).status, 'SUSPENDED');
    assert.match(await t.refused(400, 'invalid', `POST ${at('one', 'start')}`), /SUSPENDED/);
    await t.done(`POST ${at('one', 'resume')}`);
    assert.match((await t.want(200, `GET ${at('one', 'serialPort')}`)).contents, /login:/);
    assert.equal(t.wire.counts(t.cloud)['disks'], 1);
    await t.done(`DELETE ${at('one')}`);
    assert.equal(
      await t.refused(404, 'notFound', `GET ${at('one')}`),
      `The resource 'projects/${t.projectId}/${at('one')}' was not found`,
    );
    assert.deepEqual(
      Object.entries(t.wire.counts(t.cloud)).filter(([, count]) => count > 0),
      [],
    );
    assert.equal(t.world.addresses.taken, 0);
    assert.equal([...t.world.machines.all()].length, 0);
  });

  it('shows the states on the way', async () => {
    const slow = await openTestCloud({
      delays: { create: 60_000, start: 1, stop: 60_000, terminate: 60_000 },
    });
    await slow.login();
    const operation = await slow.want(200, 'POST zones/us-central1-a/instances', slow.vm('slow'));
    const provisioning = await slow.want(200, `GET ${at('slow')}`);
    assert.equal(provisioning.status, 'PROVISIONING');
    assert.equal(provisioning.networkInterfaces[0]?.accessConfigs[0]?.natIP, undefined);
    slow.advance(40_000);
    assert.equal((await slow.want(200, `GET ${at('slow')}`)).status, 'STAGING');
    assert.equal((await slow.want(200, `GET ${operation.selfLink}`)).status, 'RUNNING');
    await slow.refused(400, 'resourceNotReady', `POST ${at('slow', 'stop')}`);
    await slow.want(200, `DELETE ${at('slow')}`);
    assert.equal((await slow.want(200, `GET ${at('slow')}`)).status, 'STOPPING');
    await slow.refused(400, 'resourceNotReady', `DELETE ${at('slow')}`);
    slow.wire.reset(slow.cloud);
    assert.equal(slow.world.addresses.taken, 0);
    await slow.close();
  });

  it('takes keys from the instance, then the project, unless blocked', async () => {
    const project = await t.want(200, 'GET ');
    const { fingerprint } = project.commonInstanceMetadata;
    const value = `bob:${key} bob@work\nalice:${key} alice@work`;
    await t.done('POST setCommonInstanceMetadata', { fingerprint, items: [{ key: 'ssh-keys', value }] });
    assert.match(
      await t.refused(412, 'conditionNotMet', 'POST setCommonInstanceMetadata', { fingerprint, items: [] }),
      /fingerprint/,
    );
    const metadata = (items: Record<string, string>) => ({
      metadata: { items: Object.entries(items).map(([name, text]) => ({ key: name, value: text })) },
    });
    const zone = 'POST zones/us-central1-a/instances';
    await t.done(zone, t.vm('both'));
    await t.done(zone, t.vm('theirs', metadata({ 'startup-script': '#!/bin/sh\n' })));
    await t.done(zone, t.vm('blocked', metadata({ 'block-project-ssh-keys': 'TRUE' })));
    assert.deepEqual((await machineOf('both')).keys, [`${key} alice@home`, `${key} alice@work`]);
    assert.equal((await machineOf('theirs')).user, 'bob');
    assert.deepEqual((await machineOf('blocked')).keys, []);
    const { metadata: old } = await t.want(200, `GET ${at('blocked')}`);
    const items = [{ key: 'ssh-keys', value: `carol:${key}` }];
    await t.refused(412, 'conditionNotMet', `POST ${at('blocked', 'setMetadata')}`, {
      fingerprint: 'AAAA',
      items,
    });
    await t.done(`POST ${at('blocked', 'setMetadata')}`, { fingerprint: old.fingerprint, items });
    assert.equal((await machineOf('blocked')).user, 'carol');
    for (const name of ['both', 'theirs', 'blocked']) await t.done(`DELETE ${at(name)}`);
    const { commonInstanceMetadata } = await t.want(200, 'GET ');
    await t.done('POST setCommonInstanceMetadata', { fingerprint: commonInstanceMetadata.fingerprint });
  });

  it('refuses in Google’s words', async () => {
    const bad = (reason: string, more: Record<string, unknown>, status = 400) =>
      t.refused(status, reason, 'POST zones/us-central1-a/instances', t.vm('bad', more));
    assert.match(
      await bad('invalid', { name: 'Bad_Name' }),
      /^Invalid value for field 'resource\.name': 'Bad_Name'\. Must be a match of regex/,
    );
    assert.match(await bad('invalid', { machineType: 'e2-small' }), /malformed/);
    assert.match(
      await bad('invalid', { machineType: 'zones/us-central1-a/machineTypes/none' }),
      /does not exist in zone/,
    );
    assert.match(await bad('required', { disks: [] }), /resource\.disks/);
    const disk = (params: object, more = {}) => ({
      disks: [{ boot: true, initializeParams: params, ...more }],
    });
    assert.match(
      await bad('invalid', disk({ sourceImage: 'projects/debian-cloud/global/images/nope' })),
      /image resource cannot be found/,
    );
    assert.match(
      await bad('notFound', disk({ sourceImage: 'projects/debian-cloud/global/images/family/nope' }), 404),
      /images\/family\/nope/,
    );
    const debian = 'projects/debian-cloud/global/images/family/debian-12';
    assert.match(
      await bad('invalid', disk({ sourceImage: debian, diskSizeGb: '5' })),
      /smaller than the image size/,
    );
    assert.match(await bad('invalidUsage', disk({ sourceImage: `${debian}-arm64` })), /architecture/);
    assert.match(
      await bad('invalid', { networkInterfaces: [{ network: 'global/networks/none' }] }),
      /network resource cannot be found/,
    );
    assert.match(await bad('badRequest', { machinetype: 'x' }), /Unknown name "machinetype"/);
    assert.match(await bad('invalid', { tags: { items: ['Web'] } }), /tags\.items\[0\]/);
    assert.match(await bad('invalid', { labels: { Who: 'me' } }), /Label key/);
    assert.match(
      await bad('unsupportedOperation', { machineType: 'zones/us-central1-a/machineTypes/g2-standard-4' }),
      /live migration/,
    );
    await t.done('POST zones/us-central1-a/instances', t.vm('twice'));
    assert.equal(
      await t.refused(409, 'alreadyExists', 'POST zones/us-central1-a/instances', t.vm('twice')),
      `The resource 'projects/${t.projectId}/${at('twice')}' already exists`,
    );
    await t.done(`DELETE ${at('twice')}`);
    assert.equal(t.world.addresses.taken, 0);
  });

  it('begins once where a requestId is repeated', async () => {
    const id = '11111111-2222-4333-8444-555555555555';
    const line = `POST zones/us-central1-a/instances?requestId=${id}`;
    const [first, second] = await Promise.all([
      t.want(200, line, t.vm('same')),
      t.want(200, line, t.vm('same')),
    ]);
    assert.equal(first.name, second.name);
    await t.refused(400, 'invalid', 'DELETE zones/us-central1-a/instances/same?requestId=nonsense');
    await t.done(`DELETE ${at('same')}`);
    assert.equal((await t.want(200, line, t.vm('same'))).id, first.id);
    await t.want(404, `GET ${at('same')}`);
  });

  it('changes tags, labels, disks and addresses', async () => {
    await t.done('POST zones/us-central1-a/instances', t.vm('vm'));
    const vm = await t.want(200, `GET ${at('vm')}`);
    await t.done(`POST ${at('vm', 'setTags')}`, { items: ['web'], fingerprint: vm.tags.fingerprint });
    await t.refused(412, 'conditionNotMet', `POST ${at('vm', 'setTags')}`, {
      items: [],
      fingerprint: vm.tags.fingerprint,
    });
    await t.done(`POST ${at('vm', 'setLabels')}`, {
      labels: { a: 'b' },
      labelFingerprint: vm.labelFingerprint,
    });
    await t.done('POST zones/us-central1-a/disks', { name: 'data', sizeGb: '20' });
    await t.done(`POST ${at('vm', 'attachDisk')}`, {
      source: 'zones/us-central1-a/disks/data',
      deviceName: 'data',
    });
    assert.match(
      await t.refused(400, 'resourceInUseByAnotherResource', 'DELETE zones/us-central1-a/disks/data'),
      /already being used by 'projects\/.*\/instances\/vm'/,
    );
    await t.done('POST zones/us-central1-a/disks/data/resize', { sizeGb: '30' });
    await t.refused(400, 'invalid', 'POST zones/us-central1-a/disks/data/resize', { sizeGb: '25' });
    assert.equal((await t.want(200, `GET ${at('vm')}`)).disks[1]?.diskSizeGb, '30');
    await t.done(`POST ${at('vm', 'detachDisk')}?deviceName=data`);
    await t.done('DELETE zones/us-central1-a/disks/data');

    await t.done('POST regions/us-central1/addresses', { name: 'static' });
    const { address } = await t.want(200, 'GET regions/us-central1/addresses/static');
    const config = 'networkInterface=nic0';
    await t.done(`POST ${at('vm', 'deleteAccessConfig')}?${config}&accessConfig=External%20NAT`);
    await t.done(`POST ${at('vm', 'addAccessConfig')}?${config}`, {
      name: 'nat',
      type: 'ONE_TO_ONE_NAT',
      natIP: address,
    });
    assert.match(
      await t.refused(400, 'resourceInUseByAnotherResource', 'DELETE regions/us-central1/addresses/static'),
      /instances\/vm/,
    );
    await t.done(`POST ${at('vm', 'stop')}`);
    await t.done(`POST ${at('vm', 'start')}`);
    const now = await t.want(200, `GET ${at('vm')}`);
    assert.equal(now.networkInterfaces[0]?.accessConfigs[0]?.natIP, address);
    assert.equal(t.world.machines.byAddress(address)?.hostname, 'vm');
    await t.done(`POST zones/us-central1-a/disks`, {
      name: 'twin',
      sizeGb: '12',
      sourceImage: 'projects/debian-cloud/global/images/family/debian-12',
    });
    await t.done(`POST global/images`, {
      name: 'mine',
      sourceDisk: 'zones/us-central1-a/disks/twin',
      family: 'own',
    });
    assert.equal((await t.want(200, 'GET global/images/family/own')).diskSizeGb, '12');
    await t.done('DELETE global/images/mine');
    await t.done('DELETE zones/us-central1-a/disks/twin');
    await t.done(`DELETE ${at('vm')}`);
    await t.done('DELETE regions/us-central1/addresses/static');
    assert.equal(t.world.addresses.taken, 0);
  });

  it('fails in the operation, or before it, as faults say', async () => {
    const insert = 'POST zones/us-central1-a/instances';
    const rule = { cloud: 'goo', operation: 'create-vm', probability: 1 } as const;
    const codes = { capacity: 'ZONE_RESOURCE_POOL_EXHAUSTED', error: 'INTERNAL_ERROR' } as const;
    for (const [fault, code] of Object.entries(codes)) {
      t.world.faults.set([{ ...rule, fault: fault as keyof typeof codes }]);
      const operation = await t.does(insert, t.vm('fails'));
      assert.equal(operation.error.errors[0]?.code, code);
      await t.want(404, `GET ${at('fails')}`);
    }
    t.world.faults.set([{ ...rule, fault: 'quota' }]);
    await t.refused(403, 'quotaExceeded', insert, t.vm('fails'));
    t.world.faults.set([{ ...rule, fault: 'throttle' }]);
    await t.refused(403, 'rateLimitExceeded', insert, t.vm('fails'));
    t.world.faults.set([{ ...rule, fault: 'unavailable' }]);
    await t.refused(503, 'backendError', insert, t.vm('fails'));
    t.world.faults.set([{ ...rule, fault: 'drop' }]);
    await assert.rejects(t.call(insert, t.vm('dropped')));
    t.world.faults.set([{ ...rule, fault: 'hang' }]);
    await assert.rejects(
      fetch(`${t.endpoint}/projects/${t.projectId}/zones/us-central1-a/instances`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await t.login()}` },
        body: JSON.stringify(t.vm('hung')),
        signal: AbortSignal.timeout(50),
      }),
    );
    t.world.faults.set([]);
    await t.done(`DELETE ${at('dropped')}`);
    assert.deepEqual(t.wire.counts(t.cloud)['instances'], 0);
  });

  it('keeps to quotas', async () => {
    const small = await openTestCloud({ quotas: { CPUS: 3, NETWORKS: 1 } });
    await small.login();
    await small.done('POST zones/us-central1-a/instances', small.vm('a'));
    assert.equal(
      await small.refused(403, 'quotaExceeded', 'POST zones/us-central1-b/instances', {
        ...small.vm('b'),
        machineType: 'zones/us-central1-b/machineTypes/e2-small',
      }),
      "Quota 'CPUS' exceeded.  Limit: 3.0 in region us-central1.",
    );
    assert.match(
      await small.refused(403, 'quotaExceeded', 'POST global/networks', {
        name: 'n',
        autoCreateSubnetworks: false,
      }),
      /'NETWORKS' exceeded\. {2}Limit: 1\.0 globally/,
    );
    await small.close();
  });
});
