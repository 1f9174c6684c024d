/** VPCs and their subnets. What their blocks must be is checked here, before anything leaves. */
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import type { CloudVpc } from '@cloud-barista/driver/vpcs';
import { contains, overlaps, parseCidr, type Cidr } from '@cloud-barista/model/cidr';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, newToken, type CloudId, type Token } from '@cloud-barista/model/ids';
import { requireName } from '@cloud-barista/model/names';
import { suggest } from '@cloud-barista/model/nearest';
import type { Page } from '@cloud-barista/model/schema';
import type { SubnetInput, Vpc, VpcInput } from '@cloud-barista/model/vpc';
import { boundId, updateId, type HeldId, type IdRecord } from './claims.ts';
import { makeId, nameInCloud } from './make-id.ts';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { Spider, SpiderCall } from './context.ts';
import { idFolder, idKey } from './keys.ts';
import { paged, type PageOptions } from './paged.ts';
import { deleteId } from './remove.ts';
import { surelyNothing } from './road.ts';

interface StoredSubnet {
  name: string;
  cloudName: string;
  /** "" while it is being made. */
  id: string;
  cidr: string;
  zone: string;
  /** Of the create that is under way. */
  token?: Token;
}
export interface VpcData {
  cidr: string;
  /** The suffix that its names in the cloud carry. */
  suffix: string;
  subnets: StoredSubnet[];
}

const shown = (connection: string, { value }: HeldId<VpcData>): Vpc => ({
  name: value.name,
  connection,
  id: value.id,
  cidr: value.data.cidr,
  subnets: value.data.subnets
    .filter(subnet => subnet.id !== '')
    .map(({ name, id, cidr, zone }) => ({ name, id, cidr, zone })),
  created: value.created,
});

/** Blocks of /16 to /28: what every cloud takes (AWS allows no other). */
function block(text: string, where: string): Cidr {
  const cidr = parseCidr(text, where);
  if (cidr.prefix >= 16 && cidr.prefix <= 28) return cidr;
  throw new BaristaError(
    'invalid_argument',
    `The block ${text} is too ${cidr.prefix < 16 ? 'large' : 'small'}.`,
    { next: 'Use a prefix from /16 to /28.', where },
  );
}

/** Subnets stand inside the VPC, each for itself, under names of their own. Where the cloud chooses the blocks (`vpcCidr` undefined), names are all that counts. */
function checkSubnets(vpcCidr: string | undefined, subnets: readonly { name: string; cidr: string }[]): void {
  const outer = vpcCidr === undefined ? undefined : block(vpcCidr, 'cidr');
  const seen: { name: string; cidr: string; block: Cidr }[] = [];
  for (const [index, subnet] of subnets.entries()) {
    const where = `subnets[${index}]`;
    requireName(subnet.name, 'Subnet name');
    const inner = block(subnet.cidr, `${where}.cidr`);
    if (outer && !contains(outer, inner))
      throw new BaristaError(
        'invalid_argument',
        `The subnet ${JSON.stringify(subnet.name)} (${subnet.cidr}) is not inside the VPC's block ${vpcCidr}.`,
        {
          next: 'Choose a block inside it.',
          where: `${where}.cidr`,
        },
      );
    for (const other of seen) {
      if (other.name === subnet.name)
        throw new BaristaError('invalid_argument', `Two subnets are named ${JSON.stringify(subnet.name)}.`, {
          next: 'Give each its own name.',
          where: `${where}.name`,
        });
      if (outer && overlaps(other.block, inner))
        throw new BaristaError(
          'invalid_argument',
          `The subnets ${JSON.stringify(other.name)} (${other.cidr}) and ${JSON.stringify(subnet.name)} (${subnet.cidr}) overlap.`,
          {
            next: 'Choose blocks that share no address.',
            where: `${where}.cidr`,
          },
        );
    }
    seen.push({ name: subnet.name, cidr: subnet.cidr, block: inner });
  }
}

