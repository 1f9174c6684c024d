/** The records of an MCIS's VMs: how VMs are named and ordered, and how their records are written in bulk. */
import { createHash } from 'node:crypto';
import type { Token } from '@cloud-barista/model/ids';
import type { Write } from '@cloud-barista/store/store';
import type { GroupPlan, VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';

/** etcd's limit for one transaction, and so ours. */
const writesAtOnce = 128;
/** Transactions under way at once. */
const batchesAtOnce = 16;

/** At most `most` characters of a name, which two names never share: what is cut off is told by a hash of the whole. */
export function stem(name: string, most: number): string {
  if (name.length <= most) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 7);
  return `${name.slice(0, most - 8).replace(/-+$/, '')}-${hash}`;
}

/** The word that an operation's VMs carry in their names at the connection: a number that is given again never meets its old VM. */
export const suffixOf = (holder: Token | string): string => holder.slice(4, 10);

/** Made by the operation that `holder` marks? */
export const isOf = (vm: Pick<VmRecord, 'vmName'>, holder: string): boolean =>
  holder !== '' && vm.vmName.endsWith(`-${suffixOf(holder)}`);

/**
 * `web-1`, `web-2` …: two groups' VMs never share a name, for what stands before the last hyphen is the group's name. At
 * the connection: group, number, operation.
 */
export const vmRecord = (
  input: { namespace: string; name: string; holder: string; created: string },
  plan: Pick<GroupPlan, 'name' | 'connection'>,
  number: number,
): VmRecord => ({
  namespace: input.namespace,
  mcis: input.name,
  name: `${plan.name}-${number}`,
  group: plan.name,
  connection: plan.connection,
  vmName: `${stem(plan.name, 48)}-${number}-${suffixOf(input.holder)}`,
  problem: '',
  ended: false,
  created: input.created,
});

export const numberOf = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1));

/** By group, then number: web-2 before web-10. */
export function byNumber(a: string, b: string): number {
  const [at, bt] = [a.lastIndexOf('-'), b.lastIndexOf('-')];
  const [ag, bg] = [a.slice(0, at), b.slice(0, bt)];
  if (ag !== bg) return ag < bg ? -1 : 1;
  return Number(a.slice(at + 1)) - Number(b.slice(bt + 1));
}

export const vmKey = (vm: Pick<VmRecord, 'namespace' | 'mcis' | 'name'>): string =>
  `${vm.namespace}/${vm.mcis}/${vm.name}`;

/** Whose SSH connections these are: a VM that is made anew under the same name is another. */
export const sshKey = (vm: Pick<VmRecord, 'connection' | 'vmName'>): string =>
  `${vm.connection}/${vm.vmName}`;

/** VMs by connection, short: an operation's input must fit into one transaction, however large the MCIS. */
export type VmList = Record<string, [name: string, vmName: string][]>;

export function listOf(vms: readonly VmRecord[]): VmList {
  const list: VmList = {};
  for (const { connection, name, vmName } of vms) (list[connection] ??= []).push([name, vmName]);
  return list;
}
export const namesOf = (list: VmList): string[] =>
  Object.values(list).flatMap(vms => vms.map(([name]) => name));

/** In bulk; each batch is one transaction. Resolves when all are durable. */
export async function writeVms<T>(
  bug: Tumblebug,
  records: readonly T[],
  write: (record: T) => Write,
): Promise<void> {
  const batches: T[][] = [];
  for (let from = 0; from < records.length; from += writesAtOnce)
    batches.push(records.slice(from, from + writesAtOnce));
  for (let from = 0; from < batches.length; from += batchesAtOnce)
    await Promise.all(
      batches.slice(from, from + batchesAtOnce).map(batch => bug.store.txn({ then: batch.map(write) })),
    );
}

export const putVms = (bug: Tumblebug, vms: readonly VmRecord[]): Promise<void> =>
  writeVms(bug, vms, vm => bug.vms.write(vmKey(vm), vm));

export const deleteVms = (
  bug: Tumblebug,
  mcis: { namespace: string; name: string },
  names: readonly string[],
): Promise<void> => writeVms(bug, names, name => ({ delete: bug.vms.keyOf(`${mcisKey(mcis)}/${name}`) }));

/** Changes the records of these names that are there. */
export async function changeVms(
  bug: Tumblebug,
  mcis: { namespace: string; name: string },
  names: readonly string[],
  change: (vm: VmRecord) => VmRecord,
): Promise<void> {
  for (let from = 0; from < names.length; from += writesAtOnce) {
    const keys = names
      .slice(from, from + writesAtOnce)
      .map(name => bug.vms.keyOf(`${mcisKey(mcis)}/${name}`));
    const found = await bug.store.getMany(keys);
    await putVms(
      bug,
      found.map(entry => change(JSON.parse(entry.value) as VmRecord)),
    );
  }
}
