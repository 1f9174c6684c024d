/** One project in one region: its nouns, made of what they share. */
import type { Cloud, CloudConfig, Driver } from '@cloud-barista/driver/driver';
import { createListings } from '@cloud-barista/driver/listing';
import type { Road } from '@cloud-barista/driver/road';
import { createShared } from '@cloud-barista/driver/shared';
import { BaristaError } from '@cloud-barista/model/errors';
import { createApi } from './api.ts';
import { check } from './check.ts';
import { createCustomImages } from './custom-images.ts';
import { createDisks } from './disks.ts';
import { createHttp } from './http.ts';
import { createImages } from './images.ts';
import { createKeyPairs, readPublicKey } from './key-pairs.ts';
import { createMetadata } from './metadata.ts';
import { createOrders } from './orders.ts';
import { createPrices } from './prices.ts';
import { createPublicIps } from './public-ips.ts';
import { createRegions } from './regions.ts';
import { createSecurityGroups, readMarker } from './security-groups.ts';
import { readSettings } from './settings.ts';
import { createSpecs } from './specs.ts';
import { createTags } from './tags.ts';
import { createTokens } from './tokens.ts';
import { createVms } from './vms.ts';
import { createVpcs } from './vpcs.ts';
import { createZones } from './zones.ts';

/** How long a key and a group that VMs are made with are taken to stand. */
const keepMs = 5000;

export function openCloud(driver: Driver, config: CloudConfig, road: Road): Cloud {
  const settings = readSettings(config);
  const closing = new AbortController();
  const http = createHttp();
  const tokens = createTokens(settings, http, road, closing.signal);
  const api = createApi(settings, http, tokens, road);
  const zones = createZones(api);
  const listings = createListings();
  const metadata = createMetadata(api);
  const publicKeys = createShared(keepMs, (id, signal) => readPublicKey(metadata, signal, id));
  const markers = createShared(keepMs, (id, signal) => readMarker(api, signal, id));
  const images = createImages(api, listings);
  const vpcs = createVpcs(api, zones, listings);
  const securityGroups = createSecurityGroups(api, zones, listings, markers);
  const keyPairs = createKeyPairs(metadata, listings, publicKeys);
  const orders = createOrders(api);
  const vms = createVms(api, { zones, images, listings, orders, publicKeys, markers });
  const disks = createDisks(api, zones, listings);
  const customImages = createCustomImages(api, listings);
  const publicIps = createPublicIps(api, listings);
  const marked = {
    vpc: vpcs,
    'security-group': securityGroups,
    'key-pair': keyPairs,
    vm: vms,
    disk: disks,
    'custom-image': customImages,
    'public-ip': publicIps,
  };

  return {
    images,
    specs: createSpecs(api, zones, listings),
    vpcs,
    securityGroups,
    keyPairs,
    vms,
    regions: createRegions(api),
    prices: createPrices(api, zones),
    tags: createTags(driver, api),
    disks,
    customImages,
    publicIps,
    check: call => check(api, call),
    findMarked: (call, kind, token) => marked[kind].findMarked(call, token),
    async close() {
      closing.abort(new BaristaError('cancelled', 'The cloud was closed.'));
      http.close();
    },
  };
}