/** The cloud's subnets under our names, and its blocks: it may have chosen others than were asked for. */
function joined(data: VpcData, made: CloudVpc): VpcData {
  return {
    ...data,
    cidr: made.cidr || data.cidr,
    subnets: data.subnets.map(subnet => {
      const real =
        made.subnets.find(one => one.name === subnet.cloudName) ??
        made.subnets.find(one => one.cidr === subnet.cidr);
      return real ? { ...subnet, id: real.id, cidr: real.cidr, zone: real.zone } : subnet;
    }),
  };
}

export async function createVpc(
  spider: Spider,
  connection: string,
  input: VpcInput,
  call: SpiderCall,
): Promise<Vpc> {
  checkSubnets(input.cidr, input.subnets);
  const held = await makeId<VpcData>(
    spider,
    {
      connection,
      kind: 'vpc',
      name: input.name,
      rule: 'vpc',
      composite: true,
      data: (open, suffix) => ({
        cidr: input.cidr,
        suffix,
        subnets: input.subnets.map(({ name, cidr, zone }) => ({
          name,
          cidr,
          cloudName: nameInCloud(name, suffix, open.driver.names.subnet, 'Subnet name'),
          id: '',
          zone: zone ?? '',
        })),
      }),
      async create(create, open, record) {
        const made = await open.cloud.vpcs.create(create, {
          name: record.cloudName,
          cidr: record.data.cidr,
          subnets: record.data.subnets.map(({ cloudName, cidr, zone }) => ({ name: cloudName, cidr, zone })),
        });
        return { id: made.id, data: joined(record.data, made) };
      },
    },
    call,
  );
  return shown(connection, held);
}

export async function listVpcs(
  spider: Spider,
  connection: string,
  options: PageOptions = {},
): Promise<Page<Vpc>> {
  await connectionOf(spider, connection);
  const held = spider.mirror
    .values<IdRecord<VpcData>>(idFolder(connection, 'vpc'))
    .filter(one => one.value.id !== '');
  const page = paged(held, one => one.value.name, options);
  return { ...page, items: page.items.map(one => shown(connection, one)) };
}

export const getVpc = async (spider: Spider, connection: string, name: string): Promise<Vpc> =>
  shown(connection, await boundId<VpcData>(spider, connection, 'vpc', name));
export const deleteVpc = (
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<void> => deleteId(spider, connection, 'vpc', name, call);

const withSubnet = (data: VpcData, subnet: StoredSubnet): VpcData => ({
  ...data,
  subnets: [...data.subnets.filter(one => one.name !== subnet.name), subnet].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  ),
});
const without = (data: VpcData, name: string): VpcData => ({
  ...data,
  subnets: data.subnets.filter(one => one.name !== name),
});

/** Makes the subnet that the record holds as pending, or finds it made. */
async function finishSubnet(
  spider: Spider,
  connection: string,
  vpc: HeldId<VpcData>,
  pending: StoredSubnet,
  again: boolean,
  call: SpiderCall,
): Promise<StoredSubnet> {
  const open = await cloudOf(spider, connection, call.signal);
  const token = pending.token ?? newToken(spider.installation);
  const made = await guarded(open, () =>
    open.cloud.vpcs.addSubnet({ signal: call.signal, token, again }, vpc.value.id as CloudId, {
      name: pending.cloudName,
      cidr: pending.cidr,
      zone: pending.zone,
    }),
  );
  return { name: pending.name, cloudName: pending.cloudName, id: made.id, cidr: made.cidr, zone: made.zone };
}

