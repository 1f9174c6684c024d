/** One tenant of one Cloudit. */
import type { Call } from '@cloud-barista/driver/call';
import type { Cloud, CloudConfig, Driver, MarkedKind } from '@cloud-barista/driver/driver';
import { createListings } from '@cloud-barista/driver/listing';
import type { Road } from '@cloud-barista/driver/road';
import type { Token } from '@cloud-barista/model/ids';
import { createApi, findCluster, type Api } from './api.ts';
import { createCustomImages, findMarkedImages } from './custom-images.ts';
import { createDisks, findMarkedVolumes } from './disks.ts';
import { findGroup } from './groups.ts';
import { createHttp } from './http.ts';
import { createImages } from './images.ts';
import { createKeyPairs } from './key-pairs.ts';
import { createSecurityGroups } from './security-groups.ts';
import { readSettings } from './settings.ts';
import { createSpecs } from './specs.ts';
import { createVms, findServer } from './vms.ts';
import { createVpcs } from './vpcs.ts';

/** Who carries a token, by kind. */
const marked: Partial<
  Record<MarkedKind, (api: Api, call: Call, token: Token) => Promise<readonly ({ id: string } | undefined)[]>>
> = {
  vpc: async (api, call, token) => [await findGroup(api, call, 'vpc', token)],
  'security-group': async (api, call, token) => [await findGroup(api, call, 'security-group', token)],
  'key-pair': async (api, call, token) => [await findGroup(api, call, 'key-pair', token)],
  vm: async (...asked) => [await findServer(...asked)],
  disk: findMarkedVolumes,
  'custom-image': findMarkedImages,
};

export function openCloud(config: CloudConfig, road: Road, driver: Driver): Cloud {
  const http = createHttp();
  const api = createApi(readSettings(config), http, road);
  const listings = createListings();
  return {
    images: createImages(api, listings),
    specs: createSpecs(api, listings),
    vpcs: createVpcs(api, listings),
    securityGroups: createSecurityGroups(api, listings),
    keyPairs: createKeyPairs(api, listings),
    vms: createVms(api, listings, driver),
    disks: createDisks(api, listings),
    customImages: createCustomImages(api, listings),
    async check(call) {
      await findCluster(api, call);
    },
    async close() {
      http.close();
    },
    findMarked: async (call, kind, token) =>
      ((await marked[kind]?.(api, call, token)) ?? []).flatMap(one => (one ? [one.id] : [])),
  };
}
