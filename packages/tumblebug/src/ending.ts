/** Ends VMs of a connection and waits until their cloud holds nothing of them. Steps; each may run twice. */
import { BaristaError, hasCode, type ErrorBody } from '@cloud-barista/model/errors';
import { undoCreate } from '@cloud-barista/spider/undo';
import { heldVm } from '@cloud-barista/spider/vm-records';
import { terminateVm } from '@cloud-barista/spider/vms';
import type { Run } from '@cloud-barista/store/saga';
import { ordersAtOnce } from './making.ts';
import { eachOf } from './parallel.ts';
import { inTime, unreached } from './reaching.ts';
import type { Tumblebug } from './tumblebug.ts';
import { sshKey, type VmList } from './vm-records.ts';

/** What is gone already is no error; what can't be ended is: its cloud's own. */
export async function endVms(
  bug: Tumblebug,
  run: Run,
  connection: string,
  vms: VmList[string],
): Promise<void> {
  const { spider } = bug;
  if (vms.length === 0) return;
  await eachOf(vms, ordersAtOnce, ([name, vmName]) =>
    run.step<null>(`terminate/${name}`, {
      group: 'terminate',
      do: async ({ signal, again }) => {
        bug.ssh.drop(sshKey({ connection, vmName }));
        await terminateVm(spider, connection, vmName, { signal, resume: again }).catch((error: unknown) => {
          if (!hasCode(error, 'not_found')) throw error;
        });
        return null;
      },
    }),
  );
  await run.step<null>(`gone/${connection}`, {
    do: async ({ signal }) => {
      const names = vms.map(([, vmName]) => vmName);
      const missed = await unreached(bug, connection, names, 'Terminated', signal);
      const [first] = Object.values(missed);
      if (first) throw lasting(first, Object.keys(missed).length, vms.length);
      // A record can outlive its VM: of a create that was never answered, or a VM ended by others.
      await eachOf(
        names.filter(name => heldVm(spider, connection, name) !== undefined),
        ordersAtOnce,
        name => undoCreate(spider, connection, 'vm', name, { signal: inTime(bug, signal) }),
      );
      return null;
    },
  });
}

const lasting = (first: ErrorBody, count: number, of: number) =>
  new BaristaError(first.code, `${count} of ${of} VMs have not ended: ${first.message}`, {
    where: first.where,
    cause: first.cause,
    next: first.next,
  });

/** Runs each connection's part to its end; then the failure, told with its connection, if any. */
export async function atEach(
  connections: readonly string[],
  repeat: string,
  work: (connection: string) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(connections.map(work));
  const failed = results.flatMap((result, i) =>
    result.status === 'rejected'
      ? [{ connection: connections[i] ?? '', reason: result.reason as unknown }]
      : [],
  );
  const [first] = failed;
  if (!first) return;
  const { connection, reason } = first;
  if (!(reason instanceof BaristaError) || reason.code === 'cancelled') throw reason;
  const others = failed.slice(1).map(failure => failure.connection);
  throw new BaristaError(
    reason.code,
    `${connection}: ${reason.message}${others.length > 0 ? ` (${others.join(', ')} failed too)` : ''}`,
    {
      where: `connection ${connection}`,
      cause: reason.vendorCode,
      operator: reason.operator,
      next: [reason.next, repeat].filter(text => text !== undefined).join(' '),
      source: reason,
    },
  );
}
