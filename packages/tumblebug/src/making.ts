/**
 * The steps that make and unmake an MCIS's parts, shared by create, add, remove and delete. Each may run twice.
 */
import { BaristaError, hasCode, toBaristaError, type ErrorBody } from '@cloud-barista/model/errors';
import type { GroupInput } from '@cloud-barista/model/mcis';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { ruleKey } from '@cloud-barista/model/security-group';
import { gone } from '@cloud-barista/model/state';
import { undoCreate } from '@cloud-barista/spider/undo';
import { createKeyPair } from '@cloud-barista/spider/key-pairs';
import { createSecurityGroup } from '@cloud-barista/spider/security-groups';
import { awaitVm } from '@cloud-barista/spider/vm-waiting';
import { createVm, terminateVm } from '@cloud-barista/spider/vms';
import { createVpc } from '@cloud-barista/spider/vpcs';
import type { Run } from '@cloud-barista/store/saga';
import type { GroupPlan, NetworkPlan, VmRecord } from './records.ts';
import type { Tumblebug } from './tumblebug.ts';

/** SSH from everywhere, pings, and whatever goes out. */
const baseRules: SecurityRule[] = [
  { direction: 'inbound', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '0.0.0.0/0' },
  { direction: 'inbound', protocol: 'icmp', cidr: '0.0.0.0/0' },
  { direction: 'outbound', protocol: 'all', cidr: '0.0.0.0/0' },
];

export function rulesOf(group: Pick<GroupInput, 'rules'>): SecurityRule[] {
  const rules = new Map([...baseRules, ...(group.rules ?? [])].map(rule => [ruleKey(rule), rule]));
  return [...rules.values()];
}

/** Runs `work` over `items`, at most `most` at once. */
export async function eachOf<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(most, items.length) }, lane));
  const failed = lanes.find(lane => lane.status === 'rejected');
  if (failed) throw failed.reason;
}

export interface Making {
  bug: Tumblebug;
  run: Run;
  plans: readonly GroupPlan[];
  networks: readonly NetworkPlan[];
  groups: readonly GroupInput[];
}

/** Network and key pair of each connection, then the groups' security groups; clouds side by side. */
export async function makeGround({ bug, run, plans, networks, groups }: Making): Promise<void> {
  const { spider } = bug;
  const perConnection = async (network: NetworkPlan) => {
    const { connection } = network;
    await settled([
      run.step(`network/${connection}`, {
        do: async ({ signal, again }) => {
          const input = {
            name: network.vpc,
            cidr: network.cidr,
            subnets: [{ name: network.subnet, cidr: network.cidr }],
          };
          return {
            id: (await createVpc(spider, connection, input, { signal, resume: again, owner: run.id })).id,
          };
        },
        undo: ({ signal }) => undoCreate(spider, connection, 'vpc', network.vpc, { signal, owner: run.id }),
      }),
      run.step(`key/${connection}`, {
        do: async ({ signal, again }) => ({
          id: (
            await createKeyPair(
              spider,
              connection,
              { name: network.keyPair },
              { signal, resume: again, owner: run.id },
            )
          ).id,
        }),
        undo: ({ signal }) =>
          undoCreate(spider, connection, 'key-pair', network.keyPair, { signal, owner: run.id }),
      }),
    ]);
  };
  await settled(networks.map(perConnection));
  await settled(
    plans
      .filter(plan => plan.securityGroupMade)
      .map(plan => {
        const name = plan.securityGroups[0] ?? plan.name;
        const rules = rulesOf(groups.find(group => group.name === plan.name) ?? {});
        return run.step(`security-group/${plan.name}`, {
          group: 'security-group',
          do: async ({ signal, again }) => ({
            id: (
              await createSecurityGroup(
                spider,
                plan.connection,
                { name, vpc: plan.vpc, rules },
                { signal, resume: again, owner: run.id },
              )
            ).id,
          }),
          undo: ({ signal }) =>
            undoCreate(spider, plan.connection, 'security-group', name, { signal, owner: run.id }),
        });
      }),
  );
}

