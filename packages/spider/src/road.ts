/**
 * The guarded road of one connection (contract: packages/driver/src/road.ts): rate limit, deadline, retry, call history and
 * error wrapping, once for all drivers.
 */
import type { Classified, Driver } from '@cloud-barista/driver/driver';
import type { Request, Road } from '@cloud-barista/driver/road';
import { BaristaError, type ErrorCode } from '@cloud-barista/model/errors';
import type { Spider } from './context.ts';
import type { Limiter } from './rate.ts';
import { cleanError, type Redact } from './redact.ts';
import { stopped } from './signals.ts';

export interface RoadOptions {
  connection: string;
  driver: Driver;
  region: string;
  limiter: Limiter;
  redact: Redact;
}

const throttledTries = 8;
const unavailableTries = 4;
const baseBackoffMs = 100;
const maxBackoffMs = 10_000;

/** Errors of requests that the cloud surely did not perform although their code leaves it open. */
const unperformed = new WeakSet<object>();
/** Errors with a definite code whose request was sent before without an answer. */
const doubtful = new WeakSet<object>();

/** Codes by which a cloud says that it did nothing. */
const definite: ReadonlySet<ErrorCode> = new Set([
  'invalid_argument',
  'failed_precondition',
  'out_of_range',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'already_exists',
  'resource_exhausted',
  'unimplemented',
]);
/** True where the failed request surely changed nothing in the cloud. */
export const surelyNothing = (error: BaristaError): boolean =>
  unperformed.has(error) || (definite.has(error.code) && !doubtful.has(error));

const throttleWords = /throttl|RequestLimitExceeded|TooManyRequests|Too Many Requests|SlowDown|\b429\b/i;
/** libuv's and undici's codes. Those of `unsent`: no connection came about, so nothing was sent. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const cut = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** The network's error code in an error or what it wraps (`fetch failed`, AggregateError of happy eyeballs). */
function networkCode(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && (unsent.has(code) || cut.has(code))) return code;
  if (error instanceof AggregateError) return networkCode(error.errors[0], depth + 1);
  return networkCode(error.cause, depth + 1);
}

const nextSteps: Partial<Record<ErrorCode, (connection: string) => string>> = {
  invalid_argument: () => 'Change the input as the cloud says.',
  failed_precondition: () => 'Bring it into the state that the call needs, then try again.',
  unauthenticated: () => 'Check the values of its credential; store a new credential with the right ones.',
  permission_denied: () => 'Give the account the right to make this call.',
  not_found: () => 'Look whether it was deleted in the cloud by other hands.',
  resource_exhausted: () => 'Ask the cloud for more quota, or choose another spec, zone or region.',
  unavailable: connection =>
    `Try again later. What the cloud answered so far: barista calls --connection ${connection}`,
  deadline_exceeded: connection =>
    `Look whether it happened, then try again: barista calls --connection ${connection}`,
};
const nextFor = (code: ErrorCode, connection: string) =>
  nextSteps[code]?.(connection) ?? `See what the cloud answered: barista calls --connection ${connection}`;

interface Judged extends Classified {
  throttled?: true;
  /** No connection came about. */
  unsent: boolean;
}

function judge(driver: Driver, error: unknown): Judged {
  const network = networkCode(error);
  const base = { unsent: network !== undefined && unsent.has(network) };
  if (error instanceof BaristaError) {
    const throttled = error.code === 'unavailable' && throttleWords.test(error.vendorCode ?? '');
    return {
      ...base,
      code: error.code,
      cause: error.vendorCode ?? '',
      message: error.message,
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
      ...(throttled && { throttled }),
    };
  }
  const classified = driver.classify(error);
  if (classified) {
    const throttled =
      classified.throttled ?? (classified.code === 'unavailable' && throttleWords.test(classified.cause));
    return { ...base, ...classified, ...(throttled && { throttled: true, code: 'unavailable' as const }) };
  }
  const text = error instanceof Error ? error.message : String(error);
  if (network !== undefined) return { ...base, code: 'unavailable', cause: network, message: text };
  return {
    ...base,
    code: 'unknown',
    cause: error instanceof Error && error.name !== 'Error' ? error.name : '',
    message: text,
  };
}

