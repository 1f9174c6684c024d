/**
 * Cloudit (Innogrid's IaaS): its REST API v5.0. What it has no noun for is kept in the cloud itself: a VPC and a key pair are each a
 * security group that is one by its description; a VPC's subnets name it in theirs; a server's description says what made it. So
 * the tenant sees such groups in its portal, and no file of ours stands anywhere. Root is let in by a password when a server is
 * new; it is used once, to put the key in place (door.ts).
 */
import { contractVersion, type Driver } from '@cloud-barista/driver/driver';
import type { NameRule } from '@cloud-barista/model/names';
import { classify } from './errors.ts';
import { markedNameMax } from './marks.ts';
import { credentialKeys, regionKeys } from './settings.ts';

const named: NameRule = { maxLength: 45, pattern: '^[A-Za-z0-9][A-Za-z0-9-]*$', unique: false };
const marked: NameRule = { ...named, maxLength: markedNameMax };

const noTags = 'Cloudit’s records have no tags.';

export const driver: Driver = {
  name: 'cloudit',
  provider: 'CLOUDIT',
  contract: contractVersion,
  credentialKeys,
  regionKeys,
  names: {
    vpc: named,
    subnet: named,
    'security-group': named,
    'key-pair': named,
    // The host name too.
    vm: { ...named, pattern: '^[a-z][a-z0-9-]*$' },
    disk: marked,
    'custom-image': marked,
  },
  capabilities: {
    'vm.suspend': true,
    'vm.reboot': true,
    'vm.userData':
      'Cloudit’s API takes no user data, and no key: a new server lets root in by a password. The driver derives one for each, puts the key in place by it over SSH once – the host’s key can’t be known beforehand – and does no more in the VM.',
    'vm.rootDisk': 'Cloudit’s API takes no size of the root disk: it has the image’s.',
    'vpc.cidr':
      'A tenant of Cloudit has one network, 10.0.0.0/16, whose subnets are blocks of /22 that the cloud offers; a VPC is a name that they are kept under, and does not part them.',
    'vpc.addSubnet': true,
    'securityGroup.outbound': true,
    'securityGroup.changeRules': true,
    'securityGroup.enforced':
      'Cloudit filters TCP and UDP; its rules know no ICMP: one that is asked for is kept, and changes nothing.',
    'region.list': 'Cloudit has no regions.',
    'spec.price': 'Cloudit’s API tells no prices.',
    'tag.vpc': noTags,
    'tag.securityGroup': noTags,
    'tag.keyPair': noTags,
    'tag.vm': noTags,
    'tag.disk': noTags,
    disk: true,
    'disk.resize': true,
    customImage: true,
    publicIp:
      'Cloudit gives a public address to a server and takes it back with it: none is held without one.',
  },
  regionOf: ({ region }) => ({ region: region['region'] ?? 'default', zone: '' }),
  classify,
  async open(config, road) {
    const { openCloud } = await import('./cloud.ts');
    return openCloud(config, road, driver);
  },
};
