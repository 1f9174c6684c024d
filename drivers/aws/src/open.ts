/** The AWS driver's entry. Light: the SDK (200 ms, 90 MB) is loaded when a cloud is opened. */
import { contractVersion, type CloudConfig, type Driver } from '@cloud-barista/driver/driver';
import type { NameRule } from '@cloud-barista/model/names';
import { classify } from './errors.ts';

/** Names are the tag `Name` and are not unique. Characters: "Tag your Amazon EC2 resources". */
const tagged: NameRule = { maxLength: 255, pattern: '^[A-Za-z0-9 +\\-=._:/@]{1,255}$', unique: false };
/** Unique in a region (key pairs) or a VPC (groups). Without leading spaces. */
const unique: NameRule = {
  maxLength: 255,
  pattern: '^[A-Za-z0-9._\\-][A-Za-z0-9 ._\\-]{0,254}$',
  unique: true,
};

export const driver: Driver = {
  name: 'aws',
  provider: 'AWS',
  contract: contractVersion,
  credentialKeys: [
    { key: 'accessKeyId', required: true, description: 'Access key ID of an IAM user or role' },
    { key: 'secretAccessKey', required: true, description: 'Secret access key that belongs to it' },
    { key: 'sessionToken', required: false, description: 'Session token, for temporary credentials' },
  ],
  regionKeys: [
    { key: 'region', required: true, description: 'Region, e.g. ap-northeast-2' },
    { key: 'zone', required: false, description: 'Availability Zone for subnets, e.g. ap-northeast-2a' },
  ],
  names: {
    vpc: tagged,
    subnet: tagged,
    'security-group': { ...unique, maxLength: 240 },
    'key-pair': unique,
    vm: tagged,
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
  regionOf: ({ region }: CloudConfig) => ({ region: region.region ?? '', zone: region.zone ?? '' }),
  classify,
  async open(config, road) {
    const { openCloud } = await import('./cloud.ts');
    return openCloud(await import('@aws-sdk/client-ec2'), config, road);
  },
};
