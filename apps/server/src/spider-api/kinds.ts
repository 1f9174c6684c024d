/** The kinds of resources that have a name here and an id in the cloud, by upstream's words in routes. */
import type { CloudKinds } from '@cloud-barista/spider/cloud-lists';
import type { IntegratedKind } from '@cloud-barista/model/inventory';
import { getCustomImage, listCustomImages } from '@cloud-barista/spider/custom-images';
import { getDisk, listDisks } from '@cloud-barista/spider/disks';
import { getKeyPair, listKeyPairs } from '@cloud-barista/spider/key-pairs';
import { getPublicIp, listPublicIps } from '@cloud-barista/spider/public-ips';
import { getSecurityGroup, listSecurityGroups } from '@cloud-barista/spider/security-groups';
import { getVm, listVms } from '@cloud-barista/spider/vms';
import { getVpc, listVpcs } from '@cloud-barista/spider/vpcs';
import { cloudOf } from '@cloud-barista/spider/clouds';
import { whole } from './credentials.ts';
import { theirs } from './names.ts';
import { idOf, type Ask } from './route.ts';
import {
  cloudSecurityInfo,
  cloudVmInfo,
  diskInfo,
  iid,
  keyPairInfo,
  myImageInfo,
  ownerOf,
  publicIpInfo,
  securityInfo,
  vpcInfo,
} from './views.ts';
import { infoOf as vmInfoOf } from './vms.ts';

export interface KindRoutes {
  /** As in /vpc, /allvpc, /cspvpc, /regvpc, /countvpc. */
  word: string;
  /** What upstream prints for it. */
  type: string;
  kind: IntegratedKind;
  /** What of ours of that kind the connection holds, in upstream's shape. */
  all(ask: Ask): Promise<unknown[]>;
  one(ask: Ask, name: string): Promise<unknown>;
  /** What the cloud tells of one, ours or not. */
  fromCloud(ask: Ask, found: never): unknown;
}

/** Ties the cloud's shape of a kind to its view. */
function define<Kind extends IntegratedKind, Own>(row: {
  word: string;
  type: string;
  kind: Kind;
  list: (ask: Ask) => Promise<{ items: Own[] }>;
  get: (ask: Ask, name: string) => Promise<Own>;
  view: (ask: Ask, own: Own) => unknown;
  fromCloud: (ask: Ask, found: CloudKinds[Kind]) => unknown;
}): KindRoutes {
  const { word, type, kind, list, get, view } = row;
  return {
    word,
    type,
    kind,
    all: async ask => (await list(ask)).items.map(own => view(ask, own)),
    one: async (ask, name) => view(ask, await get(ask, name)),
    fromCloud: row.fromCloud,
  };
}

const none = iid('', '');
const nameOf = (ask: Ask, vm: string) => (vm === '' ? none : iid('', vm));

export const kinds: readonly KindRoutes[] = [
  define({
    word: 'vpc',
    type: 'vpc',
    kind: 'vpc',
    list: ask => listVpcs(ask.spider, ask.connection(), whole),
    get: (ask, name) => getVpc(ask.spider, ask.connection(), name),
    view: (ask, vpc) => vpcInfo(ask.spider, vpc),
    fromCloud: (ask, vpc) => vpcInfo(ask.spider, vpc),
  }),
  define({
    word: 'securitygroup',
    type: 'sg',
    kind: 'security-group',
    list: ask => listSecurityGroups(ask.spider, ask.connection(), whole),
    get: (ask, name) => getSecurityGroup(ask.spider, ask.connection(), name),
    view: (ask, group) => securityInfo(ask.spider, group),
    fromCloud: (_ask, group) => cloudSecurityInfo(group),
  }),
  define({
    word: 'keypair',
    type: 'keypair',
    kind: 'key-pair',
    list: ask => listKeyPairs(ask.spider, ask.connection(), whole),
    get: (ask, name) => getKeyPair(ask.spider, ask.connection(), name),
    view: (ask, pair) => keyPairInfo(ask.spider, pair),
    fromCloud: (ask, pair) => keyPairInfo(ask.spider, pair),
  }),
  define({
    word: 'vm',
    type: 'vm',
    kind: 'vm',
    list: ask => listVms(ask.spider, ask.connection(), whole, ask.call),
    get: (ask, name) => getVm(ask.spider, ask.connection(), name, {}, ask.call),
    view: (ask, vm) => vmInfoOf(ask.spider, vm),
    fromCloud: (_ask, vm) => cloudVmInfo(vm, ''),
  }),
  define({
    word: 'disk',
    type: 'disk',
    kind: 'disk',
    list: ask => listDisks(ask.spider, ask.connection(), whole, ask.call),
    get: (ask, name) => getDisk(ask.spider, ask.connection(), name, ask.call),
    view: (ask, disk) => diskInfo(ask.spider, disk, ownerOf(ask.spider, disk.connection, disk.vm)),
    fromCloud: (ask, disk) => diskInfo(ask.spider, disk, nameOf(ask, disk.vm)),
  }),
  define({
    word: 'myimage',
    type: 'myimage',
    kind: 'custom-image',
    list: ask => listCustomImages(ask.spider, ask.connection(), whole, ask.call),
    get: (ask, name) => getCustomImage(ask.spider, ask.connection(), name, ask.call),
    view: (ask, image) =>
      myImageInfo(
        ask.spider,
        image,
        iid(theirs(ask.spider, image.vm), idOf(ask.spider, image.connection, 'vm', image.vm)),
      ),
    fromCloud: (ask, image) => myImageInfo(ask.spider, image, none),
  }),
  define({
    word: 'publicip',
    type: 'publicip',
    kind: 'public-ip',
    list: ask => listPublicIps(ask.spider, ask.connection(), whole, ask.call),
    get: (ask, name) => getPublicIp(ask.spider, ask.connection(), name, ask.call),
    view: (ask, ip) => publicIpInfo(ask.spider, ip, ownerOf(ask.spider, ip.connection, ip.vm)),
    fromCloud: (ask, ip) => publicIpInfo(ask.spider, ip, nameOf(ask, ip.vm)),
  }),
];

export const regionOf = async (ask: Ask): Promise<string> =>
  (await cloudOf(ask.spider, ask.connection(), ask.call.signal)).region;
