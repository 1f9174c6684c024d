/** Taking a subnet that stands in the cloud into the record of its VPC, and letting it go without touching it. */
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { requireName } from '@cloud-barista/model/names';
import type { Vpc } from '@cloud-barista/model/vpc';
import { boundId, updateId, type IdRecord } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import type { Spider, SpiderCall } from './context.ts';
import { idFolder, idKey } from './keys.ts';
import { getVpc, noSuchSubnet, type VpcData } from './vpcs.ts';

export interface RegisterSubnet {
  vpc: string;
  name: string;
  /** The cloud's. */
  id: string;
}

export async function registerSubnet(
  spider: Spider,
  connection: string,
  { vpc, name, id }: RegisterSubnet,
  call: SpiderCall,
): Promise<Vpc> {
  requireName(name, 'Subnet name');
  const open = await cloudOf(spider, connection, call.signal);
  return spider.locks.with(idKey(connection, 'vpc', vpc), call.signal, async () => {
    const held = await boundId<VpcData>(spider, connection, 'vpc', vpc);
    const known = held.value.data.subnets.find(subnet => subnet.name === name || subnet.id === id);
    if (known)
      throw new BaristaError(
        'already_exists',
        `The subnet ${JSON.stringify(known.name)} (${known.id}) of the VPC ${JSON.stringify(vpc)} already exists.`,
        { next: 'Use that one, or unregister it first.', where: 'name' },
      );
    const real = await guarded(open, () =>
      open.cloud.vpcs.get({ signal: call.signal }, cloudId(held.value.id)),
    );
    const found = real.subnets.find(subnet => subnet.id === id);
    if (!found)
      throw new BaristaError(
        'not_found',
        `The cloud's VPC ${held.value.id} has no subnet ${JSON.stringify(id.slice(0, 200))}.`,
        { next: `It has: ${real.subnets.map(subnet => subnet.id).join(', ') || 'none'}.`, where: 'id' },
      );
    const subnet = { name, cloudName: found.name, id, cidr: found.cidr, zone: found.zone };
    await updateId<VpcData>(spider, connection, 'vpc', vpc, data => ({
      ...data,
      subnets: [...data.subnets, subnet].sort((a, b) => (a.name < b.name ? -1 : 1)),
    }));
    return getVpc(spider, connection, vpc);
  });
}

/** Forgets it; the cloud keeps it. failed_precondition while a VM of ours stands in it. */
export async function unregisterSubnet(
  spider: Spider,
  connection: string,
  vpc: string,
  name: string,
  call: SpiderCall,
): Promise<void> {
  await spider.locks.with(idKey(connection, 'vpc', vpc), call.signal, async () => {
    const held = await boundId<VpcData>(spider, connection, 'vpc', vpc);
    if (!held.value.data.subnets.some(subnet => subnet.name === name)) throw noSuchSubnet(held, name);
    for (const { value } of spider.mirror.values<IdRecord<{ vpc: string; subnet: string }>>(
      idFolder(connection, 'vm'),
    ))
      if (value.data.vpc === vpc && value.data.subnet === name)
        throw new BaristaError(
          'failed_precondition',
          `The subnet ${JSON.stringify(name)} is used by the VM ${JSON.stringify(value.name)}.`,
          { next: 'Unregister or terminate that first.', where: 'subnet' },
        );
    await updateId<VpcData>(spider, connection, 'vpc', vpc, data => ({
      ...data,
      subnets: data.subnets.filter(subnet => subnet.name !== name),
    }));
  });
}
