import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import { readSettings } from './settings.ts';

const credential = { tenantId: 't', clientId: 'c', clientSecret: 's', subscriptionId: 'u' };
const read = (region: Record<string, string>) => readSettings({ credential, region });

it('has defaults for all but the location', () => {
  const settings = read({ region: 'Korea Central' });
  assert.deepEqual(
    [settings.location, settings.group, settings.endpoint, settings.authority, settings.audience],
    [
      'koreacentral',
      'cloud-barista-koreacentral',
      'https://management.azure.com',
      'https://login.microsoftonline.com',
      'https://management.azure.com/.default',
    ],
  );
  assert.equal(read({ region: 'x', resourceGroup: 'mine' }).group, 'mine');
});

it('knows the national clouds by their endpoint', () => {
  const china = read({ region: 'chinaeast2', endpoint: 'https://management.chinacloudapi.cn/' });
  assert.deepEqual(
    [china.endpoint, china.authority, china.audience],
    [
      'https://management.chinacloudapi.cn',
      'https://login.chinacloudapi.cn',
      'https://management.chinacloudapi.cn/.default',
    ],
  );
});

it('asks one host for prices, but where an endpoint of another is set', () => {
  const usGov = 'https://management.usgovcloudapi.net';
  for (const endpoint of ['', 'https://management.azure.com/', usGov])
    assert.equal(read({ region: 'x', endpoint }).priceEndpoint, 'https://prices.azure.com');
  assert.equal(read({ region: 'x', endpoint: 'http://127.0.0.1:1/' }).priceEndpoint, 'http://127.0.0.1:1');
});

it('names what is missing or no address', () => {
  const where = (deed: () => unknown) => {
    try {
      deed();
    } catch (error) {
      return error instanceof BaristaError && error.code === 'invalid_argument' ? error.where : error;
    }
    return undefined;
  };
  assert.equal(
    where(() => read({})),
    'region.region',
  );
  assert.equal(
    where(() => read({ region: 'x', endpoint: 'arm.example' })),
    'region.endpoint',
  );
  for (const key of Object.keys(credential))
    assert.equal(
      where(() => readSettings({ credential: { ...credential, [key]: '' }, region: { region: 'x' } })),
      `credential.${key}`,
    );
});
