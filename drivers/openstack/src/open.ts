/** OpenStack: Keystone, Nova, Neutron, Glance and Cinder over HTTP, written from their API references. Works from Queens (2018) on. */
import { BaristaError } from '@cloud-barista/model/errors';
import { contractVersion, type Cloud, type CloudConfig, type Driver } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import { createApi } from './api.ts';
import { createCustomImages } from './custom-images.ts';
import { createDisks } from './disks.ts';
import { classify } from './errors.ts';
import { createFloatingIps } from './floating-ips.ts';
import { createHttp } from './http.ts';
import { createImages } from './images.ts';
import { createKeyPairs } from './key-pairs.ts';
import { createKeystone } from './keystone.ts';
import { createNetworks } from './networks.ts';
import { createPublicIps } from './public-ips.ts';
import { createRegions } from './regions.ts';
import { createSecurityGroups } from './security-groups.ts';
import { credentialKeys, readSettings, regionKeys } from './settings.ts';
import { createSpecs } from './specs.ts';
import { createTags, noKeyPairTags, tagRule } from './tags.ts';
import { createVms } from './vms.ts';
import { createVpcs } from './vpcs.ts';

const label = '^[a-z0-9][a-z0-9-]*$';

export const driver: Driver = {
  name: 'openstack',
  provider: 'OPENSTACK',
  contract: contractVersion,
  credentialKeys,
  regionKeys,
  // Neutron's and Nova's columns hold 255; a server's name is its host name too.
  names: {
    vpc: { maxLength: 255, pattern: label, unique: false },
    subnet: { maxLength: 255, pattern: label, unique: false },
    'security-group': { maxLength: 255, pattern: '^(?!default$)[a-z0-9][a-z0-9-]*$', unique: false },
    'key-pair': { maxLength: 255, pattern: label, unique: true },
    vm: { maxLength: 63, pattern: label, unique: false },
    disk: { maxLength: 255, pattern: label, unique: false },
    'custom-image': { maxLength: 255, pattern: label, unique: false },
    // In a description of 255, beside the mark.
    'public-ip': { maxLength: 200, pattern: label, unique: false },
  },
  tagRule,
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
    'spec.price': 'OpenStack names no prices: what a flavor costs is its operator’s to say.',
    'tag.vpc': true,
    'tag.securityGroup': true,
    'tag.keyPair': noKeyPairTags,
    'tag.vm': true,
    'tag.disk': true,
    disk: true,
    'disk.resize': true,
    customImage: true,
    publicIp: true,
    'securityGroup.changeRules': true,
  },
  regionOf: ({ region }) => ({ region: region['region'] ?? '', zone: region['zone'] ?? '' }),
  classify,
  // A promise, so that a bad config is a rejection.
  open: async (config, road) => openCloud(config, road),
};

function openCloud(config: CloudConfig, road: Road): Cloud {
  const settings = readSettings(config);
  const closing = new AbortController();
  const http = createHttp();
  const keystone = createKeystone(settings, http, road, closing.signal);
  const api = createApi(settings, http, keystone, road);
  const networks = createNetworks(api);
  const specs = createSpecs(api);
  const vpcs = createVpcs(api, networks);
  const securityGroups = createSecurityGroups(api);
  const keyPairs = createKeyPairs(api);
  const vms = createVms(api, networks, specs);
  const disks = createDisks(api);
  const customImages = createCustomImages(api);
  const publicIps = createPublicIps(api, networks, createFloatingIps(api, networks));
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
    images: createImages(api),
    specs,
    vpcs,
    securityGroups,
    keyPairs,
    vms,
    regions: createRegions(api),
    tags: createTags(api),
    disks,
    customImages,
    publicIps,
    async check({ signal }) {
      const session = await keystone.renew(signal);
      for (const service of ['compute', 'network', 'image'] as const) session.endpoint(service);
    },
    findMarked: (call, kind, token) => marked[kind].findMarked(call, token),
    async close() {
      closing.abort(new BaristaError('cancelled', 'The cloud was closed.'));
      http.close();
    },
  };
}
