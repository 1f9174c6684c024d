/** The AWS driver's entry. Light: the SDK (200 ms, 90 MB) is loaded when a cloud is opened. */
import { contractVersion, type CloudConfig, type Driver } from '@cloud-barista/driver/driver';
import type { NameRule } from '@cloud-barista/model/names';
import { diskTypes } from './disk-types.ts';
import { classify } from './errors.ts';
import { tagRule } from './marks.ts';

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
    disk: tagged,
    'custom-image': {
      maxLength: 128,
      // "CreateImage", Name.
      pattern: "^[A-Za-z0-9()\\[\\] ./\\-'@_]{3,128}$",
      unique: true,
    },
    'public-ip': tagged,
  },
  diskTypes,
  tagRule,
  ids: {
    image: 'ami-[0-9a-f]{8}(?:[0-9a-f]{9})?',
    spec: '[a-z][a-z0-9-]*[0-9][a-z0-9-]*\\.(?:nano|micro|small|medium|large|metal|[0-9]*xlarge)(?:-[a-z0-9]+)?',
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
  regionOf: ({ region }: CloudConfig) => ({ region: region.region ?? '', zone: region.zone ?? '' }),
  classify,
  async open(config, road) {
    const { openCloud } = await import('./cloud.ts');
    return openCloud(await import('@aws-sdk/client-ec2'), config, road);
  },
};
