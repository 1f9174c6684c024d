/**
 * Microsoft Azure: ARM over HTTP, written from its REST reference, and without the vendor's SDK, which refuses http addresses and costs
 * 180 to 310 ms for each package imported.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import { contractVersion, type Cloud, type CloudConfig, type Driver } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import { createArm } from './arm.ts';
import { check } from './check.ts';
import { classify } from './errors.ts';
import { createCustomImages } from './custom-images.ts';
import { createDisks, diskTypes } from './disks.ts';
import { createHttp } from './http.ts';
import { createImages } from './images.ts';
import { createKeyPairs } from './key-pairs.ts';
import { createPrices } from './prices.ts';
import { createPublicIps } from './public-ips.ts';
import { createReferences } from './references.ts';
import { createRegions } from './regions.ts';
import { createResourceGroup } from './resource-group.ts';
import { createSecurityGroups } from './security-groups.ts';
import { credentialKeys, locationOf, readSettings, regionKeys } from './settings.ts';
import { createSpecs } from './specs.ts';
import { createTags, tagRule } from './tags.ts';
import { createTokens } from './token.ts';
import { createVms } from './vms.ts';
import { createVpcs } from './vpcs.ts';

const label = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$';

export const driver: Driver = {
  name: 'azure',
  provider: 'AZURE',
  contract: contractVersion,
  credentialKeys,
  regionKeys,
  // "Naming rules and restrictions for Azure resources": unique in their resource group, subnets in their network.
  names: {
    vpc: { maxLength: 64, pattern: '^[a-z0-9][a-z0-9-]*[a-z0-9]$', unique: true },
    subnet: { maxLength: 80, pattern: label, unique: false },
    'security-group': { maxLength: 80, pattern: label, unique: true },
    'key-pair': { maxLength: 80, pattern: label, unique: true },
    vm: { maxLength: 64, pattern: label, unique: true },
    disk: { maxLength: 80, pattern: label, unique: true },
    // 80, of which its snapshot's name needs some.
    'custom-image': { maxLength: 70, pattern: label, unique: true },
    'public-ip': { maxLength: 80, pattern: label, unique: true },
  },
  diskTypes,
  tagRule,
  ids: {
    image: '[A-Za-z0-9._-]+:[A-Za-z0-9._-]+:[A-Za-z0-9._-]+:[A-Za-z0-9._-]+',
    spec: '(?:Standard|Basic)_[A-Za-z0-9_-]+',
  },
  capabilities: {
    'vm.suspend': true,
    'vm.reboot': true,
    'vm.userData': true,
    'vm.rootDisk': true,
    'vpc.cidr': true,
    'vpc.addSubnet': true,
    'securityGroup.outbound': true,
    'securityGroup.enforced': true,
    'region.list': true,
    'spec.price': true,
    'tag.vpc': true,
    'tag.securityGroup': true,
    'tag.keyPair': true,
    'tag.vm': true,
    'tag.disk': true,
    disk: true,
    'disk.resize': true,
    customImage: true,
    publicIp: true,
    'securityGroup.changeRules': true,
  },
  regionOf: ({ region }) => ({ region: locationOf(region['region'] ?? ''), zone: region['zone'] ?? '' }),
  classify,
  // A promise, so that a bad config is a rejection.
  open: async (config, road) => openCloud(config, road),
};

function openCloud(config: CloudConfig, road: Road): Cloud {
  const settings = readSettings(config);
  const closing = new AbortController();
  const http = createHttp();
  const tokens = createTokens(settings, http, road, closing.signal);
  const arm = createArm(settings, http, tokens, road);
  const group = createResourceGroup(arm);
  const references = createReferences(arm);
  const customImages = createCustomImages(arm, group);
  const images = createImages(arm, (call, id) => customImages.find(call, id));
  const vpcs = createVpcs(arm, group, id => references.forgetVpc(id));
  const securityGroups = createSecurityGroups(arm, group, id => references.forgetGroup(id));
  const keyPairs = createKeyPairs(arm, group, id => references.forgetKey(id));
  const vms = createVms(arm, images, securityGroups, references);
  const disks = createDisks(arm, group);
  const publicIps = createPublicIps(arm, group);
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
    specs: createSpecs(arm),
    vpcs,
    securityGroups,
    keyPairs,
    vms,
    regions: createRegions(arm),
    prices: createPrices(settings, http, road),
    tags: createTags(arm),
    disks,
    customImages,
    publicIps,
    check: call => check(arm, call),
    findMarked: (call, kind, token) => marked[kind].findMarked(call, token),
    async close() {
      closing.abort(new BaristaError('cancelled', 'The cloud was closed.'));
      http.close();
    },
  };
}
