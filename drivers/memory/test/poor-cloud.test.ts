/**
 * The judge before a right driver of a cloud unlike ours: it lacks every capability, gives public addresses in a second step, has groups
 * without a VPC, and accounts, endpoints and regions that can be wrong. A judge that demanded what only our cloud does would fail it.
 */
import {
  capabilityWords,
  type Capabilities,
  type CloudConfig,
  type Driver,
} from '@cloud-barista/driver/driver';
import type { SecurityGroups } from '@cloud-barista/driver/security-groups';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { newSuffix, type CloudId } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { openMemoryCloud } from '../src/open.ts';

class PoorCloudError extends Error {
  readonly code: 'unauthenticated' | 'invalid_argument';
  constructor(code: 'unauthenticated' | 'invalid_argument') {
    super('The poor cloud refuses.');
    this.code = code;
  }
}

const lacks = 'The poor cloud has no such thing.';
/** Which VM has which address: the cloud's own, so that a second handle sees it. */
const attached = new Set<CloudId>();
let allocated = 0;

function poor(base: Driver): Driver {
  const { tagRule: _, diskTypes: __, ...plain } = base;
  const driver: Driver = {
    ...plain,
    name: 'poor',
    names: {
      vpc: base.names.vpc,
      subnet: base.names.subnet,
      'security-group': base.names['security-group'],
      'key-pair': base.names['key-pair'],
      vm: base.names.vm,
    },
    capabilities: Object.fromEntries(capabilityWords.map(word => [word, lacks])) as Capabilities,
    classify: error =>
      error instanceof PoorCloudError
        ? { code: error.code, cause: 'Refused', message: error.message }
        : base.classify(error),
    async open(config, road) {
      const { credential, region } = config;
      const whole = await base.open(config, {
        send: (request, signal, send) =>
          road.send(request, signal, inner => {
            if (region['endpoint'] === 'nowhere')
              throw new TypeError('fetch failed', {
                cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
              });
            if (credential['mockName'] === 'wrong') throw new PoorCloudError('unauthenticated');
            if (region['region'] === 'none') throw new PoorCloudError('invalid_argument');
            return send(inner);
          }),
      });
      const { images, specs, keyPairs, vms, vpcs, securityGroups } = whole;
      const refuse = async (capability: keyof Driver['capabilities']) =>
        requireCapability(driver, capability);
      const inboundOnly = (rules: SecurityRule[]) => {
        if (rules.some(rule => rule.direction === 'outbound'))
          requireCapability(driver, 'securityGroup.outbound');
      };
      const view = (vm: CloudVm): CloudVm => ({
        ...vm,
        publicIp: attached.has(vm.id) ? vm.publicIp : '',
        vpc: '',
        keyPair: '',
      });
      const placeless = async (group: ReturnType<SecurityGroups['get']>) => ({
        ...(await group),
        vpc: '' as const,
      });
      return {
        images,
        specs,
        keyPairs,
        check: call => whole.check(call),
        close: () => whole.close(),
        findMarked: (...asked) => whole.findMarked(...asked),
        vpcs: {
          ...vpcs,
          addSubnet: (...call) => refuse('vpc.addSubnet').then(() => vpcs.addSubnet(...call)),
        },
        securityGroups: {
          ...securityGroups,
          create: async (call, request) => {
            inboundOnly(request.rules);
            return placeless(securityGroups.create(call, request));
          },
          get: (call, id) => placeless(securityGroups.get(call, id)),
          list: async call => {
            const page = await securityGroups.list(call);
            return { ...page, items: page.items.map(group => ({ ...group, vpc: '' as const })) };
          },
          addRules: () => refuse('securityGroup.changeRules'),
          removeRules: () => refuse('securityGroup.changeRules'),
        },
        vms: {
          ...vms,
          create: async (call, request) => {
            if (request.userData !== undefined) await refuse('vm.userData');
            if (request.rootDiskGb !== undefined) await refuse('vm.rootDisk');
            return view(await vms.create(call, request));
          },
          complete: async (call, id) => {
            if (!attached.has(id)) {
              const send = (api: string) =>
                road.send({ api, resource: 'vm', idempotent: false }, call.signal, async () => {
                  if (api === 'Attach' && !attached.has(id)) allocated++;
                  if (api === 'Attach') attached.add(id);
                });
              await send('Allocate');
              await send('Attach');
            }
            return view(await vms.get(call, id));
          },
          get: async (call, id) => view(await vms.get(call, id)),
          getMany: async (call, ids) => (await vms.getMany(call, ids)).map(view),
          list: async call => {
            const page = await vms.list(call);
            return { ...page, items: page.items.map(view) };
          },
          suspend: () => refuse('vm.suspend'),
          resume: () => refuse('vm.suspend'),
          reboot: () => refuse('vm.reboot'),
          terminate: async (call, id) => {
            await vms.terminate(call, id);
            if (attached.delete(id)) allocated--;
          },
        },
      };
    },
  };
  return driver;
}

driverSuite('poor cloud', async () => {
  const memory = openMemoryCloud(`poor-${newSuffix()}`, { region: { createMs: '3' } });
  const config = (change: Partial<CloudConfig>): CloudConfig => ({ ...memory.config, ...change });
  return {
    driver: poor(memory.driver),
    config: memory.config,
    image: 'mock-vmimage-03',
    spec: 'mock-vmspec-03',
    badCredential: config({ credential: { mockName: 'wrong' } }),
    unreachable: config({ region: { endpoint: 'nowhere' } }),
    unknownRegion: config({ region: { region: 'none' } }),
    count: async () => ({ ...memory.count(), allocated }),
    pollMs: 1,
    timeoutMs: 5000,
    close: async () => {},
  };
});
