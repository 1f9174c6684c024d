/** The records of an MCIS's VMs: how they are named, and written in bulk. */
import type { Write } from '@cloud-barista/store/store';
import { settled } from './making.ts';
import type { GroupPlan, VmRecord } from './records.ts';
import type { Tumblebug } from './tumblebug.ts';

/** etcd's limit for one transaction, and so ours. */
const writesAtOnce = 128;

export const vmRecord = (
  input: { namespace: string; name: string; suffix: string; created: string },
  plan: GroupPlan,
  number: number,
): VmRecord => ({
  namespace: input.namespace,
  mcis: input.name,
  name: `${plan.name}-${number}`,
  group: plan.name,
  connection: plan.connection,
  vmName: `${plan.name.slice(0, 48).replace(/-+$/, '')}-${number}-${input.suffix}`,
  problem: '',
  ended: false,
  created: input.created,
});

/** In bulk; each batch is one transaction. */
export async function writeVms(
  bug: Tumblebug,
  records: readonly VmRecord[],
  write: (vm: VmRecord) => Write,
): Promise<void> {
  const writes = records.map(write);
  const batches = Array.from({ length: Math.ceil(writes.length / writesAtOnce) }, (_, i) =>
    writes.slice(i * writesAtOnce, (i + 1) * writesAtOnce),
  );
  await settled(batches.map(then => bug.store.txn({ then })));
}

export const vmKey = (vm: VmRecord) => `${vm.namespace}/${vm.mcis}/${vm.name}`;
