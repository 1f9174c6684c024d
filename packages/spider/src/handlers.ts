/** What serves this package's operations. */
import type { CallContext, Handlers } from '@cloud-barista/api/handlers';
import type { Output } from '@cloud-barista/api/operations';
import type { Sagas } from '@cloud-barista/store/saga';
import { callQuality } from './call-quality.ts';
import { exportCalls, listCalls, summarizeCalls } from './calls.ts';
import { checkConnection } from './clouds.ts';
import { createConnection, deleteConnection, getConnection, listConnections } from './connections.ts';
import type { Spider } from './context.ts';
import { createCredential, deleteCredential, getCredential, listCredentials } from './credentials.ts';
import { diskHandlers, type DiskOperation } from './disk-handlers.ts';
import { createDriver, deleteDriver, getDriver, listDrivers, reloadDriver } from './drivers.ts';
import { creating, refuseTaken } from './handler-parts.ts';
import { getImage, listImages } from './images.ts';
import { createKeyPair, deleteKeyPair, getKeyPair, listKeyPairs } from './key-pairs.ts';
import { createRegion, deleteRegion, getRegion, listRegions } from './regions.ts';
import {
  addRules,
  createSecurityGroup,
  deleteSecurityGroup,
  getSecurityGroup,
  listSecurityGroups,
  removeRules,
} from './security-groups.ts';
import { getSpec, listSpecs } from './specs.ts';
import { vmSagas, type VmTarget } from './vm-sagas.ts';
import { checkVm, getVm, listVms } from './vms.ts';
import { addSubnet, createVpc, deleteVpc, getVpc, listVpcs, removeSubnet } from './vpcs.ts';

export type SpiderOperation = Extract<
  keyof Handlers,
  | `driver.${string}`
  | `credential.${string}`
  | `region.${string}`
  | `connection.${string}`
  | `image.${string}`
  | `spec.${string}`
  | `vpc.${string}`
  | `subnet.${string}`
  | `security-group.${string}`
  | `key-pair.${string}`
  | `vm.${string}`
  | DiskOperation
  | `call.${string}`
>;

export function spiderHandlers(spider: Spider, sagas: Sagas): Pick<Handlers, SpiderOperation> {
  const deeds = vmSagas(spider);

  async function act(
    action: 'suspend' | 'resume' | 'reboot' | 'terminate',
    target: VmTarget,
    context: CallContext,
  ) {
    // Refuse what does not exist at once, not in an operation that fails.
    if (context.idempotencyKey === undefined)
      await getVm(spider, target.connection, target.vm, { maxAgeMs: Infinity });
    return sagas.start(
      deeds[action],
      { connection: target.connection, vm: target.vm },
      { idempotencyKey: context.idempotencyKey },
    );
  }

  return {
    'driver.list': input => listDrivers(spider, input),
    'driver.get': input => getDriver(spider, input.driver),
    'driver.create': ({ body }) => createDriver(spider, body),
    'driver.reload': input => reloadDriver(spider, input.driver),
    'driver.delete': async input => (await deleteDriver(spider, input.driver), {}),

    'credential.create': ({ body }) => createCredential(spider, body),
    'credential.list': input => listCredentials(spider, input),
    'credential.get': input => getCredential(spider, input.credential),
    'credential.delete': async input => (await deleteCredential(spider, input.credential), {}),

    'region.create': ({ body }) => createRegion(spider, body),
    'region.list': input => listRegions(spider, input),
    'region.get': input => getRegion(spider, input.region),
    'region.delete': async input => (await deleteRegion(spider, input.region), {}),

    'connection.create': ({ body }) => createConnection(spider, body),
    'connection.list': input => listConnections(spider, input),
    'connection.get': input => getConnection(spider, input.connection),
    'connection.delete': async input => (await deleteConnection(spider, input.connection), {}),
    'connection.check': (input, context) => checkConnection(spider, input.connection, context),

    'image.list': (input, context) => listImages(spider, input.connection, input, { signal: context.signal }),
    'image.get': (input, context) =>
      getImage(spider, input.connection, input.image, { signal: context.signal }),
    'spec.list': (input, context) => listSpecs(spider, input.connection, input, { signal: context.signal }),
    'spec.get': (input, context) => getSpec(spider, input.connection, input.spec, { signal: context.signal }),

    'vpc.create': (input, context) => createVpc(spider, input.connection, input.body, creating(context)),
    'vpc.list': input => listVpcs(spider, input.connection, input),
    'vpc.get': input => getVpc(spider, input.connection, input.vpc),
    'vpc.delete': async (input, context) => (
      await deleteVpc(spider, input.connection, input.vpc, { signal: context.signal }), {}
    ),
    'subnet.add': (input, context) =>
      addSubnet(spider, input.connection, input.vpc, input.body, creating(context)),
    'subnet.remove': (input, context) =>
      removeSubnet(spider, input.connection, input.vpc, input.subnet, { signal: context.signal }),

    'security-group.create': (input, context) =>
      createSecurityGroup(spider, input.connection, input.body, creating(context)),
    'security-group.list': input => listSecurityGroups(spider, input.connection, input),
    'security-group.get': input => getSecurityGroup(spider, input.connection, input.securityGroup),
    'security-group.delete': async (input, context) => (
      await deleteSecurityGroup(spider, input.connection, input.securityGroup, { signal: context.signal }), {}
    ),
    'security-group.add-rules': (input, context) =>
      addRules(spider, input.connection, input.securityGroup, input.body.rules, { signal: context.signal }),
    'security-group.remove-rules': (input, context) =>
      removeRules(spider, input.connection, input.securityGroup, input.body.rules, {
        signal: context.signal,
      }),

    'key-pair.create': (input, context) =>
      createKeyPair(spider, input.connection, input.body, creating(context)),
    'key-pair.list': input => listKeyPairs(spider, input.connection, input),
    'key-pair.get': input => getKeyPair(spider, input.connection, input.keyPair),
    'key-pair.delete': async (input, context) => (
      await deleteKeyPair(spider, input.connection, input.keyPair, { signal: context.signal }), {}
    ),

    async 'vm.create'(input, context) {
      const { connection, body } = input;
      if (context.idempotencyKey === undefined) {
        await checkVm(spider, connection, body, { signal: context.signal });
        await refuseTaken(spider, connection, 'vm', body.name);
      }
      return sagas.start(deeds.create, { connection, vm: body }, { idempotencyKey: context.idempotencyKey });
    },
    'vm.list': (input, context) => listVms(spider, input.connection, input, { signal: context.signal }),
    'vm.get': (input, context) => getVm(spider, input.connection, input.vm, {}, { signal: context.signal }),
    'vm.suspend': (input, context) => act('suspend', input, context),
    'vm.resume': (input, context) => act('resume', input, context),
    'vm.reboot': (input, context) => act('reboot', input, context),
    'vm.terminate': (input, context) => act('terminate', input, context),

    ...diskHandlers(spider, sagas),

    // The schema's static type can't say the union of codes; the values are the schema's.
    'call.list': input => listCalls(spider, input) as Promise<Output<'call.list'>>,
    'call.summary': input => summarizeCalls(spider, input),
    'call.quality': input => callQuality(spider, input),
    'call.export': async input => exportCalls(spider, input) as AsyncIterable<Output<'call.export'>>,
  };
}
