/** Remote commands: on all, some or one of an MCIS's VMs, in parallel, output streamed as it comes. */
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';
import type { CommandEvent, CommandInput, CommandResult } from '@cloud-barista/model/command';
import type { McisVm } from '@cloud-barista/model/mcis';
import { suggest } from '@cloud-barista/model/nearest';
import { privateKeyOf } from '@cloud-barista/spider/key-pairs';
import { verifyHostKey } from './host-key.ts';
import { keeper } from './output.ts';
import type { SshTarget } from './ssh-connection.ts';
import type { Tumblebug } from './tumblebug.ts';
import { readMcis, viewMcis } from './view.ts';
import { byNumber, sshKey } from './vm-records.ts';

const defaultSeconds = 60;
/** Each VM's output and errors are kept up to so many bytes; of very many VMs less, that all together stay bounded. */
const outputLimit = 1024 * 1024;
const allOutputLimit = 256 * 1024 * 1024;
/** Output that nobody has taken yet: beyond it the VMs are held back (SSH's own flow control), until half is taken. */
const queueLimit = 4 * 1024 * 1024;
/** Commands under way at once; each is a connection and, on the other side, a process. */
const parallel = 64;
const youngMs = 5 * 60_000;

export function chosen(vms: readonly McisVm[], input: Pick<CommandInput, 'vms' | 'group'>): McisVm[] {
  const { vms: names, group } = input;
  if (group !== undefined && !vms.some(vm => vm.group === group))
    throw new BaristaError('not_found', `There is no group ${JSON.stringify(group)}.`, {
      where: 'group',
      next: suggest(group, new Set(vms.map(vm => vm.group)), 'Look at the MCIS: barista describe mcis'),
    });
  const known = new Set(vms.map(vm => vm.name));
  for (const name of names ?? [])
    if (!known.has(name))
      throw new BaristaError('not_found', `There is no VM ${JSON.stringify(name)}.`, {
        where: 'vms',
        next: suggest(name, known, 'Look at the MCIS: barista describe mcis'),
      });
  const wanted = names && new Set(names);
  const found = vms.filter(
    vm => (group === undefined || vm.group === group) && (wanted === undefined || wanted.has(vm.name)),
  );
  if (found.length === 0)
    throw new BaristaError('failed_precondition', 'There is no VM to run on.', {
      where: names === undefined ? 'mcis' : 'vms',
      next: 'Add VMs, or choose others.',
    });
  return found;
}

/** How to reach a VM by SSH as the platform. */
export async function targetOf(
  bug: Tumblebug,
  vm: McisVm,
  keyPair: string,
  user?: string,
): Promise<SshTarget> {
  if (vm.state !== 'Running')
    throw new BaristaError('failed_precondition', `${vm.name} is ${vm.state}, not Running.`, {
      where: vm.name,
      next:
        vm.state === 'Suspended'
          ? 'Resume it first.'
          : vm.problem === ''
            ? 'Wait until it runs, or choose other VMs.'
            : `It could not be made: ${vm.problem}`,
    });
  if (vm.ssh.host === '')
    throw new BaristaError('failed_precondition', `${vm.name} has no public address.`, {
      where: vm.name,
      next: 'Try again in a moment.',
    });
  return {
    key: sshKey(vm),
    user: user ?? vm.ssh.user,
    host: vm.ssh.host,
    port: vm.ssh.port,
    privateKey: await privateKeyOf(bug.spider, vm.connection, keyPair),
    youngMs: Date.parse(vm.created) + youngMs - bug.now(),
    verify: hostKey => verifyHostKey(bug, vm, hostKey),
  };
}

/** Why a command has no result of its own. */
function failure(error: unknown, vm: McisVm, seconds: number, late: boolean): BaristaError {
  const known = toBaristaError(error);
  if (!late || known.code === 'failed_precondition') return known;
  const reached = known.code === 'deadline_exceeded' || known.code === 'cancelled';
  return new BaristaError(
    'deadline_exceeded',
    reached
      ? `It did not end within ${seconds} s on ${vm.name}, and was killed.`
      : `${vm.name} was not reached within ${seconds} s: ${known.message}`,
    { where: vm.name, next: reached ? 'Give it longer: --timeout SECONDS' : known.next, source: error },
  );
}

