/** Remote commands: on all, some or one of an MCIS's VMs, in parallel, output streamed as it comes. */
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';
import type { CommandEvent, CommandInput, CommandResult } from '@cloud-barista/model/command';
import type { McisVm } from '@cloud-barista/model/mcis';
import { suggest } from '@cloud-barista/model/nearest';
import { privateKeyOf } from '@cloud-barista/spider/key-pairs';
import { verifyHostKey } from './host-key.ts';
import { getMcis, readMcis } from './view.ts';
import type { SshTarget } from './ssh.ts';
import type { Tumblebug } from './tumblebug.ts';

const defaultSeconds = 60;
const outputLimit = 1024 * 1024;
/** Commands under way at once; each is a connection and, on the other side, a process. */
const parallel = 64;
const youngMs = 5 * 60_000;

function chosen(vms: readonly McisVm[], input: Pick<CommandInput, 'vms' | 'group'>): McisVm[] {
  const { vms: names, group } = input;
  if (group !== undefined && !vms.some(vm => vm.group === group))
    throw new BaristaError('not_found', `There is no group ${JSON.stringify(group)}.`, {
      where: 'group',
      next: suggest(group, new Set(vms.map(vm => vm.group)), 'Look at the MCIS: barista describe mcis'),
    });
  for (const name of names ?? [])
    if (!vms.some(vm => vm.name === name))
      throw new BaristaError('not_found', `There is no VM ${JSON.stringify(name)}.`, {
        where: 'vms',
        next: suggest(
          name,
          vms.map(vm => vm.name),
          'Look at the MCIS: barista describe mcis',
        ),
      });
  const found = vms.filter(
    vm => (group === undefined || vm.group === group) && (names === undefined || names.includes(vm.name)),
  );
  if (found.length === 0)
    throw new BaristaError('failed_precondition', 'There is no VM to run on.', {
      next: 'Add VMs, or choose others.',
    });
  return found;
}

/** How to reach a VM by SSH as the platform. */
export async function targetOf(
  bug: Tumblebug,
  namespace: string,
  mcis: string,
  vm: McisVm,
  keyPair: string,
  user?: string,
): Promise<SshTarget> {
  if (vm.state !== 'Running')
    throw new BaristaError('failed_precondition', `${vm.name} is ${vm.state}, not Running.`, {
      where: vm.name,
      next: 'Resume it first.',
    });
  if (vm.ssh.host === '')
    throw new BaristaError('failed_precondition', `${vm.name} has no address yet.`, {
      where: vm.name,
      next: 'Try again in a moment.',
    });
  return {
    key: `${namespace}/${mcis}/${vm.name}`,
    user: user ?? vm.ssh.user,
    host: vm.ssh.host,
    port: vm.ssh.port,
    privateKey: await privateKeyOf(bug.spider, vm.connection, keyPair),
    young: bug.now() - Date.parse(vm.created) < youngMs,
    verify: hostKey => verifyHostKey(bug, vm, hostKey),
  };
}

/** Whole characters only, at most `outputLimit` bytes kept. */
function keeper() {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  return {
    take(data: Buffer): string {
      size += data.length;
      const piece = decoder.decode(data, { stream: true });
      if (text.length < outputLimit) text += piece.slice(0, outputLimit - text.length);
      return piece;
    },
    get text() {
      return text;
    },
    get cut() {
      return size > outputLimit;
    },
  };
}

/** Runs on the chosen VMs; yields output and then each VM's result. One VM's failure is its own result, no error. */
export async function* streamCommand(
  bug: Tumblebug,
  namespace: string,
  name: string,
  input: CommandInput,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<CommandEvent> {
  const record = await readMcis(bug, namespace, name);
  const { vms } = await getMcis(bug, namespace, name);
  const targets = chosen(vms, input);
  const keys = new Map(record.plans.map(plan => [plan.name, plan.keyPair]));
  const seconds = input.timeoutSeconds ?? defaultSeconds;

  const queue: CommandEvent[] = [];
  let wake: () => void = () => {};
  const tell = (event: CommandEvent) => {
    queue.push(event);
    wake();
  };

  async function runOn(vm: McisVm): Promise<void> {
    const started = performance.now();
    const stdout = keeper();
    const stderr = keeper();
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(seconds * 1000))]);
    const result: CommandResult = {
      vm: vm.name,
      exitCode: null,
      signal: '',
      stdout: '',
      stderr: '',
      truncated: false,
      elapsedMs: 0,
    };
    try {
      const target = await targetOf(bug, namespace, name, vm, keys.get(vm.group) ?? '', input.user);
      const ran = await bug.ssh.run(target, input.command, {
        signal: deadline,
        onOutput(stream, data) {
          tell({ vm: vm.name, stream, data: (stream === 'stdout' ? stdout : stderr).take(data) });
        },
      });
      result.exitCode = ran.exitCode;
      result.signal = ran.signal;
    } catch (error) {
      const known =
        deadline.aborted && !signal.aborted
          ? new BaristaError('deadline_exceeded', `It did not end within ${seconds} s on ${vm.name}.`, {
              where: vm.name,
              next: 'Give it longer: --timeout SECONDS',
            })
          : toBaristaError(signal.aborted ? new BaristaError('cancelled', 'The call was cancelled.') : error);
      result.error = known.toJSON();
    }
    result.stdout = stdout.text;
    result.stderr = stderr.text;
    result.truncated = stdout.cut || stderr.cut;
    result.elapsedMs = Math.round(performance.now() - started);
    tell({ vm: vm.name, result });
  }

  let left = targets.length;
  const waiting = targets.values();
  const lane = async () => {
    for (const vm of waiting) await runOn(vm);
  };
  const lanes = Promise.all(Array.from({ length: Math.min(parallel, targets.length) }, lane));
  while (left > 0) {
    const event = queue.shift();
    if (!event) {
      await new Promise<void>(resolve => {
        wake = resolve;
        if (queue.length > 0) resolve();
      });
      continue;
    }
    if ('result' in event) left--;
    yield event;
  }
  await lanes;
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
  return results.sort((a, b) => a.vm.localeCompare(b.vm, 'en', { numeric: true }));
}
