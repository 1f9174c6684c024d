/** Regions: how a cloud’s region is reached. */
import type { Region } from '@cloud-barista/model/connection';
import { deleteRegion, getRegion, listRegions, putRegion } from '@cloud-barista/spider/regions';
import { whole } from './credentials.ts';
import { ofProvider } from './drivers.ts';
import { taken, theirs } from './names.ts';
import { driverFor, readKeyValues, toOurs, toTheirs, type KeyValue } from './providers.ts';
import { needed } from './request.ts';
import { done, type Ask, type SpiderRoute } from './route.ts';
import { orNull } from './views.ts';

interface RegionInfo {
  RegionName: string;
  ProviderName: string;
  KeyValueInfoList: readonly KeyValue[] | null;
  AvailableZoneList: string[] | null;
}

async function shown(ask: Ask, region: Region): Promise<RegionInfo> {
  const driver = await ask.spider.drivers.get(region.driver);
  const order = (key: string) => (key === 'Region' ? 0 : key === 'Zone' ? 1 : 2);
  return {
    RegionName: theirs(ask.spider, region.name),
    ProviderName: driver.provider,
    KeyValueInfoList: orNull(
      Object.entries(region.values)
        .map(([key, Value]) => ({ Key: toTheirs(driver, 'region', key), Value }))
        .sort((a, b) => order(a.Key) - order(b.Key)),
    ),
    AvailableZoneList: null,
  };
}

async function register(ask: Ask): Promise<RegionInfo> {
  const { body, spider } = ask;
  const name = needed(body.text('RegionName'), 'RegionName');
  const driver = await driverFor(spider, needed(body.text('ProviderName'), 'ProviderName'));
  const list = readKeyValues(body);
  const values = toOurs(driver, 'region', list);
  await putRegion(spider, { name: await taken(spider, name), driver: driver.name, values });
  return {
    RegionName: name,
    ProviderName: driver.provider,
    KeyValueInfoList: orNull(list),
    AvailableZoneList: null,
  };
}

export const regionRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/region',
    since: '2020',
    role: 'admin',
    summary: 'Register a region',
    differs:
      'a region whose connections hold resources can’t be given other values; `endpoint`, `sshPort` and `sshVia` are taken beside upstream’s keys',
    answer: register,
  },
  {
    method: 'GET',
    path: '/region',
    since: '2020',
    summary: 'List regions',
    differs: 'AvailableZoneList is null: ask /regionzone',
    async answer(ask) {
      const { items } = await listRegions(ask.spider, whole);
      return { region: ofProvider(ask, await Promise.all(items.map(one => shown(ask, one)))) };
    },
  },
  {
    method: 'GET',
    path: '/region/:RegionName',
    since: '2020',
    summary: 'Get a region',
    differs: 'keys are Region, Zone, … as upstream’s newest has them, also where `location` was given',
    answer: async ask => shown(ask, await getRegion(ask.spider, ask.name('RegionName'))),
  },
  {
    method: 'DELETE',
    path: '/region/:RegionName',
    since: '2020',
    role: 'admin',
    summary: 'Unregister a region',
    differs: 'refused while a connection uses it',
    async answer(ask) {
      await deleteRegion(ask.spider, ask.name('RegionName'));
      return done;
    },
  },
];
