/** How the driver's nouns reach the cloud: each call by its name over the road, faults first. */
import type { ResourceKind } from '@cloud-barista/model/call';
import type { Call } from '@cloud-barista/driver/call';
import type { Road } from '@cloud-barista/driver/road';
import { MemoryCloudError, type MemoryErrorCode } from './errors.ts';
import type { State } from './state.ts';

export interface Context {
  state: State;
  region: string;
  /** How long what passes takes, in milliseconds. */
  createMs: number;
  /** 0 to 1: how many of the VMs asked for this cloud has no room for. */
  failCreate: number;
  chance: () => number;
  now: () => number;
  send: <T>(api: string, resource: ResourceKind, call: Call, name: string, work: () => T) => Promise<T>;
}

const faults: Record<string, { code: MemoryErrorCode; message: string; retryAfterMs?: number }> = {
  error: { code: 'InternalFailure', message: 'The cloud failed inside.' },
  capacity: { code: 'InsufficientCapacity', message: 'The cloud has no room for another VM of this spec.' },
  quota: { code: 'VmQuotaExceeded', message: 'The account may have no more VMs.' },
  throttle: { code: 'Throttling', message: 'Too many requests.', retryAfterMs: 1 },
  unavailable: { code: 'ServiceUnavailable', message: 'The cloud is out of service.' },
  drop: { code: 'ConnectionBroken', message: 'The connection broke.' },
};

/** Undefined where the cloud is well. A fault stops the call before it is carried out. */
function strike(context: Context, api: string): string | undefined {
  const rule = context.state.fault;
  if (!rule) return undefined;
  const hit = rule.api === undefined || rule.api === api || (rule.api === 'create-vm' && api === 'RunVm');
  return hit && context.chance() < rule.probability ? rule.fault : undefined;
}

async function fail(fault: string, signal: AbortSignal): Promise<never> {
  if (fault === 'hang') {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    return promise;
  }
  const known = faults[fault];
  if (!known) throw new RangeError(`the in-process cloud knows no fault ${JSON.stringify(fault)}`);
  throw new MemoryCloudError(known.code, known.message, known.retryAfterMs);
}

/** Every call may be repeated: creates carry their token as this cloud's client token. */
export function createSend(context: Context, road: Road): Context['send'] {
  return (api, resource, call, name, work) =>
    road.send(
      { api, resource, ...(name !== '' && { name }), idempotent: true },
      call.signal,
      async signal => {
        signal.throwIfAborted();
        const fault = strike(context, api);
        return fault === undefined ? work() : fail(fault, signal);
      },
    );
}
