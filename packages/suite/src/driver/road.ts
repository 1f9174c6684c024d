/**
 * The suite's own road: it records every request and classifies errors by the driver's table, and does nothing else – no
 * retry, no rate limit – so that a driver is judged alone. `meddle` breaks a request before it leaves, or loses its answer.
 */
import type { Driver } from '@cloud-barista/driver/driver';
import type { Request, Road } from '@cloud-barista/driver/road';
import { BaristaError, type ErrorCode } from '@cloud-barista/model/errors';

export interface Sent {
  request: Request;
  outcome: 'waiting' | 'ok' | ErrorCode;
  /** The cloud's own code word, or the text of an error that no table knows. */
  cause: string;
  /** Broken on purpose, by `meddle`, a fault or an abort: no proof against the driver. */
  meddled: boolean;
}

export interface Meddle {
  /** Called with the request's number, from 1. What it throws is thrown instead of sending. */
  before?: (number: number) => void;
  /** What it throws takes the place of the answer: the request was performed, nobody knows. */
  after?: (number: number) => void;
}

export interface SuiteRoad extends Road {
  readonly sent: Sent[];
  /** While true, what is recorded counts as meddled. */
  meddling: boolean;
}

/** No vendor says these: the guarded road too takes them for `unavailable` where a driver's table leaves them out. */
const network = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'UND_ERR_SOCKET',
]);
function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && network.has(error.code)) return error.code;
  return networkCode(error instanceof AggregateError ? error.errors[0] : error.cause);
}

/** A vendor's error as the road throws it: also for what a driver throws beside the road. */
export function classified(driver: Pick<Driver, 'name' | 'classify'>, error: unknown): BaristaError {
  if (error instanceof BaristaError) return error;
  const known = driver.classify(error);
  if (known)
    return new BaristaError(known.code, known.message, {
      cause: known.cause,
      retryAfterMs: known.retryAfterMs,
      source: error,
    });
  const wire = networkCode(error);
  if (wire !== undefined)
    return new BaristaError('unavailable', `No answer: ${wire}`, { cause: wire, source: error });
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new BaristaError('internal', `${driver.name} does not classify ${text}`, { source: error });
}

export function createRoad(
  driver: Pick<Driver, 'name' | 'classify'>,
  timeoutMs: number,
  meddle: Meddle = {},
): SuiteRoad {
  const sent: Sent[] = [];
  return {
    sent,
    meddling: false,
    async send(request, signal, send) {
      if (signal.aborted) throw new BaristaError('cancelled', `${request.api} was cancelled before it left.`);
      const entry: Sent = { request, outcome: 'waiting', cause: '', meddled: this.meddling };
      sent.push(entry);
      const number = sent.length;
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        meddle.before?.(number);
        const answer = await send(AbortSignal.any([signal, deadline]));
        meddle.after?.(number);
        entry.outcome = 'ok';
        return answer;
      } catch (error) {
        const wrapped = wrap(error, signal, deadline, request.api);
        entry.outcome = wrapped.code;
        entry.cause = wrapped.vendorCode ?? wrapped.message;
        entry.meddled ||= error instanceof Meddled;
        throw wrapped;
      }
    },
  };

  function wrap(error: unknown, signal: AbortSignal, deadline: AbortSignal, api: string): BaristaError {
    if (error instanceof BaristaError) return error;
    if (signal.aborted) return new BaristaError('cancelled', `${api} was cancelled.`, { source: error });
    if (deadline.aborted)
      return new BaristaError('deadline_exceeded', `${api} took longer than ${timeoutMs} ms.`, {
        source: error,
      });
    return classified(driver, error);
  }
}

/** What the suite itself broke. */
export class Meddled extends BaristaError {
  constructor(message: string) {
    super('unavailable', message, { cause: 'BrokenByTheSuite' });
  }
}
