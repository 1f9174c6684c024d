/** VMs: ordered here, awaited in vm-waiting.ts. */
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import { requireName } from '@cloud-barista/model/names';
import { gone, mayAct, vmActionTable } from '@cloud-barista/model/state';
import type { Vm, VmInput } from '@cloud-barista/model/vm';
import { boundId, findId, noSuchId, removeFromCloud, replaceId, titleOf, type HeldId } from './claims.ts';
import { makeId } from './make-id.ts';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { Spider, SpiderCall } from './context.ts';
import { getImage } from './images.ts';
import { idFolder } from './keys.ts';
import { paged, type PageOptions } from './paged.ts';
import { undoId } from './remove.ts';
import { surelyNothing } from './road.ts';
import type { SecurityGroupData } from './security-groups.ts';
import { getSpec } from './specs.ts';
import { heldVm, observed, vmKey, vmOf, type HeldVm, type VmData } from './vm-records.ts';
import { ordered, refreshVms, watchOf } from './vm-states.ts';
import { awaitVm } from './vm-waiting.ts';
import { noSuchSubnet, type VpcData } from './vpcs.ts';

const userDataBytes = 16_384;

export interface CheckedVm {
  /** The cloud's id, where the order names an image of ours. */
  image: CloudId;
  vpc: CloudId;
  subnet: CloudId;
  securityGroups: CloudId[];
  keyPair: CloudId;
  /** The image's login user. */
  user: string;
}

/** Checks an order and looks up what it names; nothing leaves but the reading of images and specs. */
export async function checkVm(
  spider: Spider,
  connection: string,
  input: VmInput,
  call: SpiderCall,
): Promise<CheckedVm> {
  requireName(input.name, 'VM name');
  const { driver } = await cloudOf(spider, connection, call.signal);
  if (input.userData !== undefined) {
    requireCapability(driver, 'vm.userData');
    if (Buffer.byteLength(input.userData) > userDataBytes)
      throw new BaristaError(
        'invalid_argument',
        `The user data has ${Buffer.byteLength(input.userData)} bytes; ${userDataBytes} is the most.`,
        {
          next: 'Let a short script fetch the rest.',
          where: 'userData',
        },
      );
  }
  if (input.rootDiskGb !== undefined) requireCapability(driver, 'vm.rootDisk');
  const vpc = await boundId<VpcData>(spider, connection, 'vpc', input.vpc);
  const subnet = vpc.value.data.subnets.find(one => one.name === input.subnet && one.id !== '');
  if (!subnet) throw noSuchSubnet(vpc, input.subnet);
  const groups: HeldId<SecurityGroupData>[] = [];
  for (const name of new Set(input.securityGroups)) {
    const group = await boundId<SecurityGroupData>(spider, connection, 'security-group', name);
    if (group.value.data.vpc !== input.vpc)
      throw new BaristaError(
        'invalid_argument',
        `The security group ${JSON.stringify(name)} belongs to the VPC ${JSON.stringify(group.value.data.vpc)}, not ${JSON.stringify(input.vpc)}.`,
        {
          next: 'Use a security group of the same VPC.',
          where: 'securityGroups',
        },
      );
    groups.push(group);
  }
  if (groups.length === 0)
    throw new BaristaError('invalid_argument', 'A VM needs a security group.', {
      next: 'Name at least one.',
      where: 'securityGroups',
    });
  const keyPair = await boundId(spider, connection, 'key-pair', input.keyPair);
  const image = await getImage(spider, connection, input.image, call);
  await getSpec(spider, connection, input.spec, call);
  return {
    image: cloudId(image.id),
    vpc: cloudId(vpc.value.id),
    subnet: cloudId(subnet.id),
    securityGroups: groups.map(group => cloudId(group.value.id)),
    keyPair: cloudId(keyPair.value.id),
    user: image.user,
  };
}

