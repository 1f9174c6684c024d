/**
 * Google Cloud: Compute Engine v1 over REST, written from its API reference. Without Google's client library, which takes 1.3 s
 * to load and 210 MB on disk: JSON and one signed assertion are all that is needed.
 */
import { contractVersion, type Driver } from '@cloud-barista/driver/driver';
import { classify } from './errors.ts';
import { diskTypes, groupNameRule, nameRule, tagRule } from './limits.ts';
import { credentialKeys, regionKeys } from './settings.ts';

export const driver: Driver = {
  name: 'gcp',
  provider: 'GCP',
  contract: contractVersion,
  credentialKeys,
  regionKeys,
  names: {
    vpc: nameRule(),
    subnet: nameRule(),
    'security-group': groupNameRule,
    'key-pair': nameRule(),
    vm: nameRule(),
    disk: nameRule(),
    'custom-image': nameRule(),
    'public-ip': nameRule(),
  },
  diskTypes,
  tagRule,
  ids: {
    image: '(?:https://.*/)?projects/[a-z0-9.:-]+/global/images/.+',
    spec: '(?:[acefghmntxz][0-9][a-z]?|f1|g1)-[a-z0-9-]+',
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
    'tag.vpc': 'Google Cloud’s networks take no labels.',
    'tag.securityGroup': 'A security group is a set of firewall rules on Google Cloud, which take no labels.',
    'tag.keyPair':
      'Google Cloud has no key pairs of its own: ours are entries of the project’s metadata, which take no labels.',
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
  // What speaks to the cloud is loaded when the first one is opened.
  async open(config, road) {
    const { openCloud } = await import('./cloud.ts');
    return openCloud(driver, config, road);
  },
};