/** All of them to their ends, then the first failure: nothing is left running behind a thrown error. */
export async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
}

export type Made = { ok: true } | { ok: false; error: ErrorBody };
const failedMade = (error: unknown): Made => ({ ok: false, error: toBaristaError(error).toJSON() });

/**
 * Orders one VM. A refusal is a result, not an error: the MCIS's policy decides what it means. `attempt` 0 is the first.
 */
function orderVm(
  { bug, run }: Making,
  plan: GroupPlan,
  group: GroupInput,
  vm: VmRecord,
  attempt: number,
): Promise<Made> {
  const { spider } = bug;
  return run.step<Made>(attempt === 0 ? `vm/${vm.name}` : `vm/${vm.name}/try-${attempt}`, {
    group: 'vm',
    do: async ({ signal, again }) => {
      try {
        const { userData, rootDiskGb } = group;
        await createVm(
          spider,
          plan.connection,
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
        return { ok: true };
      } catch (error) {
        if (signal.aborted || hasCode(error, 'cancelled')) throw error;
        return failedMade(error);
      }
    },
    undo: ({ signal }) => undoCreate(spider, plan.connection, 'vm', vm.vmName, { signal, owner: run.id }),
  });
}

/** How long a cloud may take to bring a VM up. */
export const bootDeadlineMs = 15 * 60_000;
/** Orders in flight at once in one cloud; the road's own limit is lower where the cloud throttles. */
const ordersAtOnce = 64;

/** Orders `vms` of one connection and waits until each is Running, in bulk. The VMs that did not make it, with why. */
async function makeAt(
  making: Making,
  connection: string,
  vms: readonly VmRecord[],
  attempt: number,
): Promise<Map<string, ErrorBody>> {
  const { bug, run, plans, groups } = making;
  const failed = new Map<string, ErrorBody>();
  const ordered: VmRecord[] = [];
  const planOf = new Map(plans.map(plan => [plan.name, plan]));
  const groupOf = new Map(groups.map(group => [group.name, group]));
  await eachOf(vms, ordersAtOnce, async vm => {
    const plan = planOf.get(vm.group);
    const group = groupOf.get(vm.group);
    if (!plan || !group) throw new BaristaError('internal', `The plan has no group ${vm.group}.`);
    const made = await orderVm(making, plan, group, vm, attempt);
    if (made.ok) ordered.push(vm);
    else failed.set(vm.name, made.error);
  });
  // The order of arrival is chance; the step's input must not be.
  const names = ordered.map(vm => vm.vmName).sort();
  if (names.length === 0) return failed;
  const missed = await run.step<Record<string, ErrorBody>>(
    `running/${connection}${attempt === 0 ? '' : `/try-${attempt}`}`,
    {
      do: async ({ signal }) => {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(bootDeadlineMs)]);
        const found: Record<string, ErrorBody> = {};
        for (const [name, outcome] of await awaitVm(bug.spider, connection, names, 'Running', {
          signal: deadline,
        }))
          if (outcome instanceof BaristaError) found[name] = outcome.toJSON();
        return found;
      },
    },
  );
  for (const vm of ordered) {
    const problem = missed[vm.vmName];
    if (problem) failed.set(vm.name, problem);
  }
  return failed;
}