/** Orders a VM and binds it; returns in state Creating, usually. `awaitVm` waits until it runs. */
export async function createVm(
  spider: Spider,
  connection: string,
  input: VmInput,
  call: SpiderCall,
): Promise<Vm> {
  const checked = await checkVm(spider, connection, input, call);
  const { name, spec, vpc, subnet, keyPair } = input;
  const held = await makeId<VmData>(
    spider,
    {
      connection,
      kind: 'vm',
      name,
      rule: 'vm',
      composite: false,
      data: open => ({
        image: checked.image,
        spec,
        vpc,
        subnet,
        securityGroups: [...new Set(input.securityGroups)],
        keyPair,
        user: checked.user,
        region: open.region,
        state: 'Creating',
        zone: '',
        publicIp: '',
        privateIp: '',
        ordered: spider.now(),
      }),
      async create(create, { cloud }, record) {
        const made = await cloud.vms.create(create, {
          name: record.cloudName,
          image: checked.image,
          spec: cloudId(spec),
          vpc: checked.vpc,
          subnet: checked.subnet,
          securityGroups: checked.securityGroups,
          keyPair: checked.keyPair,
          ...(input.rootDiskGb !== undefined && { rootDiskGb: input.rootDiskGb }),
          ...(input.userData !== undefined && { userData: input.userData }),
        });
        return { id: made.id, data: { ...observed(record, made, spider.now()).data, ordered: spider.now() } };
      },
    },
    call,
  );
  return vmOf(spider, connection, held);
}

async function vmRecord(spider: Spider, connection: string, name: string): Promise<HeldVm> {
  const held = heldVm(spider, connection, name) ?? (await findId<VmData>(spider, connection, 'vm', name));
  if (held) return held;
  await connectionOf(spider, connection);
  throw noSuchId(spider, connection, 'vm', name);
}

export interface Freshness {
  /** How old the answer may be; Infinity: as last observed, the cloud is not asked. Default 5000. */
  maxAgeMs?: number | undefined;
}

export async function getVm(
  spider: Spider,
  connection: string,
  name: string,
  { maxAgeMs = 5000 }: Freshness = {},
  call?: SpiderCall,
): Promise<Vm> {
  const held = await vmRecord(spider, connection, name);
  const watch = watchOf(spider, connection);
  if (maxAgeMs === Infinity) return vmOf(spider, connection, held);
  if (spider.now() - watch.refreshedAt <= maxAgeMs) {
    spider.calls.saved(connection, 'vm');
    return vmOf(spider, connection, held);
  }
  await refreshVms(spider, connection, { maxAgeMs }, call);
  return vmOf(spider, connection, await vmRecord(spider, connection, name));
}

export async function listVms(
  spider: Spider,
  connection: string,
  options: PageOptions & Freshness = {},
  call?: SpiderCall,
): Promise<Page<Vm>> {
  await connectionOf(spider, connection);
  const { maxAgeMs = 5000 } = options;
  if (maxAgeMs !== Infinity) await refreshVms(spider, connection, { maxAgeMs }, call);
  const page = paged(spider.mirror.names(idFolder(connection, 'vm')), name => name, options);
  return {
    ...page,
    items: page.items.flatMap(name => {
      const held = heldVm(spider, connection, name);
      return held ? [vmOf(spider, connection, held)] : [];
    }),
  };
}

