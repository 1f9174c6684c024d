/** Waiting for VMs to reach a state: one poller a connection for all who wait, however many. */
import type { OpenCloud, Spider } from './context.ts';
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { gone, passing, type VmState } from '@cloud-barista/model/state';
import type { Vm } from '@cloud-barista/model/vm';
import { noSuchId, titleOf } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import { surelyNothing } from './road.ts';
import { inParallel, stopped } from './signals.ts';
import { heldVm, vmOf, type HeldVm } from './vm-records.ts';
import { observe, takeAnswers, watchOf } from './vm-states.ts';
import type { VmWaiter, VmWatch } from './vm-watch.ts';

const leastMs = 100;
const mostMs = 2000;
/** A cloud that does not answer is asked again for so long before those who wait are told. */
const patienceMs = 60_000;
/** A lagging cloud may show the state before the order for so long. */
const lingerMs = 30_000;
/** Running, and no address yet: so long an address may still come. */
const addressMs = 5000;
const completeTries = 5;

/** Of a VM: Vm when it is where it should be, an error when it never will be, undefined: wait on. */
function verdict(
  spider: Spider,
  connection: string,
  watch: VmWatch,
  waiter: VmWaiter,
  name: string,
  completes: boolean,
): Vm | BaristaError | undefined {
  const held = heldVm(spider, connection, name);
  const title = () => titleOf('vm', name, connection);
  if (!held) {
    const last = waiter.last.get(name);
    if (last && waiter.target === 'Terminated') return { ...last, state: 'Terminated' };
    return noSuchId(spider, connection, 'vm', name);
  }
  const vm = vmOf(spider, connection, held);
  if (waiter.last.get(name) !== vm) {
    const changed = waiter.last.get(name)?.state !== vm.state;
    waiter.last.set(name, vm);
    if (changed) waiter.onState?.(vm);
  }
  const age = spider.now() - waiter.since;
  if (
    waiter.target === 'Terminated'
      ? gone.has(vm.state) && held.value.state !== 'deleting'
      : vm.state === waiter.target
  ) {
    if (vm.state !== 'Running' || vm.publicIp !== '') return vm;
    if (!completes) return age > addressMs ? vm : undefined;
    const failure = watch.failures.get(name);
    return failure && failure.tries >= completeTries ? failure.error : undefined;
  }
  if (waiter.target === 'Terminated' && gone.has(vm.state)) return undefined;
  if (vm.state === 'Failed' || gone.has(vm.state))
    return new BaristaError(
      vm.state === 'NotExist' ? 'not_found' : 'aborted',
      `The ${title()} ended ${vm.state} instead of ${waiter.target}.`,
      {
        next: 'Terminate it and make another.',
        where: 'vm',
      },
    );
  if (passing.has(vm.state) || vm.state === 'Undefined' || age <= lingerMs) return undefined;
  return new BaristaError(
    'failed_precondition',
    `The ${title()} stays ${vm.state} and does not become ${waiter.target}.`,
    { next: 'Try again.', where: 'vm' },
  );
}

function decide(spider: Spider, connection: string, watch: VmWatch, completes: boolean): void {
  for (const waiter of watch.waiters) {
    for (const name of waiter.names) {
      const result = verdict(spider, connection, watch, waiter, name, completes);
      if (!result) continue;
      waiter.results.set(name, result);
      waiter.names.delete(name);
    }
    if (waiter.names.size === 0) waiter.done();
  }
}

/** Runs the driver's `complete` for VMs that run without an address. Not waited for: the next poll sees the outcome. */
function startCompleting(
  spider: Spider,
  connection: string,
  open: OpenCloud,
  watch: VmWatch,
  names: Iterable<string>,
): void {
  const { vms } = open.cloud;
  if (!vms.complete) return;
  const ready: HeldVm[] = [];
  for (const name of names) {
    const held = heldVm(spider, connection, name);
    if (
      held?.value.state !== 'bound' ||
      held.value.data.state !== 'Running' ||
      held.value.data.publicIp !== ''
    )
      continue;
    if (watch.completing.has(name) || (watch.failures.get(name)?.tries ?? 0) >= completeTries) continue;
    watch.completing.add(name);
    ready.push(held);
  }
  void inParallel(ready, 16, async ({ value }) => {
    const again = watch.failures.has(value.name);
    try {
      const asked = ++watch.sequence;
      const vm = await guarded(open, async () =>
        vms.complete?.({ signal: spider.signal, token: value.token, again }, value.id as CloudId),
      );
      watch.failures.delete(value.name);
      if (vm) await takeAnswers(spider, connection, [value.name], asked, new Map([[vm.id, vm]]));
      wake(watch);
    } catch (thrown) {
      const error = toBaristaError(thrown);
      const tries =
        surelyNothing(error) && !error.retryable
          ? completeTries
          : (watch.failures.get(value.name)?.tries ?? 0) + 1;
      watch.failures.set(value.name, { tries, error });
    } finally {
      watch.completing.delete(value.name);
    }
  });
}

