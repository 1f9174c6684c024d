/**
 * The Alibaba Cloud driver's entry. ECS (2014-05-26) and VPC (2016-04-28) over their RPC APIs with a signer of our own: the vendor's
 * SDKs cost 600 ms and 78 MB for each service. The rest is loaded when a cloud is opened.
 */
import { contractVersion, type CloudConfig, type Driver } from '@cloud-barista/driver/driver';
import type { NameRule } from '@cloud-barista/model/names';
import type { TagRule } from '@cloud-barista/model/tag';
import { diskTypes } from './disk-types.ts';
import { classify } from './errors.ts';

/** "2 to 128 characters in length, must start with a letter, can contain digits, colons, underscores, periods and hyphens"; not http://. */
const pattern = '^[A-Za-z][A-Za-z0-9._:\\-]{1,127}$';
const named: NameRule = { maxLength: 128, pattern, unique: false };

/**
 * "TagResources": 20 tags on a resource, one of which is our mark; keys and values up to 128 characters; not `aliyun` or `acs:` at the
 * beginning of a key, nor an address (http://) anywhere. What begins with `cb-` is ours.
 */
const tagRule: TagRule = {
  key: '(?!aliyun|acs:|cb-)(?!.*https?://)[^\\s].{0,127}',
  value: '(?!acs:)(?!.*https?://).{0,128}',
  most: 19,
};

export const driver: Driver = {
  name: 'alibaba',
  provider: 'ALIBABA',
  contract: contractVersion,
  credentialKeys: [
    { key: 'accessKeyId', required: true, description: 'AccessKey ID of a RAM user' },
    { key: 'accessKeySecret', required: true, description: 'AccessKey secret that belongs to it' },
    { key: 'securityToken', required: false, description: 'STS token, for temporary credentials' },
  ],
  regionKeys: [
    { key: 'region', required: true, description: 'Region, e.g. ap-northeast-2' },
    { key: 'zone', required: false, description: 'Zone for VSwitches, e.g. ap-northeast-2a' },
  ],
  names: {
    vpc: named,
    subnet: named,
    'security-group': named,
    'key-pair': { ...named, unique: true },
    vm: named,
    disk: named,
    // "CreateImage", InvalidImageName.Duplicated.
    'custom-image': { ...named, unique: true },
    // "AllocateEipAddress", Name: no colons.
    'public-ip': { maxLength: 128, pattern: '^[A-Za-z][A-Za-z0-9._\\-]{1,127}$', unique: false },
  },
  diskTypes,
  tagRule,
  ids: { image: '(?:m-[a-z0-9]{20,}|.+\\.vhd)', spec: 'ecs\\..+' },
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
    return openCloud(config, road);
  },
};