/** A driver's error, wrapped once; what is a BaristaError already stays as it is but for secrets. */
export function wrap(
  error: unknown,
  about: { connection: string; driver: Driver; redact: Redact },
  request?: Request,
  judged = judge(about.driver, error),
): BaristaError {
  const { connection, driver, redact } = about;
  if (error instanceof BaristaError) {
    const text = redact(error.message);
    return text === error.message
      ? error
      : new BaristaError(error.code, text, {
          next: error.next,
          where: error.where,
          cause: error.vendorCode,
          retryAfterMs: error.retryAfterMs,
        });
  }
  const said = redact(judged.message).trim().slice(0, 600).replace(/\.$/, '');
  const asked = request ? ` to ${request.api}` : '';
  const answered =
    judged.code === 'deadline_exceeded'
      ? 'gave no answer in time'
      : judged.unsent
        ? 'could not be reached'
        : `answered ${redact(judged.cause) || judged.code}`;
  const subject = request?.name ? `, ${request.resource} ${JSON.stringify(request.name)}` : '';
  const text = `${driver.provider} ${answered}${asked}${said === '' ? '' : `: ${said}`} (connection ${JSON.stringify(connection)}${subject}).`;
  return new BaristaError(judged.code, text, {
    next: judged.unsent
      ? 'Check the endpoint of its region, and that the network reaches it.'
      : nextFor(judged.code, connection),
    where: `connection ${connection}`,
    cause: judged.cause === '' ? undefined : redact(judged.cause),
    retryAfterMs: judged.retryAfterMs,
    source: cleanError(error, redact),
  });
}

export function openRoad(spider: Spider, about: RoadOptions): Road {
  const { connection, driver, region, limiter } = about;
  const { now, calls } = spider;

  function record(
    request: Request,
    start: number,
    elapsedMs: number,
    outcome: 'ok' | ErrorCode,
    cause: string,
    attempt: number,
    refused?: Judged,
  ): void {
    calls.record({
      provider: driver.provider,
      connection,
      region,
      resource: request.resource,
      name: request.name ?? '',
      api: request.api,
      start,
      elapsedMs,
      outcome,
      cause,
      attempt,
      ...(refused?.throttled === true && { throttled: true }),
      ...(refused?.retryAfterMs !== undefined && { retryAfterMs: refused.retryAfterMs }),
    });
  }
  /** Full jitter: anything between nothing and the exponential bound, so that callers do not come back in step. */
  const backoff = (tries: number) => spider.random() * Math.min(maxBackoffMs, baseBackoffMs * 2 ** tries);

  return {
    async send<T>(
      request: Request,
      signal: AbortSignal,
      send: (signal: AbortSignal) => Promise<T>,
    ): Promise<T> {
      let throttles = 0;
      let failures = 0;
      /** An attempt's answer was lost: the request may have been performed. */
      let lost = false;
      for (let attempt = 1; ; attempt++) {
        const turn = limiter.acquire(signal);
        if (turn) await turn;
        const control = new AbortController();
        const stop = () => control.abort((signal.aborted ? signal : spider.signal).reason);
        signal.addEventListener('abort', stop, { once: true });
        spider.signal.addEventListener('abort', stop, { once: true });
        let late = false;
        const timer = setTimeout(() => {
          late = true;
          control.abort(new DOMException('The request took too long.', 'TimeoutError'));
        }, spider.requestTimeoutMs).unref();
        const start = now();
        const began = performance.now();
        let error: unknown;
        try {
          const answer = await send(control.signal);
          record(request, start, performance.now() - began, 'ok', '', attempt);
          return answer;
        } catch (thrown) {
          error = thrown;
        } finally {
          clearTimeout(timer);
          signal.removeEventListener('abort', stop);
          spider.signal.removeEventListener('abort', stop);
          limiter.release();
        }
        const elapsed = performance.now() - began;
        if (signal.aborted || spider.signal.aborted) {
          const end = stopped(signal.aborted ? signal : spider.signal, request.api);
          record(request, start, elapsed, end.code, '', attempt);
          throw end;
        }
        const judged: Judged = late
          ? {
              code: 'deadline_exceeded',
              cause: '',
              message: `after ${spider.requestTimeoutMs} ms`,
              unsent: false,
            }
          : judge(driver, error);
        record(request, start, elapsed, judged.code, about.redact(judged.cause), attempt, judged);
        const again = judged.throttled
          ? ++throttles < throttledTries
          : (late || judged.code === 'unavailable') && request.idempotent && ++failures < unavailableTries;
        if (judged.throttled) limiter.throttled(start, judged.retryAfterMs ?? 0);
        const unperformedNow = judged.throttled === true || judged.unsent;
        if (!again) {
          // Of a request that may be repeated, a lost answer is the cloud's being away: the caller may try again later.
          if (late && request.idempotent) judged.code = 'unavailable';
          const wrapped = wrap(error, about, request, judged);
          if (lost) doubtful.add(wrapped);
          else if (unperformedNow) unperformed.add(wrapped);
          throw wrapped;
        }
        if (!unperformedNow) lost = true;
        const pause = Math.max(judged.retryAfterMs ?? 0, backoff(throttles + failures));
        try {
          await spider.sleep(pause, signal);
        } catch {
          throw stopped(signal, request.api);
        }
      }
    },
  };
}
