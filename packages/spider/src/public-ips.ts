/** Public addresses of one's own. */
import type { CloudPublicIp } from '@cloud-barista/driver/public-ips';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import type { PublicIp, PublicIpInput } from '@cloud-barista/model/public-ip';
import type { Page } from '@cloud-barista/model/schema';
import { boundId, findId, titleOf, type HeldId, type IdRecord } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { Spider, SpiderCall } from './context.ts';
import { idFolder, idKey } from './keys.ts';
import { makeId } from './make-id.ts';
import { paged, type PageOptions } from './paged.ts';
import { partOf } from './parts.ts';
import { readWhole } from './read-whole.ts';
import { deleteId } from './remove.ts';
import { nameOfVm, usableVm } from './vm-names.ts';
import { observe, ordered, watchOf } from './vm-states.ts';

export interface PublicIpData {
  address: string;
}
type HeldIp = HeldId<PublicIpData>;

const shown = (
  spider: Spider,
  connection: string,
  { value }: HeldIp,
  ip: CloudPublicIp | undefined,
): PublicIp => ({
  name: value.name,
  connection,
  id: value.id,
  address: ip?.address ?? value.data.address,
  vm: ip?.vm ? nameOfVm(spider, connection, ip.vm) : '',
  created: value.created,
});

export async function createPublicIp(
  spider: Spider,
  connection: string,
  input: PublicIpInput,
  call: SpiderCall,
): Promise<PublicIp> {
  partOf(await cloudOf(spider, connection, call.signal), 'publicIps');
  const held = await makeId<PublicIpData>(
    spider,
    {
      connection,
      kind: 'public-ip',
      name: input.name,
      rule: 'public-ip',
      composite: false,
      data: () => ({ address: '' }),
      async create(create, open, record) {
        const made = await partOf(open, 'publicIps').create(create, { name: record.cloudName });
        return { id: made.id, data: { address: made.address } };
      },
    },
    call,
  );
  return shown(spider, connection, held, undefined);
}

export async function getPublicIp(
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<PublicIp> {
  const open = await cloudOf(spider, connection, call.signal);
  const ips = partOf(open, 'publicIps');
  const held = await boundId<PublicIpData>(spider, connection, 'public-ip', name);
  const ip = await guarded(open, () => ips.get({ signal: call.signal }, cloudId(held.value.id)));
  return shown(spider, connection, held, ip);
}

export async function listPublicIps(
  spider: Spider,
  connection: string,
  options: PageOptions,
  call: SpiderCall,
): Promise<Page<PublicIp>> {
  await connectionOf(spider, connection);
  const open = await cloudOf(spider, connection, call.signal);
  const ips = partOf(open, 'publicIps');
  const held = spider.mirror
    .values<IdRecord<PublicIpData>>(idFolder(connection, 'public-ip'))
    .filter(one => one.value.id !== '');
  const page = paged(held, one => one.value.name, options);
  const real = new Map<string, CloudPublicIp>();
  if (page.items.length > 0)
    for (const ip of await readWhole(open, part => ips.list(part), call.signal)) real.set(ip.id, ip);
  return { ...page, items: page.items.map(one => shown(spider, connection, one, real.get(one.value.id))) };
}

const carried = (connection: string, name: string, vm: string): BaristaError =>
  new BaristaError(
    'failed_precondition',
    `The ${titleOf('public-ip', name, connection)} is carried by the VM ${JSON.stringify(vm)}.`,
    { next: `Take it away first: barista dissociate ${name} --connection ${connection}`, where: 'publicIp' },
  );

/** Gives back an address that no VM carries. */
export async function deletePublicIp(
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<void> {
  const held = await findId(spider, connection, 'public-ip', name);
  if (held?.value.state === 'bound') {
    const { vm } = await getPublicIp(spider, connection, name, call).catch((error: unknown) => {
      if (hasCode(error, 'not_found')) return { vm: '' };
      throw error;
    });
    if (vm !== '') throw carried(connection, name, vm);
  }
  await deleteId(spider, connection, 'public-ip', name, call);
}

/** Gives the address to a VM (undefined: takes it from the one that carries it); the VM's record is brought up to date. */
async function move(
  spider: Spider,
  connection: string,
  name: string,
  vm: string | undefined,
  call: SpiderCall,
): Promise<PublicIp> {
  const open = await cloudOf(spider, connection, call.signal);
  const ips = partOf(open, 'publicIps');
  const touched = await spider.locks.with(idKey(connection, 'public-ip', name), call.signal, async () => {
    const held = await boundId<PublicIpData>(spider, connection, 'public-ip', name);
    const id = cloudId(held.value.id);
    if (vm !== undefined) {
      const target = await usableVm(spider, connection, vm, ['Running'], call);
      const now = await guarded(open, () => ips.get({ signal: call.signal }, id));
      if (now.vm !== '' && now.vm !== target)
        throw carried(connection, name, nameOfVm(spider, connection, now.vm));
      await guarded(open, () => ips.associate({ signal: call.signal }, id, target));
      return vm;
    }
    const ip = await guarded(open, () => ips.get({ signal: call.signal }, id));
    const carrier = ip.vm;
    if (carrier === '') return undefined;
    await guarded(open, () => ips.dissociate({ signal: call.signal }, id, carrier));
    return nameOfVm(spider, connection, carrier);
  });
  if (touched !== undefined && (await findId(spider, connection, 'vm', touched))) {
    ordered(watchOf(spider, connection), touched);
    await observe(spider, connection, [touched], call.signal).catch((error: unknown) => {
      if (!hasCode(error, 'unavailable', 'deadline_exceeded')) throw error;
    });
  }
  return getPublicIp(spider, connection, name, call);
}

export const associatePublicIp = (
  spider: Spider,
  connection: string,
  name: string,
  vm: string,
  call: SpiderCall,
): Promise<PublicIp> => move(spider, connection, name, vm, call);
export const dissociatePublicIp = (
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<PublicIp> => move(spider, connection, name, undefined, call);
