/**
 * The in-process cloud: provider MOCK. It has a cloud's semantics – blocks that may not overlap, things in use that can't be deleted,
 * states that pass, tokens, pages – and no network, so it is the suite's reference and what the frameworks above are tried on.
 */
import { contractVersion, type Cloud, type CloudConfig, type Driver } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import { BaristaError } from '@cloud-barista/model/errors';
import type { NameRule } from '@cloud-barista/model/names';
import { createSend, type Context } from './calls.ts';
import { classify } from './errors.ts';
import { createCustomImages } from './custom-images.ts';
import { createDisks, diskTypes } from './disks.ts';
import { createImages } from './images.ts';
import { createKeyPairs } from './key-pairs.ts';
import { createPrices, createRegions } from './offers.ts';
import { createPublicIps } from './public-ips.ts';
import { createSecurityGroups } from './security-groups.ts';
import { createSpecs } from './specs.ts';
import { settleAll } from './settle.ts';
import { forgetState, stateOf, type Fault } from './state.ts';
import { createTags, tagRule } from './tags.ts';
import { createVms } from './vms.ts';
import { createVpcs } from './vpcs.ts';

const name = (unique: boolean): NameRule => ({
  maxLength: 63,
  pattern: '^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$',
  unique,
});

const regionOf = ({ region }: CloudConfig) => ({ region: region['region'] ?? 'default', zone: '' });

/** A region key's number; throws invalid_argument. */
function numberOf(config: CloudConfig, key: string, most: number): number {
  const text = config.region[key] ?? '0';
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= most) return value;
  throw new BaristaError(
    'invalid_argument',
    `${key} ${JSON.stringify(text)} is not a number from 0 to ${most}.`,
    {
      where: `region ${key}`,
      next: 'Correct the region.',
    },
  );
}

function connect(config: CloudConfig, road: Road, now: () => number): Cloud {
  const { region } = regionOf(config);
  const mockName = config.credential['mockName'] ?? '';
  const state = stateOf(mockName, region);
  const context: Context = {
    state,
    region,
    createMs: numberOf(config, 'createMs', 86_400_000),
    failCreate: numberOf(config, 'failCreate', 1),
    chance: state.chance(config.region['seed'] ?? ''),
    now,
    send: (...call) => send(...call),
  };
  const send = createSend(context, road);
  return {
    images: createImages(context),
    specs: createSpecs(context),
    vpcs: createVpcs(context),
    securityGroups: createSecurityGroups(context),
    keyPairs: createKeyPairs(context),
    vms: createVms(context),
    regions: createRegions(context),
    prices: createPrices(context),
    tags: createTags(context),
    disks: createDisks(context),
    customImages: createCustomImages(context),
    publicIps: createPublicIps(context),
    check: call => send('DescribeAccount', 'auth', call, '', () => {}),
    close: async () => {},
    findMarked: (call, kind, token) =>
      send('FindMarked', kind, call, '', () => {
        const marked = state.marked[kind].get(token);
        return marked ? [marked.id] : [];
      }),
  };
}

const driverAt = (now: () => number): Driver => ({
  name: 'memory',
  provider: 'MOCK',
  contract: contractVersion,
  credentialKeys: [
    {
      key: 'mockName',
      required: true,
      description: 'Name of the mock cloud; connections with one name see one cloud',
    },
  ],
  regionKeys: [
    { key: 'region', required: false, description: 'Any word; default: default' },
    {
      key: 'createMs',
      required: false,
      description: 'Milliseconds that a VM takes to start, stop or end; default 0',
    },
    { key: 'failCreate', required: false, description: 'How many VMs fail to be made, 0 to 1; default 0' },
    { key: 'seed', required: false, description: 'The same seed makes the same VMs fail' },
  ],
  names: {
    vpc: name(true),
    subnet: name(true),
    'security-group': name(true),
    'key-pair': name(true),
    vm: name(false),
    disk: name(false),
    'custom-image': name(false),
    'public-ip': name(false),
  },
  diskTypes,
  tagRule,
  ids: { image: 'mock-vmimage-.+', spec: 'mock-vmspec-.+' },
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
  regionOf,
  classify,
  open: async (config, road) => connect(config, road, now),
});

export const driver: Driver = driverAt(Date.now);

/** For tests: a driver on a clock of the test's own, and what only the cloud itself knows. */
export interface MemoryCloud {
  driver: Driver;
  config: CloudConfig;
  /** Ground truth. */
  count(): Record<string, number>;
  fault(rule: Fault | undefined): void;
}

/** `now` is the clock; `fresh` forgets what the cloud of that name and region held before. */
export function openMemoryCloud(
  mockName: string,
  options: { region?: Readonly<Record<string, string>>; now?: () => number; fresh?: boolean } = {},
): MemoryCloud {
  const now = options.now ?? Date.now;
  const config: CloudConfig = { credential: { mockName }, region: options.region ?? {} };
  const { region } = regionOf(config);
  if (options.fresh === true) forgetState(mockName, region);
  const state = stateOf(mockName, region);
  return {
    driver: driverAt(now),
    config,
    count() {
      settleAll(state, now());
      const vpcs = [...state.vpcs.values()];
      return {
        vpcs: vpcs.length,
        subnets: vpcs.reduce((sum, vpc) => sum + vpc.subnets.size, 0),
        gateways: vpcs.filter(vpc => vpc.gateway).length,
        securityGroups: state.groups.size,
        keyPairs: state.keys.size,
        vms: [...state.vms.values()].filter(vm => vm.state !== 'Terminated').length,
        // Named where there are any: most tests know nothing of them.
        ...(state.disks.size > 0 && { disks: state.disks.size }),
        ...(state.customImages.size > 0 && { customImages: state.customImages.size }),
        ...(state.publicIps.size > 0 && { publicIps: state.publicIps.size }),
      };
    },
    fault(rule) {
      state.fault = rule;
    },
  };
}
