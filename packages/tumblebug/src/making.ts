/**
 * The steps that make an MCIS's VMs, shared by create and add. Each may run twice; between them all is decided by the
 * steps' results, never by who was first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BaristaError, type ErrorBody } from '@cloud-barista/model/errors';
import type { FailurePolicy, Group } from '@cloud-barista/model/mcis';
import { undoCreate } from '@cloud-barista/spider/undo';
import { createVm } from '@cloud-barista/spider/vms';
import { madeOf, makeGround, tryName, type Made, type Making } from './ground.ts';
import { eachOf } from './parallel.ts';
import { inTime, unreached } from './reaching.ts';
import type { GroupPlan, VmRecord } from './records.ts';

/** Orders in flight at once in one cloud; the road's own limit is lower where the cloud throttles. */
export const ordersAtOnce = 64;

/** Orders one VM. A refusal is a result, not an error: the MCIS's policy decides what it means. */
function orderVm(
  { bug, run }: Making,
  plan: GroupPlan,
  group: Group,
  vm: VmRecord,
  attempt: number,
): Promise<Made> {
  const { connection } = plan;
  return run.step<Made>(`vm/${vm.name}${tryName(attempt)}`, {
    group: 'vm',
    do: ({ signal, again }) =>
      madeOf(signal, () => {
        const { userData, rootDiskGb } = group;
        return createVm(
          bug.spider,
          connection,
          {
            name: vm.vmName,
            image: plan.image,
            spec: plan.spec,
            vpc: plan.vpc,
            subnet: plan.subnet,
            securityGroups: plan.securityGroups,
            keyPair: plan.keyPair,
            ...(userData !== undefined && { userData }),
            ...(rootDiskGb !== undefined && { rootDiskGb }),
          },
          { signal, resume: again, owner: run.id },
        );
      }),
    undo: ({ signal }) =>
      undoCreate(bug.spider, connection, 'vm', vm.vmName, { signal: inTime(bug, signal), owner: run.id }),
  });
}

/** Orders `vms`; those that were refused, with why. */
async function orderVms(
  making: Making,
  vms: readonly VmRecord[],
  attempt: number,
): Promise<Map<string, ErrorBody>> {
  const planOf = new Map(making.plans.map(plan => [plan.name, plan]));
  const groupOf = new Map(making.groups.map(group => [group.name, group]));
  const refused = new Map<string, ErrorBody>();
  await eachOf(vms, ordersAtOnce, async vm => {
    const plan = planOf.get(vm.group);
    const group = groupOf.get(vm.group);
    if (!plan || !group) throw new BaristaError('internal', `The plan has no group ${vm.group}.`);
    const made = await orderVm(making, plan, group, vm, attempt);
    if (!made.ok) refused.set(vm.name, made.error);
  });
  return refused;
}

/** Makes sure that nothing of a VM that failed is left, so that it can be ordered again or given up. */
async function clear({ bug, run }: Making, vms: readonly VmRecord[], attempt: number): Promise<void> {
  await eachOf(vms, ordersAtOnce, vm =>
    run.step<null>(`clear/${vm.name}/${attempt}`, {
      group: 'clear',
      do: async ({ signal }) => {
        await undoCreate(bug.spider, vm.connection, 'vm', vm.vmName, {
          signal: inTime(bug, signal),
          owner: run.id,
        });
        return null;
      },
    }),
  );
}

/** Codes that another try can't change. */
const hopeless: ReadonlySet<string> = new Set([
  'invalid_argument',
  'unauthenticated',
  'permission_denied',
  'unimplemented',
  'cancelled',
  'internal',
]);
/** With a cloud that fails one create in five, a hundred VMs miss after eight tries once in four thousand runs. */
const mostTries = 8;
const longestPauseMs = 10_000;

