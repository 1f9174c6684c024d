/** VMs as other resources speak of them: by our name where we have one; and the one that a deed is to be done to. */
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { boundId, titleOf, type IdRecord } from './claims.ts';
import type { Spider, SpiderCall } from './context.ts';
import { idFolder } from './keys.ts';
import type { VmData } from './vm-records.ts';
import { getVm } from './vms.ts';

/** Our name of the VM that the cloud calls `id`; the id itself where it is none of ours. */
export function nameOfVm(spider: Spider, connection: string, id: CloudId): string {
  for (const { value } of spider.mirror.values<IdRecord<VmData>>(idFolder(connection, 'vm')))
    if (value.id === id) return value.name;
  return id;
}

/** The cloud's id of a VM in one of `states`; failed_precondition in another. */
export async function usableVm(
  spider: Spider,
  connection: string,
  name: string,
  states: readonly VmState[],
  call: SpiderCall,
): Promise<CloudId> {
  const held = await boundId<VmData>(spider, connection, 'vm', name);
  let { state } = held.value.data;
  // What we know may be old: before refusing, look.
  if (!states.includes(state)) ({ state } = await getVm(spider, connection, name, { maxAgeMs: 500 }, call));
  if (states.includes(state)) return cloudId(held.value.id);
  throw new BaristaError('failed_precondition', `The ${titleOf('vm', name, connection)} is ${state}.`, {
    next: `It must be ${states.join(' or ')}.`,
    where: 'vm',
  });
}
