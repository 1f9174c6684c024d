/** Regions and zones as the cloud tells them, and what specs cost. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudRegion } from '@cloud-barista/model/cloud-region';
import { listCloudRegions } from '@cloud-barista/spider/cloud-regions';
import { cloudOf } from '@cloud-barista/spider/clouds';
import { listConnections } from '@cloud-barista/spider/connections';
import { partOf } from '@cloud-barista/spider/parts';
import { listSpecs } from '@cloud-barista/spider/specs';
import { whole } from './credentials.ts';
import { ours } from './names.ts';
import { specInfo } from './offers.ts';
import { needed } from './request.ts';
import type { Ask, SpiderRoute } from './route.ts';
import { orNull } from './views.ts';

const status = (available: boolean) => (available ? 'Available' : 'Unavailable');
const regionZone = (region: CloudRegion) => ({
  Name: region.id,
  DisplayName: region.name,
  CSPDisplayName: region.name,
  ZoneList: orNull(
    region.zones.map(zone => ({
      Name: zone.id,
      DisplayName: zone.id,
      CSPDisplayName: zone.id,
      Status: status(zone.available),
      KeyValueList: null,
    })),
  ),
  KeyValueList: null,
});

type Find = (ask: Ask) => string | Promise<string>;
const byConnection: Find = ask => ask.connection();
/** Upstream's pre-config calls name a driver and a credential; any connection of that credential can answer. */
const byCredential: Find = async ask => {
  needed(ask.word('DriverName'), 'DriverName');
  const credential = needed(ask.word('CredentialName'), 'CredentialName');
  const { items } = await listConnections(ask.spider, whole);
  const found = items.find(connection => connection.credential === ours(credential));
  if (found) return found.name;
  throw new BaristaError(
    'failed_precondition',
    `No connection uses the credential ${JSON.stringify(credential)}: its cloud can’t be asked yet.`,
    { next: 'Make a connection with it, in any region.', where: 'CredentialName' },
  );
};

const regionsOf = async (ask: Ask, find: Find): Promise<CloudRegion[]> =>
  (await listCloudRegions(ask.spider, await find(ask), whole, ask.call)).items;

async function oneOf(ask: Ask, find: Find) {
  const name = needed(ask.param('Name'), 'Name');
  const found = (await regionsOf(ask, find)).find(region => region.id === name);
  if (found) return regionZone(found);
  throw new BaristaError('not_found', `The region ${JSON.stringify(name)} does not exist in this cloud.`, {
    where: 'Name',
  });
}

async function ownRegion(ask: Ask): Promise<{ region: string; provider: string }> {
  const open = await cloudOf(ask.spider, ask.connection(), ask.call.signal);
  partOf(open, 'prices');
  const wanted = needed(ask.param('RegionName'), 'RegionName');
  if (wanted === open.region) return { region: open.region, provider: open.driver.provider };
  throw new BaristaError(
    'invalid_argument',
    `The connection is in ${open.region}: prices of ${JSON.stringify(wanted)} are asked through a connection there.`,
    { where: 'RegionName' },
  );
}

async function prices(ask: Ask) {
  const { region, provider } = await ownRegion(ask);
  const { items } = await listSpecs(ask.spider, ask.connection(), whole, ask.call);
  const simple = ask.query('simple') !== '';
  return {
    Meta: { Version: '0.5', Description: 'Multi-Cloud Price Info' },
    CloudName: provider,
    RegionName: region,
    PriceList: items.flatMap(spec =>
      spec.price === undefined
        ? []
        : [
            {
              ZoneName: 'NA',
              ProductInfo: {
                ProductId: spec.id,
                ...(simple ? { VMSpecName: spec.id } : { VMSpecInfo: specInfo(region, spec) }),
                Description: spec.name,
                CSPProductInfo: null,
              },
              PriceInfo: {
                OnDemand: {
                  PricingId: spec.id,
                  Unit: 'Hour',
                  Currency: spec.price.currency,
                  Price: String(spec.price.hourly),
                  Description: 'on demand, Linux',
                },
                CSPPriceInfo: null,
              },
            },
          ],
    ),
  };
}

const preDiffers = 'asked through a connection that uses the credential; without one it says so';
const rawDiffers = 'our driver’s reading in the place of the cloud’s own JSON';
const priceDiffers =
  'of the connection’s own region, hourly on demand for Linux, as far as the cloud tells them in 10 s (asked again there are more); FilterList is ignored, and the cloud’s own records are null';

export const placeRoutes: readonly SpiderRoute[] = [
  {
    method: 'GET',
    path: '/regionzone',
    since: 'newest',
    summary: 'List regions and zones',
    differs: 'zones of other regions than the connection’s are null where the cloud does not tell them',
    answer: async ask => ({ regionzone: (await regionsOf(ask, byConnection)).map(regionZone) }),
  },
  {
    method: 'GET',
    path: '/regionzone/:Name',
    since: 'newest',
    summary: 'Get a region and its zones',
    answer: ask => oneOf(ask, byConnection),
  },
  {
    method: 'GET',
    path: '/orgregion',
    since: 'newest',
    summary: 'List regions, raw',
    differs: rawDiffers,
    answer: async ask => ({ RegionInfo: { regions: await regionsOf(ask, byConnection) } }),
  },
  {
    method: 'GET',
    path: '/orgzone',
    since: 'newest',
    summary: 'List zones, raw',
    differs: rawDiffers,
    async answer(ask) {
      const { region } = await cloudOf(ask.spider, ask.connection(), ask.call.signal);
      const found = (await regionsOf(ask, byConnection)).find(one => one.id === region);
      return { ZoneInfo: { zones: found?.zones ?? [] } };
    },
  },
  {
    method: 'GET',
    path: '/preconfig/regionzone',
    since: 'newest',
    summary: 'List regions and zones before a connection',
    differs: preDiffers,
    answer: async ask => ({ regionzone: (await regionsOf(ask, byCredential)).map(regionZone) }),
  },
  {
    method: 'GET',
    path: '/preconfig/regionzone/:Name',
    since: 'newest',
    summary: 'Get a region before a connection',
    differs: preDiffers,
    answer: ask => oneOf(ask, byCredential),
  },
  {
    method: 'GET',
    path: '/preconfig/orgregion',
    since: 'newest',
    summary: 'List regions, raw, before a connection',
    differs: preDiffers,
    answer: async ask => ({ RegionInfo: { regions: await regionsOf(ask, byCredential) } }),
  },
  {
    method: 'GET',
    path: '/productfamily/:RegionName',
    since: 'newest',
    summary: 'What prices are told of',
    differs: 'VMs alone',
    async answer(ask) {
      await ownRegion(ask);
      return { productfamily: ['VM'] };
    },
  },
  {
    method: 'GET',
    path: '/priceinfo/vm/:RegionName',
    since: 'newest',
    summary: 'Prices of VMs',
    differs: priceDiffers,
    answer: prices,
  },
  {
    method: 'POST',
    path: '/priceinfo/vm/:RegionName',
    since: 'newest',
    role: 'reader',
    summary: 'Prices of VMs',
    differs: priceDiffers,
    answer: prices,
  },
];
