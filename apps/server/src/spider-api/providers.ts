/**
 * Providers by upstream's words, and the keys of their credentials and regions: upstream's of 2020, its newest (with the clouds' own
 * spelling) and ours are all taken; shown are upstream's.
 */
import type { Driver } from '@cloud-barista/driver/driver';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import type { Spider } from '@cloud-barista/spider/context';
import type { Fields } from './request.ts';

export interface KeyValue {
  Key: string;
  Value: string;
}

/** Ours, then upstream's name for it, then other spellings. Case and separators don't count. */
type Keys = readonly (readonly [ours: string, theirs: string, ...others: string[]])[];
const place: Keys = [
  ['region', 'Region', 'location'],
  ['zone', 'Zone'],
];

const credentialKeys: Record<string, Keys> = {
  aws: [
    ['accessKeyId', 'ClientId', 'aws_access_key_id'],
    ['secretAccessKey', 'ClientSecret', 'aws_secret_access_key'],
    ['sessionToken', 'StsToken', 'aws_session_token'],
  ],
  azure: [
    ['clientId', 'ClientId'],
    ['clientSecret', 'ClientSecret'],
    ['tenantId', 'TenantId'],
    ['subscriptionId', 'SubscriptionId'],
  ],
  gcp: [
    ['privateKey', 'PrivateKey'],
    ['projectId', 'ProjectID'],
    ['clientEmail', 'ClientEmail'],
  ],
  alibaba: [
    ['accessKeyId', 'ClientId'],
    ['accessKeySecret', 'ClientSecret'],
    ['securityToken', 'StsToken'],
  ],
  openstack: [
    ['authUrl', 'IdentityEndpoint'],
    ['username', 'Username'],
    ['password', 'Password'],
    ['domain', 'DomainName'],
    ['projectId', 'ProjectID'],
    ['project', 'ProjectName'],
  ],
  cloudit: [
    ['identityEndpoint', 'IdentityEndpoint'],
    ['authToken', 'AuthToken'],
    ['username', 'Username'],
    ['password', 'Password'],
    ['tenantId', 'TenantId'],
    ['clusterId', 'ClusterId'],
  ],
  docker: [['host', 'Host']],
  memory: [['mockName', 'MockName']],
};
const regionKeys: Record<string, Keys> = { azure: [...place, ['resourceGroup', 'ResourceGroup']] };
/** Upstream's keys that say nothing to our driver: taken, and left out. Docker's API version is negotiated. */
const idle: Record<string, readonly string[]> = { docker: ['apiversion'] };

const fold = (key: string) => key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

function tableOf(driver: Driver, part: 'credential' | 'region'): Keys {
  const table =
    part === 'credential' ? (credentialKeys[driver.name] ?? []) : (regionKeys[driver.name] ?? place);
  return table;
}

/** As our driver takes them. Unknown keys go through: the connector names them, and what it takes. */
export function toOurs(
  driver: Driver,
  part: 'credential' | 'region',
  list: readonly KeyValue[],
): Record<string, string> {
  const table = tableOf(driver, part);
  const specs = driver[`${part}Keys`].map(spec => spec.key);
  const values: Record<string, string> = {};
  for (const { Key, Value } of list) {
    const folded = fold(Key);
    if (idle[driver.name]?.includes(folded)) continue;
    const known =
      table.find(entry => entry.some(word => fold(word) === folded))?.[0] ??
      specs.find(key => fold(key) === folded) ??
      Key;
    if (Value === '' || Object.hasOwn(values, known)) continue;
    values[known] = Value;
  }
  // Upstream's Docker driver dials http://HOST:PORT.
  if (part === 'credential' && driver.name === 'docker' && values['host'] !== undefined)
    values['host'] = values['host'].replace(/^http:\/\//, 'tcp://');
  return values;
}

/** Our key in upstream's word. */
export const toTheirs = (driver: Driver, part: 'credential' | 'region', key: string): string =>
  tableOf(driver, part).find(entry => entry[0] === key)?.[1] ?? key;

/** Upstream's keys of a provider, first the ones that it has a word for. */
export const keysOf = (driver: Driver, part: 'credential' | 'region'): string[] => [
  ...new Set(driver[`${part}Keys`].map(spec => toTheirs(driver, part, spec.key))),
];

export function readKeyValues(fields: Fields, key = 'KeyValueInfoList'): KeyValue[] {
  return fields.parts(key).map(one => {
    const Key = one.text('Key');
    if (Key === '') throw new BaristaError('invalid_argument', 'Key is empty!', { where: key });
    return { Key, Value: one.text('Value') };
  });
}

/** All drivers, by provider. */
export async function providers(spider: Spider): Promise<Map<string, Driver>> {
  const drivers = await Promise.all(
    spider.drivers.names.map(name => spider.drivers.get(name).catch(() => undefined)),
  );
  const found = new Map<string, Driver>();
  for (const driver of drivers) if (driver && !found.has(driver.provider)) found.set(driver.provider, driver);
  return found;
}

/** The driver that serves a provider. not_found naming the nearest. */
export async function driverFor(spider: Spider, provider: string): Promise<Driver> {
  const all = await providers(spider);
  const driver = all.get(provider.toUpperCase());
  if (driver) return driver;
  throw new BaristaError(
    'not_found',
    `A driver for the provider ${JSON.stringify(provider)} does not exist.`,
    {
      next: suggest(provider, all.keys(), `There are: ${[...all.keys()].sort().join(', ')}.`),
      where: 'ProviderName',
    },
  );
}