export async function addSubnet(
  spider: Spider,
  connection: string,
  vpc: string,
  input: SubnetInput,
  call: SpiderCall,
): Promise<Vpc> {
  const open = await cloudOf(spider, connection, call.signal);
  requireCapability(open.driver, 'vpc.addSubnet');
  const chosen = open.driver.capabilities['vpc.cidr'] === true;
  return spider.locks.with(idKey(connection, 'vpc', vpc), call.signal, async () => {
    const held = await boundId<VpcData>(spider, connection, 'vpc', vpc);
    const { data } = held.value;
    const before = data.subnets.find(one => one.name === input.name);
    if (before && before.id !== '') {
      if (call.resume && (!chosen || before.cidr === input.cidr)) return shown(connection, held);
      throw new BaristaError(
        'already_exists',
        `The VPC ${JSON.stringify(vpc)} already has a subnet ${JSON.stringify(input.name)}.`,
        { next: 'Choose another name.', where: 'name' },
      );
    }
    const others = data.subnets.filter(one => one.name !== input.name);
    checkSubnets(chosen ? data.cidr : undefined, [...others, input]);
    // A pending one of another shape may stand in the cloud: only the same may go on.
    if (before && before.cidr !== input.cidr)
      throw new BaristaError(
        'aborted',
        `An earlier attempt to add ${JSON.stringify(input.name)} with ${before.cidr} has not been settled.`,
        {
          next: 'Repeat it with that block, or remove the subnet first.',
          where: 'cidr',
        },
      );
    const pending: StoredSubnet = before ?? {
      name: input.name,
      cloudName: nameInCloud(input.name, data.suffix, open.driver.names.subnet, 'Subnet name'),
      id: '',
      cidr: input.cidr,
      zone: input.zone ?? '',
      token: newToken(spider.installation),
    };
    if (!before) await updateId<VpcData>(spider, connection, 'vpc', vpc, now => withSubnet(now, pending));
    try {
      const made = await finishSubnet(spider, connection, held, pending, before !== undefined, call);
      return shown(
        connection,
        await updateId<VpcData>(spider, connection, 'vpc', vpc, now => withSubnet(now, made)),
      );
    } catch (error) {
      if (!before && error instanceof BaristaError && surelyNothing(error))
        await updateId<VpcData>(spider, connection, 'vpc', vpc, now => without(now, input.name));
      throw error;
    }
  });
}

export async function removeSubnet(
  spider: Spider,
  connection: string,
  vpc: string,
  name: string,
  call: SpiderCall,
): Promise<Vpc> {
  return spider.locks.with(idKey(connection, 'vpc', vpc), call.signal, async () => {
    const held = await boundId<VpcData>(spider, connection, 'vpc', vpc);
    const subnet = held.value.data.subnets.find(one => one.name === name);
    if (!subnet) {
      if (call.resume) return shown(connection, held);
      throw noSuchSubnet(held, name);
    }
    for (const vm of spider.mirror.values<IdRecord<{ vpc: string; subnet: string }>>(
      idFolder(connection, 'vm'),
    ))
      if (vm.value.data.vpc === vpc && vm.value.data.subnet === name)
        throw new BaristaError(
          'failed_precondition',
          `The subnet ${JSON.stringify(name)} is used by the VM ${JSON.stringify(vm.value.name)}.`,
          { next: 'Terminate that first.', where: 'subnet' },
        );
    const open = await cloudOf(spider, connection, call.signal);
    const id =
      subnet.id === '' ? (await finishSubnet(spider, connection, held, subnet, true, call)).id : subnet.id;
    await guarded(open, () =>
      open.cloud.vpcs.removeSubnet({ signal: call.signal }, held.value.id as CloudId, cloudId(id)),
    );
    return shown(
      connection,
      await updateId<VpcData>(spider, connection, 'vpc', vpc, now => without(now, name)),
    );
  });
}

export function noSuchSubnet(vpc: HeldId<VpcData>, name: string): BaristaError {
  const names = vpc.value.data.subnets.map(one => one.name);
  return new BaristaError(
    'not_found',
    `The VPC ${JSON.stringify(vpc.value.name)} has no subnet ${JSON.stringify(name)}.`,
    {
      next: suggest(
        name,
        names,
        names.length > 0 ? `It has: ${names.join(', ')}.` : 'It has none; add one first.',
      ),
      where: 'subnet',
    },
  );
}