/** Makes sure that nothing of a VM that failed is left, so that it can be ordered again or given up. */
async function clear({ bug, run }: Making, vms: readonly VmRecord[], attempt: number): Promise<void> {
  await eachOf(vms, ordersAtOnce, vm =>
    run
      .step<null>(`clear/${vm.name}/${attempt}`, {
        group: 'clear',
        do: async ({ signal }) => {
          await undoCreate(bug.spider, vm.connection, 'vm', vm.vmName, { signal, owner: run.id });
          return null;
        },
      })
      .then(() => {}),
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
const retryPauseMs = (attempt: number) => Math.min(200 * 2 ** (attempt - 1), 10_000);

/**
 * Makes the VMs, clouds side by side, and does what the policy says of those that fail: `rollback` throws (and the saga is
 * undone), `keep` and `retry` (after its tries) return them, cleared away, with why.
 */
export async function makeVms(
  making: Making,
  vms: readonly VmRecord[],
  policy: 'keep' | 'rollback' | 'retry',
): Promise<Map<string, ErrorBody>> {
  const problems = new Map<string, ErrorBody>();
  const connections = [...new Set(vms.map(vm => vm.connection))];
  await settled(
    connections.map(async connection => {
      let waiting = vms.filter(vm => vm.connection === connection);
      for (let attempt = 0; waiting.length > 0; attempt++) {
        const failed = await makeAt(making, connection, waiting, attempt);
        if (failed.size === 0) return;
        if (policy === 'rollback') throw rollback(failed, waiting.length);
        const losers = waiting.filter(vm => failed.has(vm.name));
        await clear(making, losers, attempt);
        const again = losers.filter(
          vm =>
            policy === 'retry' && attempt + 1 < mostTries && !hopeless.has(failed.get(vm.name)?.code ?? ''),
        );
        for (const vm of losers) {
          const error = failed.get(vm.name);
          if (!again.includes(vm) && error) problems.set(vm.name, error);
        }
        waiting = again;
        if (again.length > 0) {
          making.run.note(
            `${connection}: ${again.length} of the VMs failed (${failed.get(again[0]?.name ?? '')?.message ?? ''}); trying again`,
          );
          await pause(retryPauseMs(attempt + 1), making.run.signal);
        }
      }
    }),
  );
  return problems;
}

function rollback(failed: Map<string, ErrorBody>, of: number): BaristaError {
  const [first] = failed;
  const [name, error] = first ?? ['', { code: 'unknown' as const, message: '' }];
  const others = failed.size === 1 ? '' : ` (and ${failed.size - 1} more of ${of})`;
  return new BaristaError(error.code, `${name}${others} could not be made: ${error.message}`, {
    where: name,
    cause: error.cause,
    next: `Everything made so far is removed again. ${error.next ?? ''} Or set onFailure to retry or keep.`.replace(
      '  ',
      ' ',
    ),
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

/** Ends VMs and waits until their clouds hold nothing of them, in bulk. */
export async function endVms(bug: Tumblebug, run: Run, vms: readonly VmRecord[]): Promise<void> {
  const connections = [...new Set(vms.map(vm => vm.connection))];
  await settled(
    connections.map(async connection => {
      const here = vms.filter(vm => vm.connection === connection);
      await eachOf(here, ordersAtOnce, vm =>
        run
          .step<null>(`terminate/${vm.name}`, {
            group: 'terminate',
            do: async ({ signal }) => {
              await terminateVm(bug.spider, connection, vm.vmName, { signal }).catch(error => {
                if (!hasCode(error, 'not_found')) throw error;
              });
              return null;
            },
          })
          .then(() => {}),
      );
      await run.step<null>(`gone/${connection}`, {
        do: async ({ signal }) => {
          const deadline = AbortSignal.any([signal, AbortSignal.timeout(bootDeadlineMs)]);
          const names = here.map(vm => vm.vmName).sort();
          for (const [name, outcome] of await awaitVm(bug.spider, connection, names, 'Terminated', {
            signal: deadline,
          }))
            if (outcome instanceof BaristaError ? !hasCode(outcome, 'not_found') : !gone.has(outcome.state))
              throw outcome instanceof BaristaError
                ? outcome
                : new BaristaError('deadline_exceeded', `${name} has not ended: it is ${outcome.state}.`, {
                    next: 'Delete again to go on.',
                  });
          for (const name of names) await undoCreate(bug.spider, connection, 'vm', name, { signal });
          return null;
        },
      });
    }),
  );
}