/** Shortens a long nap; a short one is slept out, so that a stream of newcomers does not keep the poller awake. */
function wake(watch: VmWatch): void {
  watch.intervalMs = leastMs;
  if (watch.nap && watch.nap.ms > leastMs * 1.5) watch.nap.wake.abort();
}

async function nap(spider: Spider, watch: VmWatch): Promise<void> {
  const ms = watch.intervalMs * (0.75 + spider.random() / 2);
  const control = new AbortController();
  watch.nap = { ms, wake: control };
  await spider.sleep(ms, AbortSignal.any([control.signal, spider.signal])).catch(() => {});
  watch.nap = undefined;
}

async function poll(spider: Spider, connection: string, watch: VmWatch): Promise<void> {
  watch.polling = true;
  watch.intervalMs = leastMs;
  try {
    while (watch.waiters.size > 0 && !spider.signal.aborted) {
      const names = new Set<string>();
      for (const waiter of watch.waiters) for (const name of waiter.names) names.add(name);
      try {
        const open = await cloudOf(spider, connection, spider.signal);
        const changed = await observe(spider, connection, [...names], spider.signal);
        watch.failingSince = undefined;
        if (changed > 0) watch.intervalMs = leastMs;
        startCompleting(spider, connection, open, watch, names);
        decide(spider, connection, watch, open.cloud.vms.complete !== undefined);
      } catch (thrown) {
        const error = toBaristaError(thrown);
        watch.failingSince ??= spider.now();
        if ((surelyNothing(error) && !error.retryable) || spider.now() - watch.failingSince > patienceMs)
          for (const waiter of watch.waiters) {
            for (const name of waiter.names) waiter.results.set(name, error);
            waiter.names.clear();
            waiter.done();
          }
      }
      if (watch.waiters.size === 0) break;
      await nap(spider, watch);
      watch.intervalMs = Math.min(mostMs, watch.intervalMs * 1.5);
    }
  } finally {
    watch.polling = false;
    watch.failingSince = undefined;
    watch.failures.clear();
  }
}

/**
 * Waits until each of `names` is in `target` (Running: with its addresses), or never will be: then its entry is the error.
 * Rejects only when `call.signal` fires. A VM waited for to end (`Terminated`) is settled when its record is gone.
 */
export function awaitVm(
  spider: Spider,
  connection: string,
  names: readonly string[],
  target: VmState,
  call: { signal: AbortSignal },
  onState?: (vm: Vm) => void,
): Promise<Map<string, Vm | BaristaError>> {
  const { signal } = call;
  if (signal.aborted) return Promise.reject(stopped(signal, 'Waiting for VMs'));
  if (names.length === 0) return Promise.resolve(new Map());
  const watch = watchOf(spider, connection);
  return new Promise((resolve, reject) => {
    const stop = () => {
      watch.waiters.delete(waiter);
      reject(stopped(signal.aborted ? signal : spider.signal, 'Waiting for VMs'));
    };
    const waiter: VmWaiter = {
      names: new Set(names),
      target,
      since: spider.now(),
      results: new Map(),
      last: new Map(),
      onState,
      done() {
        watch.waiters.delete(waiter);
        signal.removeEventListener('abort', stop);
        spider.signal.removeEventListener('abort', stop);
        resolve(waiter.results);
      },
    };
    for (const name of names) {
      const held = heldVm(spider, connection, name);
      if (held) waiter.last.set(name, vmOf(spider, connection, held));
    }
    signal.addEventListener('abort', stop, { once: true });
    spider.signal.addEventListener('abort', stop, { once: true });
    watch.waiters.add(waiter);
    if (watch.polling) wake(watch);
    else {
      watch.polling = true;
      // In the next turn: those who begin to wait in this one share the first question.
      setImmediate(() => void poll(spider, connection, watch));
    }
  });
}
