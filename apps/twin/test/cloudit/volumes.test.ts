/** Volumes, snapshots and templates made of them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type Json, type TestCloud } from './serve.ts';

describe('Cloudit: volumes', () => {
  let t: TestCloud;
  let one: Json;
  let clusterId: string;
  before(async () => {
    t = await openTestCloud({ quotas: { volumes: 3, volumeGigabytes: 500 } });
    one = await t.makeServer();
    clusterId = (await t.want(200, 'GET ace clusters'))[0]?.['id'] ?? '';
  });
  after(() => t.close());
  const stateOf = async (kind: string, id: string) =>
    (await t.rows(`GET ace ${kind}`)).find(each => each['id'] === id)?.['state'];

  it('shows the boot volume with its server', async () => {
    const [root, other] = await t.want(200, 'GET ace volumes');
    assert.equal(other, undefined);
    assert.deepEqual(
      [root?.['state'], root?.['bootable'], root?.['dev'], root?.['size']],
      ['IN_USE', 'yes', 'vda', 50],
    );
    assert.equal((await t.want(200, `GET ace servers/${one['id']}/volumes`))[0]?.['volumeId'], root?.['id']);
    await t.want(409, `DELETE ace volumes/${root?.['id']}`);
    await t.want(409, `DELETE ace servers/${one['id']}/volumes/${root?.['id']}`);
  });

  it('makes, extends, attaches, detaches and deletes', async () => {
    await t.want(400, 'POST ace volumes', { name: 'data', clusterId, size: 0 });
    await t.want(400, 'POST ace volumes', { name: 'data', clusterId, size: '10' });
    await t.want(400, 'POST ace volumes', { name: 'data', size: 10 });
    await t.want(404, 'POST ace volumes', { name: 'data', clusterId: 'CL', size: 10 });
    await t.want(413, 'POST ace volumes', { name: 'data', clusterId, size: 1000 });
    const made = await t.want(202, 'POST ace volumes', { name: 'data', clusterId, size: 10 });
    assert.equal(made['state'], 'CREATING');
    const { id } = made;
    await t.settle();
    await t.want(202, `POST ace volumes/${id}/update`, { size: 20 });
    await t.settle();
    assert.equal((await t.named('GET ace volumes', 'data'))['size'], 20);
    await t.want(400, `POST ace volumes/${id}/update`, { size: 10 });
    await t.want(400, `POST ace volumes/${id}/update`, {});
    assert.equal((await t.want(200, `GET ace volumes/${id}/servers`)).length, 0);

    const line = `POST ace servers/${one['id']}/volumes`;
    await t.want(400, line, { volumeId: id, mode: 'x' });
    await t.want(404, line, { volumeId: 'none', mode: 'w' });
    await t.want(202, line, { volumeId: id, mode: 'w' });
    await t.settle();
    assert.equal(await stateOf('volumes', id), 'IN_USE');
    await t.want(409, line, { volumeId: id, mode: 'w' });
    await t.want(409, `DELETE ace volumes/${id}`);
    await t.want(409, `POST ace volumes/${id}/update`, { size: 30 });
    const [owner] = await t.want(200, `GET ace volumes/${id}/servers`);
    assert.deepEqual([owner?.['vmId'], owner?.['vmName']], [one['id'], 'web-1']);
    const devices = (await t.rows(`GET ace servers/${one['id']}/volumes`)).map(each => each['dev']);
    assert.deepEqual(devices, ['vda', 'vdb']);
    await t.want(202, `DELETE ace servers/${one['id']}/volumes/${id}`);
    await t.settle();
    assert.equal(await stateOf('volumes', id), 'AVAILABLE');
    await t.want(404, `DELETE ace servers/${one['id']}/volumes/${id}`);
    await t.want(202, `DELETE ace volumes/${id}`);
    await t.settle();
    await t.want(404, `DELETE ace volumes/${id}`);
  });

  it('makes a server of a snapshot of another', async () => {
    const volumeId = (await t.want(200, `GET ace servers/${one['id']}/volumes`))[0]?.['volumeId'] ?? '';
    const snapshot = await t.want(202, 'POST ace snapshots', { name: 'mine-dev-vda', volumeId });
    assert.deepEqual(
      [snapshot['state'], snapshot['bootable'], snapshot['serverName']],
      ['CREATING', 'yes', 'web-1'],
    );
    await t.settle();
    assert.equal(await stateOf('snapshots', snapshot['id']), 'COMPLETED');
    const windows = await t.named('GET ace templates', 'Windows Server 2019');
    const order = { name: 'web-3', hostName: 'web-3', snapshotId: snapshot['id'] };
    await t.want(400, 'POST ace servers', await t.orderFor({ ...order, templateId: windows['id'] }));
    const other = await t.makeServer({ ...order, templateId: snapshot['templateId'] });
    assert.equal(other['template'], 'Ubuntu 18.04');
    const volume = await t.want(202, `POST ace snapshots/${snapshot['id']}/volume`, { volumeName: 'copy' });
    assert.equal(volume['size'], 50);
    await t.settle();
    await t.want(202, `DELETE ace volumes/${volume['id']}`);
    await t.want(202, `DELETE ace snapshots/${snapshot['id']}`);
    await t.want(202, `DELETE ace servers/${other['id']}`);
    await t.settle();
    assert.equal((await t.want(200, 'GET ace snapshots')).length, 0);
  });

  it('makes a template of a server at rest', async () => {
    const volumeId = (await t.want(200, `GET ace servers/${one['id']}/volumes`))[0]?.['volumeId'] ?? '';
    const order = {
      name: 'golden',
      volumeId,
      snapshotId: '',
      ownership: 'TENANT',
      format: 'qcow2',
      sourceType: 'server',
      templateType: 'DEFAULT',
    };
    await t.want(409, 'POST ace templates', order);
    await t.want(202, `POST ace servers/${one['id']}/shutdown`);
    await t.settle();
    await t.want(400, 'POST ace templates', { ...order, format: 'iso' });
    await t.want(400, 'POST ace templates', { ...order, volumeId: '' });
    const template = await t.want(202, 'POST ace templates', order);
    await t.settle();
    const other = await t.makeServer({ templateId: template['id'] });
    assert.equal(other['template'], 'golden');
    await t.want(202, `DELETE ace servers/${other['id']}`);
    await t.want(202, `DELETE ace templates/${template['id']}`);
    await t.settle();
    await t.want(404, `GET ace templates/${template['id']}`);
    const given = await t.named('GET ace templates', 'CentOS-7');
    await t.want(403, `DELETE ace templates/${given['id']}`);
  });

  it('lets nothing be done with what is still being made', async () => {
    const slow = await openTestCloud();
    const server = await slow.makeServer();
    const volumeId = (await slow.want(200, `GET ace servers/${server['id']}/volumes`))[0]?.['volumeId'] ?? '';
    await slow.want(202, `POST ace servers/${server['id']}/shutdown`);
    await slow.settle();
    slow.cloud.delays.create = 600_000;
    const snapshot = await slow.want(202, 'POST ace snapshots', { name: 'late', volumeId });
    await slow.want(409, `DELETE ace snapshots/${snapshot['id']}`);
    await slow.want(409, `POST ace snapshots/${snapshot['id']}/volume`, { volumeName: 'late' });
    await slow.want(409, 'POST ace servers', await slow.orderFor({ snapshotId: snapshot['id'] }));
    const template = await slow.want(202, 'POST ace templates', {
      name: 'late',
      volumeId,
      ownership: 'PRIVATE',
      format: 'raw',
      sourceType: 'server',
      templateType: 'DEFAULT',
    });
    await slow.want(409, 'POST ace servers', await slow.orderFor({ templateId: template['id'] }));
    await slow.want(409, `DELETE ace templates/${template['id']}`);
    const volume = await slow.want(202, 'POST ace volumes', { name: 'late', clusterId, size: 10 });
    await slow.want(409, `POST ace servers/${server['id']}/volumes`, { volumeId: volume['id'], mode: 'w' });
    await slow.want(409, `DELETE ace volumes/${volume['id']}`);
    await slow.close();
  });

  it('leaves the volumes of a server that ends', async () => {
    const { id } = await t.want(202, 'POST ace volumes', { name: 'stays', clusterId, size: 10 });
    await t.settle();
    await t.want(202, `POST ace servers/${one['id']}/volumes`, { volumeId: id, mode: 'w' });
    await t.settle();
    await t.want(202, `DELETE ace servers/${one['id']}`);
    await t.settle();
    const volumes = await t.rows('GET ace volumes');
    assert.deepEqual(
      volumes.map(each => `${each['name']} ${each['state']}`),
      ['stays AVAILABLE'],
    );
    assert.equal(t.wire.counts(t.cloud)['volumes'], 1);
  });
});