/** The VMs of one connection, by the policy; those that are given up, with why. */
async function makeAt(
  making: Making,
  connection: string,
  vms: readonly VmRecord[],
  policy: FailurePolicy,
): Promise<Map<string, ErrorBody>> {
  const { bug, run } = making;
  const problems = new Map<string, ErrorBody>();
  let waiting = vms;
  let groundless: ReadonlySet<string> = new Set(vms.map(vm => vm.group));
  for (let attempt = 0; ; attempt++) {
    const failed = new Map<string, ErrorBody>();
    if (groundless.size > 0) {
      const lacking = await makeGround(making, connection, groundless, attempt);
      for (const vm of waiting) {
        const error = lacking.get(vm.group);
        if (error) failed.set(vm.name, error);
      }
      groundless = new Set(lacking.keys());
    }
    const ordered = waiting.filter(vm => !failed.has(vm.name));
    for (const [name, error] of await orderVms(making, ordered, attempt)) failed.set(name, error);
    if (failed.size > 0 && policy === 'rollback') throw rollback(waiting, failed);

    const standing = ordered.filter(vm => !failed.has(vm.name)).map(vm => vm.vmName);
    const missed =
      standing.length === 0
        ? {}
        : await run.step<Record<string, ErrorBody>>(`running/${connection}${tryName(attempt)}`, {
            do: ({ signal }) => unreached(bug, connection, standing, 'Running', signal),
          });
    for (const vm of ordered) {
      const error = missed[vm.vmName];
      if (error) failed.set(vm.name, error);
    }
    if (failed.size === 0) return problems;
    if (policy === 'rollback') throw rollback(waiting, failed);

    await clear(
      making,
      ordered.filter(vm => failed.has(vm.name)),
      attempt,
    );
    const again: VmRecord[] = [];
    for (const vm of waiting) {
      const error = failed.get(vm.name);
      if (!error) continue;
      if (policy === 'retry' && attempt + 1 < mostTries && !hopeless.has(error.code)) again.push(vm);
      else problems.set(vm.name, error);
    }
    const [first] = again;
    if (!first) return problems;
    run.note(
      `${connection}: ${again.length} of the VMs failed (${failed.get(first.name)?.message ?? ''}); trying again`,
    );
    waiting = again;
    // A step, so that a replay does not wait through it again.
    await run.step<null>(`pause/${connection}/${attempt}`, {
      do: ({ signal }) => sleep(Math.min(bug.retryPauseMs * 2 ** attempt, longestPauseMs), null, { signal }),
    });
  }
}

/**
 * Makes the VMs and what they stand on, clouds side by side, and does what the policy says of those that fail: `rollback`
 * throws at the first (the saga stops the others and is undone); `keep`, and `retry` after its tries, returns them, cleared
 * away, with why, in the order of `vms`. Throws where none at all could be made.
 */
export async function makeVms(
  making: Making,
  vms: readonly VmRecord[],
  policy: FailurePolicy,
): Promise<Map<string, ErrorBody>> {
  const connections = [...new Set(vms.map(vm => vm.connection))];
  const found = await Promise.all(
    connections.map(connection =>
      makeAt(
        making,
        connection,
        vms.filter(vm => vm.connection === connection),
        policy,
      ),
    ),
  );
  const all = new Map(found.flatMap(problems => [...problems]));
  const problems = new Map<string, ErrorBody>();
  for (const { name } of vms) {
    const error = all.get(name);
    if (error) problems.set(name, error);
  }
  const [first] = problems;
  if (first && problems.size === vms.length)
    throw new BaristaError(first[1].code, `No VM could be made: ${first[1].message}`, {
      where: first[0],
      cause: first[1].cause,
      next: first[1].next,
    });
  return problems;
}

/** How many steps making comes to when nothing fails, for progress. */
export const stepsOf = ({ plans, networks }: Making, vms: readonly VmRecord[]): number =>
  networks.reduce((sum, { vpc, keyPair }) => sum + Number(vpc !== '') + Number(keyPair !== ''), 0) +
  plans.filter(plan => plan.securityGroupMade && vms.some(vm => vm.group === plan.name)).length +
  vms.length +
  new Set(vms.map(vm => vm.connection)).size;

function rollback(vms: readonly VmRecord[], failed: ReadonlyMap<string, ErrorBody>): BaristaError {
  const name = vms.find(vm => failed.has(vm.name))?.name ?? '';
  const error = failed.get(name) ?? { code: 'unknown' as const, message: '' };
  const others = failed.size === 1 ? '' : ` (and ${failed.size - 1} more of ${vms.length})`;
  const next = ['Everything made so far is removed again.', error.next, 'Or set onFailure to retry or keep.'];
  return new BaristaError(error.code, `${name}${others} could not be made: ${error.message}`, {
    where: name,
    cause: error.cause,
    next: next.filter(text => text !== undefined).join(' '),
  });
}