/** Orders an action on a VM that stands, by the table of states; returns in the passing state. */
async function order(
  spider: Spider,
  connection: string,
  name: string,
  action: 'suspend' | 'resume' | 'reboot',
  call: SpiderCall,
): Promise<Vm> {
  const open = await cloudOf(spider, connection, call.signal);
  if (action !== 'resume') requireCapability(open.driver, `vm.${action}`);
  else requireCapability(open.driver, 'vm.suspend');
  const rule = vmActionTable[action];
  return spider.locks.with(vmKey(connection, name), call.signal, async () => {
    let held = await boundId<VmData>(spider, connection, 'vm', name);
    const settled = () => action !== 'reboot' && held.value.data.state === rule.to;
    // What we know may be old: before refusing, or leaving it alone, look.
    if (!mayAct(held.value.data.state, action) || settled()) {
      await refreshVms(spider, connection, { maxAgeMs: 1000 }, call);
      held = await boundId<VmData>(spider, connection, 'vm', name);
    }
    const { state } = held.value.data;
    if (!mayAct(state, action))
      throw new BaristaError(
        'failed_precondition',
        `The ${titleOf('vm', name, connection)} is ${state}: it can't be ${action === 'suspend' ? 'suspended' : action === 'resume' ? 'resumed' : 'rebooted'}.`,
        {
          next: `It must be ${rule.from[0]}.`,
          where: 'vm',
        },
      );
    if (settled() || state === rule.via) return vmOf(spider, connection, held);
    await guarded(open, () => open.cloud.vms[action]({ signal: call.signal }, cloudId(held.value.id)));
    ordered(watchOf(spider, connection), name);
    return vmOf(spider, connection, await setState(spider, connection, name, rule.via));
  });
}

async function setState(
  spider: Spider,
  connection: string,
  name: string,
  state: VmData['state'],
): Promise<HeldVm> {
  for (;;) {
    const held = await vmRecord(spider, connection, name);
    const done = await replaceId(spider, connection, 'vm', held, {
      ...held.value,
      data: { ...held.value.data, state },
    });
    if (done) return done;
  }
}

export const suspendVm = (spider: Spider, connection: string, name: string, call: SpiderCall): Promise<Vm> =>
  order(spider, connection, name, 'suspend', call);
export const resumeVm = (spider: Spider, connection: string, name: string, call: SpiderCall): Promise<Vm> =>
  order(spider, connection, name, 'resume', call);
export const rebootVm = (spider: Spider, connection: string, name: string, call: SpiderCall): Promise<Vm> =>
  order(spider, connection, name, 'reboot', call);

/**
 * Orders the end of a VM; its record goes when the cloud has ended it (`awaitVm(…, 'Terminated')`). Undefined: it is gone
 * already (only with `resume`; else not_found).
 */
export async function terminateVm(
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<Vm | undefined> {
  const open = await cloudOf(spider, connection, call.signal);
  const claimed = await findId<VmData>(spider, connection, 'vm', name);
  if (claimed && claimed.value.id === '') {
    await undoVm(spider, connection, name, { signal: call.signal });
    return { ...vmOf(spider, connection, claimed), state: 'Terminated' };
  }
  return spider.locks.with(vmKey(connection, name), call.signal, async () => {
    for (;;) {
      const held = await findId<VmData>(spider, connection, 'vm', name);
      if (!held && call.resume) return undefined;
      if (!held) throw noSuchId(spider, connection, 'vm', name);
      const { value } = held;
      const state = gone.has(value.data.state) ? value.data.state : 'Terminating';
      const marked = await replaceId(spider, connection, 'vm', held, {
        ...value,
        state: 'deleting',
        data: { ...value.data, state },
      });
      if (!marked) continue;
      try {
        await removeFromCloud(open, 'vm', cloudId(value.id), call.signal);
      } catch (error) {
        const now = heldVm(spider, connection, name);
        if (now && value.state === 'bound' && error instanceof BaristaError && surelyNothing(error))
          await replaceId(spider, connection, 'vm', now, {
            ...now.value,
            state: 'bound',
            data: { ...now.value.data, state: value.data.state },
          });
        throw error;
      }
      ordered(watchOf(spider, connection), name);
      return vmOf(spider, connection, marked);
    }
  });
}

/** See `undoId`; returns when the cloud has ended the VM. */
export function undoVm(spider: Spider, connection: string, name: string, call: SpiderCall): Promise<void> {
  return undoId(spider, connection, 'vm', name, call, async () => {
    ordered(watchOf(spider, connection), name);
    await awaitVm(spider, connection, [name], 'Terminated', call);
  });
}
