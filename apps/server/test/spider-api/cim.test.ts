/** Drivers, credentials, regions, connections: registered as upstream's clients do, under its names and keys. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createClient } from '@cloud-barista/api/client';
import { assertList, assertShape } from './shapes.ts';
import { keyValues, openSpiderStage } from './stage.ts';

const stage = await openSpiderStage({ after }, { connection: 'Mock_Config.01' });

describe('drivers', () => {
  it('are registered and told as they were given', async () => {
    const driver = {
      DriverName: 'AWS_Test-driver',
      ProviderName: 'AWS',
      DriverLibFileName: 'aws-driver-v1.0.so',
    };
    assert.deepEqual(await stage.ok('POST', '/driver', driver), driver);
    assert.deepEqual(await stage.ok('GET', '/driver/AWS_Test-driver'), driver);
    const list = assertList(await stage.ok('GET', '/driver'), 'driver', 'Driver');
    assert.deepEqual(
      list.find(one => one['DriverName'] === 'AWS_Test-driver'),
      driver,
    );
    const filtered = assertList(await stage.ok('GET', '/driver?provider=aws'), 'driver', 'Driver');
    assert.deepEqual([...new Set(filtered.map(one => one['ProviderName']))], ['AWS']);
    assert.deepEqual(await stage.ok('DELETE', '/driver/AWS_Test-driver'), { Result: 'true' });
    assert.match(
      await stage.fails(404, 'GET', '/driver/AWS_Test-driver'),
      /AWS_Test-driver: does not exist!/,
    );
    assert.match(await stage.fails(404, 'DELETE', '/driver/AWS_Test-driver'), /does not exist!/);
  });
  it('of our own are found too', async () => {
    assert.equal((await stage.ok('GET', '/driver/memory'))['ProviderName'], 'MOCK');
    await stage.fails(412, 'DELETE', '/driver/memory');
  });
  it('of no provider of ours are refused', async () => {
    const body = { DriverName: 'x', ProviderName: 'NOBODY', DriverLibFileName: 'x.so' };
    assert.match(await stage.fails(404, 'POST', '/driver', body), /NOBODY.*does not exist/);
  });
  for (const key of ['DriverName', 'ProviderName', 'DriverLibFileName'])
    it(`without ${key} are refused in upstream’s words`, async () => {
      const body = { DriverName: 'x', ProviderName: 'AWS', DriverLibFileName: 'x.so', [key]: '' };
      assert.equal(await stage.fails(400, 'POST', '/driver', body), `${key} is empty!`);
    });
  it('tell what they can, and their keys', async () => {
    assertShape(await stage.ok('GET', '/driver/capability'), 'Capability');
    const azure = await stage.ok('GET', '/cloudos/metainfo/azure');
    assertShape(azure, 'MetaInfo');
    assert.deepEqual(azure['Credential'], ['TenantId', 'ClientId', 'ClientSecret', 'SubscriptionId']);
    const { cloudos } = await stage.ok<{ cloudos: string[] }>('GET', '/cloudos');
    assert.deepEqual(cloudos, [...cloudos].sort());
    for (const provider of ['ALIBABA', 'AWS', 'AZURE', 'CLOUDIT', 'DOCKER', 'GCP', 'MOCK', 'OPENSTACK'])
      assert.ok(cloudos.includes(provider), provider);
  });
});

describe('credentials', () => {
  const post = (CredentialName: string, ProviderName: string, values: Record<string, string>) =>
    stage.raw('POST', '/credential', {
      body: { CredentialName, ProviderName, KeyValueInfoList: keyValues(values) },
    });
  const cases: readonly [provider: string, given: Record<string, string>, shown: string[]][] = [
    ['AWS', { ClientId: 'AKIA1', ClientSecret: 's1' }, ['ClientId', 'ClientSecret']],
    ['AWS', { aws_access_key_id: 'AKIA1', aws_secret_access_key: 's1' }, ['ClientId', 'ClientSecret']],
    ['AWS', { accessKeyId: 'AKIA1', secretAccessKey: 's1' }, ['ClientId', 'ClientSecret']],
    [
      'AZURE',
      { clientid: 'a', ClientSecret: 's1', TenantId: 'c', SubscriptionId: 'd' },
      ['ClientId', 'ClientSecret', 'SubscriptionId', 'TenantId'],
    ],
    [
      'GCP',
      { private_key: 's1', project_id: 'p', client_email: 'e@p' },
      ['ClientEmail', 'PrivateKey', 'ProjectID'],
    ],
    ['ALIBABA', { AccessKeyId: 'LTAI', AccessKeySecret: 's1' }, ['ClientId', 'ClientSecret']],
    [
      'OPENSTACK',
      {
        IdentityEndpoint: 'http://127.0.0.1:1/v3',
        Username: 'u',
        Password: 's1',
        DomainName: 'Default',
        ProjectID: 'p',
      },
      ['DomainName', 'IdentityEndpoint', 'Password', 'ProjectID', 'Username'],
    ],
    ['DOCKER', { Host: 'http://127.0.0.1:1004', APIVersion: 'v1.38' }, ['Host']],
    ['MOCK', { MockName: 'm' }, ['MockName']],
  ];
  for (const [index, [provider, given, shown]] of cases.entries())
    it(`of ${provider} by ${Object.keys(given).join(', ')}`, async () => {
      const name = `credential-${index}`;
      const answer = await post(name, provider, given);
      assert.equal(answer.status, 200, answer.text);
      assertShape(answer.body, 'Credential');
      const got = await stage.ok<{ KeyValueInfoList: { Key: string; Value: string }[] }>(
        'GET',
        `/credential/${name}`,
      );
      assertShape(got, 'Credential');
      assert.deepEqual(got.KeyValueInfoList.map(one => one.Key).sort(), shown);
      for (const text of [answer.text, JSON.stringify(got)]) assert.ok(!text.includes('"s1"'), text);
      for (const { Value } of got.KeyValueInfoList) assert.equal(Value, 'Hidden for security.');
      assert.deepEqual(await stage.ok('DELETE', `/credential/${name}`), { Result: 'true' });
    });
  it('that lack a key, or have one too many, are refused by its name', async () => {
    assert.match((await post('x', 'AWS', { ClientId: 'a' })).text, /secretAccessKey/);
    const many = await post('x', 'AWS', { ClientId: 'a', ClientSecret: 'secret-one', Nonsense: 'b' });
    assert.equal(many.status, 400);
    assert.match(many.text, /Nonsense/);
    assert.ok(!many.text.includes('secret-one'));
  });
  it('are registered again without a word, with other values', async () => {
    for (const MockName of ['one', 'two', 'two'])
      assert.equal((await post('again', 'MOCK', { MockName })).status, 200);
    assertList(await stage.ok('GET', '/credential?provider=MOCK'), 'credential', 'Credential');
  });
  it('that a connection uses are kept', async () => {
    assert.match(await stage.fails(412, 'DELETE', '/credential/mock-credential01'), /Mock_Config\.01/);
  });
});

describe('regions', () => {
  it('have upstream’s keys, of both eras', async () => {
    const body = {
      RegionName: 'Azure_Korea',
      ProviderName: 'AZURE',
      KeyValueInfoList: keyValues({ location: 'koreacentral', ResourceGroup: 'rg-1' }),
    };
    const made = await stage.ok('POST', '/region', body);
    assertShape(made, 'Region');
    assert.deepEqual(made['KeyValueInfoList'], body.KeyValueInfoList);
    const got = await stage.ok('GET', '/region/Azure_Korea');
    assert.deepEqual(got['KeyValueInfoList'], keyValues({ Region: 'koreacentral', ResourceGroup: 'rg-1' }));
    assertList(await stage.ok('GET', '/region'), 'region', 'Region');
    assert.deepEqual(await stage.ok('DELETE', '/region/Azure_Korea'), { Result: 'true' });
    assert.match(await stage.fails(404, 'GET', '/region/Azure_Korea'), /"Azure_Korea" does not exist/);
  });
});

describe('connections', () => {
  it('are told by upstream’s names, and by ours on our own API', async () => {
    const got = await stage.ok('GET', '/connectionconfig/Mock_Config.01');
    assertShape(got, 'Connection');
    assert.deepEqual(got, {
      ConfigName: 'Mock_Config.01',
      ProviderName: 'MOCK',
      DriverName: 'mock-driver01',
      CredentialName: 'mock-credential01',
      RegionName: 'mock-region01',
    });
    assert.deepEqual(
      assertList(await stage.ok('GET', '/connectionconfig'), 'connectionconfig', 'Connection'),
      [got],
    );
    const client = createClient({ url: stage.server.url });
    const { items } = await client.call('connection.list', {});
    assert.match(items[0]?.name ?? '', /^mock-config-01-[a-z2-7]{10}$/);
    assert.equal(items[0]?.credential, 'mock-credential01');
    assertShape(await stage.ok('GET', '/countconnectionconfig'), 'Count');
    assert.deepEqual(await stage.ok('GET', '/countconnectionconfig/mock'), { count: 1 });
    assert.deepEqual(await stage.ok('GET', '/countconnectionconfig/AWS'), { count: 0 });
  });
  it('of our own API are upstream’s too', async () => {
    const client = createClient({ url: stage.server.url });
    await client.call('connection.create', {
      body: { name: 'own', driver: 'memory', credential: 'mock-credential01', region: 'mock-region01' },
    });
    const got = await stage.ok('GET', '/connectionconfig/own');
    assert.equal(got['DriverName'], 'memory');
    assert.deepEqual(await stage.ok('GET', '/vpc', { ConnectionName: 'own' }), { vpc: [] });
    assert.deepEqual(await stage.ok('DELETE', '/connectionconfig/own'), { Result: 'true' });
  });
  it('are made again, with other parts too, while they hold nothing', async () => {
    const body = {
      ConfigName: 'again',
      ProviderName: 'MOCK',
      DriverName: 'mock-driver01',
      CredentialName: 'mock-credential01',
      RegionName: 'mock-region01',
    };
    await stage.ok('POST', '/connectionconfig', body);
    await stage.ok('POST', '/connectionconfig', body);
    const other = {
      RegionName: 'other',
      ProviderName: 'MOCK',
      KeyValueInfoList: keyValues({ Region: 'mars' }),
    };
    await stage.ok('POST', '/region', other);
    const changed = await stage.ok('POST', '/connectionconfig', { ...body, RegionName: 'other' });
    assert.equal(changed['RegionName'], 'other');
    const vpc = { Name: 'v', IPv4_CIDR: '10.0.0.0/16' };
    await stage.ok('POST', '/vpc', { ConnectionName: 'again', ReqInfo: vpc });
    assert.match(await stage.fails(412, 'POST', '/connectionconfig', body), /still holds the vpc/);
    assert.match(await stage.fails(412, 'DELETE', '/connectionconfig/again'), /still holds the vpc/);
    const moved = { ...other, KeyValueInfoList: keyValues({ Region: 'venus' }) };
    assert.match(await stage.fails(412, 'POST', '/region', moved), /holds resources/);
    await stage.ok('POST', '/region', other);
    await stage.ok('DELETE', '/vpc/v', { ConnectionName: 'again' });
    await stage.ok('DELETE', '/connectionconfig/again');
  });
  it('of what does not exist, or does not fit, are refused', async () => {
    const body = {
      ConfigName: 'bad',
      ProviderName: 'MOCK',
      DriverName: 'mock-driver01',
      CredentialName: 'mock-credential01',
      RegionName: 'mock-region01',
    };
    for (const key of ['DriverName', 'CredentialName', 'RegionName']) {
      const message = await stage.fails(404, 'POST', '/connectionconfig', { ...body, [key]: 'No_Such.One' });
      assert.match(message, /No_Such\.One.*does not exist/);
    }
    assert.match(
      await stage.fails(400, 'POST', '/connectionconfig', { ...body, ProviderName: 'AWS' }),
      /for MOCK, not AWS/,
    );
    assert.equal(
      await stage.fails(400, 'POST', '/connectionconfig', { ...body, ConfigName: '' }),
      'ConfigName is empty!',
    );
  });
});
