/**
 * Drivers. Ours are built in, or loaded by our own API; what upstream's clients register is a name for the driver of a provider, whose
 * library file is recorded and not loaded.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Driver } from '@cloud-barista/driver/driver';
import { deleteDriver } from '@cloud-barista/spider/drivers';
import { connections } from '@cloud-barista/spider/keys';
import { ours, taken } from './names.ts';
import { driverFor, keysOf, providers } from './providers.ts';
import { needed } from './request.ts';
import { done, type Ask, type SpiderRoute } from './route.ts';
import type { Spider } from '@cloud-barista/spider/context';

export interface DriverInfo {
  DriverName: string;
  ProviderName: string;
  DriverLibFileName: string;
}
const folder = '/spider/upstream/drivers/';

/** A driver of ours as upstream would have registered it. */
const builtIn = (driver: Driver): DriverInfo => ({
  DriverName: driver.name,
  ProviderName: driver.provider,
  DriverLibFileName: `${driver.name}-driver`,
});

export const registered = (spider: Spider, name: string): DriverInfo | undefined =>
  spider.mirror.get<DriverInfo>(folder + ours(name))?.value;

async function infoOf(ask: Ask, name: string): Promise<DriverInfo> {
  const found = registered(ask.spider, name);
  if (found) return found;
  const driver = await ask.spider.drivers.get(name).catch(() => undefined);
  if (driver) return builtIn(driver);
  throw new BaristaError('not_found', `${name}: does not exist!`, { where: 'DriverName' });
}

async function all(ask: Ask): Promise<DriverInfo[]> {
  const given = ask.spider.mirror.values<DriverInfo>(folder).map(held => held.value);
  const names = new Set(given.map(info => info.DriverName));
  const own = [...(await providers(ask.spider)).values()]
    .map(builtIn)
    .filter(info => !names.has(info.DriverName));
  const list = [...given, ...own].sort((a, b) => (a.DriverName < b.DriverName ? -1 : 1));
  return ofProvider(ask, list);
}

/** `?provider=` of the newest. */
export function ofProvider<T extends { ProviderName: string }>(ask: Ask, list: readonly T[]): T[] {
  const wanted = (ask.query('provider') || ask.query('ProviderName')).toUpperCase();
  return list.filter(one => wanted === '' || one.ProviderName.toUpperCase() === wanted);
}

async function metaInfo(ask: Ask) {
  const driver = await driverFor(ask.spider, ask.param('CloudOSName'));
  const types = driver.diskTypes ?? [];
  const { names } = driver;
  return {
    Region: keysOf(driver, 'region'),
    Credential: keysOf(driver, 'credential'),
    CredentialCSP: driver.credentialKeys.map(spec => spec.key),
    RootDiskType: [''],
    RootDiskSize: [''],
    DiskType: types.map(one => one.type),
    DiskSize: types.map(one => `${one.type}|${one.minGb}|${one.maxGb}|GB`),
    IdMaxLength: [
      names.vpc,
      names.subnet,
      names['security-group'],
      names['key-pair'],
      names.vm,
      names.disk,
      undefined,
      names['custom-image'],
    ].map(rule => String(rule?.maxLength ?? 0)),
    DefaultRegionToQuery: [''],
  };
}

async function capability(ask: Ask) {
  const { driver: name } = await ask.spider.mirror
    .find<{ driver: string }>(connections + ask.connection())
    .then(held => {
      if (held) return held.value;
      throw new BaristaError('not_found', `There is no connection ${JSON.stringify(ask.connection())}.`);
    });
  const { capabilities } = await ask.spider.drivers.get(name);
  const has = (word: keyof typeof capabilities) => capabilities[word] === true;
  return {
    FIXED_SUBNET_CIDR: !has('vpc.cidr'),
    VPC_CIDR: has('vpc.cidr'),
    ImageHandler: true,
    VPCHandler: true,
    SecurityHandler: true,
    KeyPairHandler: true,
    VNicHandler: false,
    PublicIPHandler: has('publicIp'),
    VMHandler: true,
    VMSpecHandler: true,
    DiskHandler: has('disk'),
    MyImageHandler: has('customImage'),
    NLBHandler: false,
    ClusterHandler: false,
    RegionZoneHandler: has('region.list'),
    PriceInfoHandler: has('spec.price'),
    TagHandler: has('tag.vm'),
    TagSupportResourceType: (
      [
        ['tag.vpc', 'VPC'],
        ['tag.securityGroup', 'SG'],
        ['tag.keyPair', 'KEY'],
        ['tag.vm', 'VM'],
        ['tag.disk', 'DISK'],
      ] as const
    )
      .filter(([word]) => has(word))
      .map(([, kind]) => kind),
  };
}

async function register(ask: Ask): Promise<DriverInfo> {
  const { body, spider } = ask;
  const info: DriverInfo = {
    DriverName: needed(body.text('DriverName'), 'DriverName'),
    ProviderName: needed(body.text('ProviderName'), 'ProviderName').toUpperCase(),
    DriverLibFileName: needed(body.text('DriverLibFileName'), 'DriverLibFileName'),
  };
  await driverFor(spider, info.ProviderName);
  await spider.mirror.commit({
    put: [{ key: folder + (await taken(spider, info.DriverName)), value: info }],
  });
  return info;
}

async function unregister(ask: Ask) {
  const { spider } = ask;
  const name = needed(ask.param('DriverName'), 'DriverName');
  const key = folder + ours(name);
  if (await spider.mirror.find(key)) await spider.mirror.commit({ delete: [key] });
  // One that was loaded by our own API.
  else if (spider.drivers.names.includes(name)) await deleteDriver(spider, name);
  else await infoOf(ask, name);
  return done;
}

async function cloudOs(ask: Ask) {
  return { cloudos: [...(await providers(ask.spider)).keys()].sort() };
}

export const driverRoutes: readonly SpiderRoute[] = [
  {
    method: 'GET',
    path: '/cloudos',
    since: '2020',
    summary: 'Providers',
    differs: 'lists the providers that this server has a driver for, not a file’s content',
    answer: cloudOs,
  },
  {
    method: 'GET',
    path: '/cloudos/metainfo/:CloudOSName',
    since: 'newest',
    summary: 'A provider’s keys, disks and limits',
    differs:
      'made from the driver: root disks’ types and a default region are empty, for no driver knows them before it is connected',
    answer: metaInfo,
  },
  {
    method: 'GET',
    path: '/driver/capability',
    since: 'newest',
    summary: 'What the driver of a connection can',
    answer: capability,
  },
  {
    method: 'POST',
    path: '/driver',
    since: '2020',
    role: 'admin',
    summary: 'Register a driver',
    differs:
      'the library file is recorded, not loaded: each provider’s driver is built in, or loaded by `POST /v1/drivers`; a provider without one is refused',
    answer: register,
  },
  {
    method: 'GET',
    path: '/driver',
    since: '2020',
    summary: 'List drivers',
    differs: 'the server’s own drivers are in it, so that every connection’s driver is found',
    answer: async ask => ({ driver: await all(ask) }),
  },
  {
    method: 'GET',
    path: '/driver/:DriverName',
    since: '2020',
    summary: 'Get a driver',
    answer: ask => infoOf(ask, ask.param('DriverName')),
  },
  {
    method: 'DELETE',
    path: '/driver/:DriverName',
    since: '2020',
    role: 'admin',
    summary: 'Unregister a driver',
    differs: 'what is built in stays (412)',
    answer: unregister,
  },
];
