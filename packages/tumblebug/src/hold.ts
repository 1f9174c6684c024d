/**
 * One operation at a time changes an MCIS: it holds the record by a mark, from its first step to its end. An operation is
 * planned on what the record said at one revision and takes hold of exactly that: what came between ends it.
 */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { ended, type Operation } from '@cloud-barista/model/operation';
import type { Versioned } from '@cloud-barista/store/collection';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import type { Compare, Write } from '@cloud-barista/store/store';
import type { McisRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { noSuchMcis } from './view.ts';

/** What every change of a standing MCIS has in its input. */
export interface Holding {
  namespace: string;
  name: string;
  /** The mark by which the operation knows what it holds, also after a crash. */
  holder: string;
  /** Of the MCIS's record at planning. */
  revision: number;
}

const busy = (record: McisRecord) =>
  new BaristaError(
    'aborted',
    record.phase === 'Preparing'
      ? `The MCIS ${JSON.stringify(record.name)} is still being made.`
      : `The MCIS ${JSON.stringify(record.name)} is being changed by another operation.`,
    {
      where: `operation ${record.operation}`,
      next: `Wait for it, or cancel it: barista operations cancel ${record.operation}`,
    },
  );

/** An operation that has ended, or that nobody knows any more, holds nothing, whatever the record says. */
async function isHeld(record: McisRecord, sagas: Pick<Sagas, 'get'> | undefined): Promise<boolean> {
  if (record.operation === '') return false;
  if (!sagas) return true;
  try {
    return !ended.has((await sagas.get(record.operation)).state);
  } catch (error) {
    if (hasCode(error, 'not_found')) return false;
    throw error;
  }
}

/** The MCIS's record, to plan a change on; aborted while another operation changes it, failed_precondition where it can't be changed any more. */
export async function readFree(
  bug: Tumblebug,
  sagas: Pick<Sagas, 'get'> | undefined,
  { namespace, name }: { namespace: string; name: string },
  forDelete = false,
): Promise<Versioned<McisRecord>> {
  const found = await bug.mcises.get(mcisKey({ namespace, name }));
  if (!found) throw await noSuchMcis(bug, namespace, name);
  const record = found.value;
  if (await isHeld(record, sagas)) throw busy(record);
  if (record.phase !== 'Ready' && !forDelete)
    throw new BaristaError(
      'failed_precondition',
      record.phase === 'Deleting'
        ? `The MCIS ${JSON.stringify(name)} is partly deleted.`
        : `The MCIS ${JSON.stringify(name)} was never made completely.`,
      { where: 'mcis', next: `Delete it: barista delete mcis ${name} -n ${namespace}` },
    );
  return found;
}

/** What else is written, and compared, in the transaction that takes hold. */
export interface Taking {
  record: McisRecord;
  if?: Compare[];
  then?: Write[];
}

/** Takes hold, once; an earlier run of the same operation's step has done so already. Returns the record as it is held. */
export async function hold(
  bug: Tumblebug,
  by: Holding,
  operation: string,
  change: (record: McisRecord) => Taking | Promise<Taking> = record => ({ record }),
): Promise<McisRecord> {
  const key = mcisKey(by);
  for (;;) {
    const found = await bug.mcises.get(key);
    if (!found)
      throw new BaristaError('not_found', `The MCIS ${JSON.stringify(by.name)} is gone.`, {
        where: 'mcis',
        next: 'Nothing is left to do.',
      });
    const { value, revision } = found;
    if (value.holder === by.holder) return value;
    if (revision !== by.revision) {
      if (value.operation !== '') throw busy(value);
      throw new BaristaError(
        'aborted',
        `The MCIS ${JSON.stringify(by.name)} was changed since this was planned.`,
        { where: 'mcis', next: 'Look at it, then try again.' },
      );
    }
    const taking = await change({
      ...value,
      operation,
      holder: by.holder,
      updated: new Date(bug.now()).toISOString(),
    });
    const result = await bug.store.txn({
      if: [{ key: bug.mcises.keyOf(key), revision }, ...(taking.if ?? [])],
      then: [bug.mcises.write(key, taking.record), ...(taking.then ?? [])],
    });
    if (result.ok) return taking.record;
  }
}

/** Lets go of what `holder` holds; an MCIS that is gone, or another's, is left alone. */
export async function release(
  bug: Tumblebug,
  mcis: { namespace: string; name: string; holder: string },
): Promise<void> {
  const found = await bug.mcises.get(mcisKey(mcis));
  if (!found || found.value.holder !== mcis.holder) return;
  await bug.mcises.update(mcisKey(mcis), record =>
    record.holder === mcis.holder
      ? { ...record, operation: '', holder: '', updated: new Date(bug.now()).toISOString() }
      : undefined,
  );
}

export interface LongCall {
  signal?: AbortSignal;
  idempotencyKey?: string | undefined;
}

/** Plans and starts; a request that is repeated with its key gets its operation, whatever has become of the MCIS since. */
export async function begin<Input>(
  sagas: Sagas,
  saga: Saga<Input>,
  { namespace, target }: { namespace: string; target: string },
  call: LongCall,
  plan: () => Promise<Input>,
): Promise<Operation> {
  if (call.idempotencyKey === undefined) return sagas.start(saga, await plan());
  const idempotencyKey = `${saga.kind}/${namespace}/${call.idempotencyKey}`;
  const before = await sagas.started(idempotencyKey);
  if (before && before.target !== target)
    throw new BaristaError('failed_precondition', 'The idempotency key was used for another request.', {
      where: 'idempotencyKey',
      next: 'Use a new key for each request, and the same only to repeat it.',
    });
  return before ?? sagas.start(saga, await plan(), { idempotencyKey });
}