/** Events of many VMs for one reader, who may be slow. */
function openQueue() {
  const events: CommandEvent[] = [];
  let bytes = 0;
  let arrived = Promise.withResolvers<void>();
  let drained: PromiseWithResolvers<void> | undefined;
  const size = (event: CommandEvent) => ('result' in event ? 0 : event.data.length);
  return {
    /** A promise where the reader is behind. */
    push(event: CommandEvent): Promise<void> | undefined {
      events.push(event);
      bytes += size(event);
      arrived.resolve();
      if (bytes <= queueLimit) return undefined;
      return (drained ??= Promise.withResolvers<void>()).promise;
    },
    async shift(): Promise<CommandEvent> {
      for (;;) {
        const event = events.shift();
        if (event) {
          bytes -= size(event);
          if (bytes <= queueLimit / 2) this.open();
          return event;
        }
        arrived = Promise.withResolvers<void>();
        await arrived.promise;
      }
    },
    /** Holds nobody back any more. */
    open(): void {
      drained?.resolve();
      drained = undefined;
    },
  };
}

/**
 * Runs on the chosen VMs; yields output and then each VM's result. One VM's failure is its own result, no error. When the
 * reader stops, or `signal` fires, what still runs is killed.
 */
export async function* streamCommand(
  bug: Tumblebug,
  namespace: string,
  name: string,
  input: CommandInput,
  call: { signal: AbortSignal },
): AsyncGenerator<CommandEvent> {
  const record = await readMcis(bug, namespace, name);
  const targets = chosen((await viewMcis(bug, record)).vms, input);
  const keys = new Map(record.plans.map(plan => [plan.name, plan.keyPair]));
  const seconds = input.timeoutSeconds ?? defaultSeconds;
  const limit = Math.min(outputLimit, Math.floor(allOutputLimit / (2 * targets.length)));
  const reader = new AbortController();
  const signal = AbortSignal.any([call.signal, reader.signal]);
  const queue = openQueue();

  async function runOn(vm: McisVm): Promise<CommandResult> {
    const started = performance.now();
    const kept = { stdout: keeper(limit), stderr: keeper(limit) };
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(seconds * 1000))]);
    const ended: Pick<CommandResult, 'exitCode' | 'signal' | 'error'> = { exitCode: null, signal: '' };
    try {
      const target = await targetOf(bug, vm, keys.get(vm.group) ?? '', input.user);
      const ran = await bug.ssh.run(target, input.command, {
        signal: deadline,
        onOutput(stream, bytes) {
          const data = kept[stream].take(bytes);
          return data === '' ? undefined : queue.push({ vm: vm.name, stream, data });
        },
      });
      ended.exitCode = ran.exitCode;
      ended.signal = ran.signal;
    } catch (error) {
      ended.error = signal.aborted
        ? new BaristaError('cancelled', 'The call was cancelled.', { where: vm.name }).toJSON()
        : failure(error, vm, seconds, deadline.aborted).toJSON();
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      // Half a character at the very end.
      const data = kept[stream].end();
      if (data !== '') void queue.push({ vm: vm.name, stream, data });
    }
    return {
      vm: vm.name,
      ...ended,
      stdout: kept.stdout.text(),
      stderr: kept.stderr.text(),
      truncated: kept.stdout.cut() || kept.stderr.cut(),
      elapsedMs: Math.round(performance.now() - started),
    };
  }

  const waiting = targets.values();
  const lane = async () => {
    for (const vm of waiting) {
      if (reader.signal.aborted) return;
      // The next VM begins when the reader has room for this one's result.
      await queue.push({ vm: vm.name, result: await runOn(vm) });
    }
  };
  const lanes = Promise.all(Array.from({ length: Math.min(parallel, targets.length) }, lane));
  try {
    for (let left = targets.length; left > 0; ) {
      const event = await queue.shift();
      if ('result' in event) left--;
      yield event;
    }
  } finally {
    reader.abort();
    queue.open();
    await lanes;
  }
}

/** The same, gathered: results in the VMs' order. */
export async function runCommand(
  bug: Tumblebug,
  namespace: string,
  name: string,
  input: CommandInput,
  call: { signal: AbortSignal },
): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  for await (const event of streamCommand(bug, namespace, name, input, call))
    if ('result' in event) results.push(event.result);
  return results.sort((a, b) => byNumber(a.vm, b.vm));
}
