/** One operation at a time changes an MCIS: it holds the record by a mark, from its first step to its end. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { McisRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';

const busy = (record: McisRecord) =>
  new BaristaError(
    'aborted',
    `The MCIS ${JSON.stringify(record.name)} is being changed by another operation.`,
    {
      where: `operation ${record.operation}`,
      next: `Wait for it, or cancel it: barista operations cancel ${record.operation}`,
    },
  );

/** For an answer at once, before an operation is begun; `hold` decides. */
export function requireFree(record: McisRecord): void {
  if (record.operation !== '') throw busy(record);
}

export async function hold(
  bug: Tumblebug,
  mcis: { namespace: string; name: string },
  by: { operation: string; holder: string },
  change: (record: McisRecord) => McisRecord = record => record,
): Promise<McisRecord> {
  return bug.mcises.update(mcisKey(mcis), record => {
    if (record.operation !== '' && record.holder !== by.holder) throw busy(record);
    return change({ ...record, ...by, updated: new Date(bug.now()).toISOString() });
  });
}

/** Lets go of what `holder` holds; an MCIS that is gone, or another's, is left alone. */
export async function release(
  bug: Tumblebug,
  mcis: { namespace: string; name: string },
  holder: string,
  change: (record: McisRecord) => McisRecord = record => record,
): Promise<void> {
  const found = await bug.mcises.get(mcisKey(mcis));
  if (!found || found.value.holder !== holder) return;
  await bug.mcises.update(mcisKey(mcis), record =>
    record.holder === holder
      ? change({ ...record, operation: '', holder: '', updated: new Date(bug.now()).toISOString() })
      : undefined,
  );
}
