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
import { createHttp } from './http.ts';
import { createImages } from './images.ts';
import { createKeyPairs } from './key-pairs.ts';
import { createReferences } from './references.ts';
import { createResourceGroup } from './resource-group.ts';
import { createSecurityGroups } from './security-groups.ts';
import { credentialKeys, locationOf, readSettings, regionKeys } from './settings.ts';
import { createSpecs } from './specs.ts';
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
    'region.list': 'The driver does not speak of it yet.',
    'spec.price': 'The driver does not speak of it yet.',
    'tag.vpc': 'The driver does not speak of it yet.',
    'tag.securityGroup': 'The driver does not speak of it yet.',
    'tag.keyPair': 'The driver does not speak of it yet.',
    'tag.vm': 'The driver does not speak of it yet.',
    'tag.disk': 'The driver does not speak of it yet.',
    disk: 'The driver does not speak of it yet.',
    'disk.resize': 'The driver does not speak of it yet.',
    customImage: 'The driver does not speak of it yet.',
    publicIp: 'The driver does not speak of it yet.',
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
  const images = createImages(arm);
  const vpcs = createVpcs(arm, group, id => references.forgetVpc(id));
  const securityGroups = createSecurityGroups(arm, group, id => references.forgetGroup(id));
  const keyPairs = createKeyPairs(arm, group, id => references.forgetKey(id));
  const vms = createVms(arm, images, securityGroups, references);
  const marked = { vpc: vpcs, 'security-group': securityGroups, 'key-pair': keyPairs, vm: vms };

  return {
    images,
    specs: createSpecs(arm),
    vpcs,
    securityGroups,
    keyPairs,
    vms,
    check: call => check(arm, call),
    findMarked: async (call, kind, token) =>
      kind in marked ? marked[kind as keyof typeof marked].findMarked(call, token) : [],
    async close() {
      closing.abort(new BaristaError('cancelled', 'The cloud was closed.'));
      http.close();
    },
  };
}
