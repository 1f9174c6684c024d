/** One account in one region: ECS and VPC behind one key. */
import type { Call } from '@cloud-barista/driver/call';
import type { Cloud, CloudConfig, MarkedKind } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import { type Api, createApi, type Service } from './api.ts';
import { check } from './check.ts';
import { createCustomImages, markedCustomImages } from './custom-images.ts';
import { markedDisks } from './disk-read.ts';
import { createDisks } from './disks.ts';
import { markedEips } from './eips.ts';
import { createHttp } from './http.ts';
import { createImages } from './images.ts';
import { markedVms } from './instances.ts';
import { createKeyPairs, markedKeyPairs } from './key-pairs.ts';
import { createListings } from '@cloud-barista/driver/listing';
import { createPrices } from './prices.ts';
import { createPublicIps } from './public-ips.ts';
import { createRegions } from './regions.ts';
import { createSecurityGroups, markedGroups } from './security-groups.ts';
import { createSpecs } from './specs.ts';
import { createTags } from './tags.ts';
import { createVms } from './vms.ts';
import { markedVpcs } from './vpc-read.ts';
import { createVpcs } from './vpcs.ts';
import { createZones } from './zones.ts';

export function openCloud({ credential, region: place }: CloudConfig, road: Road): Cloud {
  const { region = '', zone = '', endpoint } = place;
  const { accessKeyId = '', accessKeySecret = '', securityToken } = credential;
  const key = { accessKeyId, accessKeySecret, securityToken };
  const openAt = (urls: Record<Service, URL>) => createApi(createHttp(key), road, { region, zone }, urls);
  const api = openAt(urlsOf(region, endpoint));
  const home = { ecs: new URL('https://ecs.aliyuncs.com/'), vpc: new URL('https://vpc.aliyuncs.com/') };
  const listings = createListings();
  const zones = createZones(api);
  return {
    images: createImages(api, listings),
    specs: createSpecs(api, listings),
    vpcs: createVpcs(api, listings, zones),
    securityGroups: createSecurityGroups(api, listings),
    keyPairs: createKeyPairs(api, listings),
    vms: createVms(api, listings),
    regions: createRegions(api),
    prices: createPrices(api),
    tags: createTags(api),
    disks: createDisks(api, listings, zones),
    customImages: createCustomImages(api, listings),
    publicIps: createPublicIps(api, listings),
    check: call => check(api, call, endpoint === undefined ? () => openAt(home) : undefined),
    async close() {
      api.close();
    },
    findMarked: async (call, kind, token) => marked[kind](api, call, token),
  };
}

/** Who carries a token, by kind. */
const marked: Record<MarkedKind, (api: Api, call: Call, token: Token) => Promise<string[]>> = {
  vpc: async (...asked) => (await markedVpcs(...asked)).map(vpc => vpc.VpcId ?? ''),
  'security-group': async (...asked) => (await markedGroups(...asked)).map(one => one.SecurityGroupId ?? ''),
  'key-pair': async (...asked) => (await markedKeyPairs(...asked)).map(pair => pair.id),
  vm: async (...asked) => (await markedVms(...asked)).map(instance => instance.InstanceId ?? ''),
  disk: async (...asked) => (await markedDisks(...asked)).map(disk => disk.DiskId ?? ''),
  'custom-image': markedCustomImages,
  'public-ip': async (...asked) => (await markedEips(...asked)).map(eip => eip.AllocationId ?? ''),
};

/** Both services of a region; below `endpoint`, where one is set, at `/ecs` and `/vpc`. */
function urlsOf(region: string, endpoint: string | undefined): Record<Service, URL> {
  if (endpoint !== undefined) {
    const base = url(endpoint, 'region.endpoint')
      .href.replace(/[?#].*$/, '')
      .replace(/\/+$/, '');
    return { ecs: new URL(`${base}/ecs`), vpc: new URL(`${base}/vpc`) };
  }
  // A region is part of a host's name: nothing else may come in by it.
  if (!/^[a-z0-9-]+$/i.test(region))
    throw new BaristaError('invalid_argument', `${JSON.stringify(region.slice(0, 80))} is not a region.`, {
      next: 'Use a region such as ap-northeast-2 or cn-hangzhou.',
      where: 'region.region',
    });
  return {
    ecs: new URL(`https://ecs.${region}.aliyuncs.com/`),
    vpc: new URL(`https://vpc.${region}.aliyuncs.com/`),
  };
}

function url(text: string, where: string): URL {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text);
  throw new BaristaError(
    'invalid_argument',
    `The endpoint ${JSON.stringify(text.slice(0, 200))} is not an http or https URL.`,
    { next: 'Write it as https://HOST or http://HOST:PORT.', where },
  );
}
