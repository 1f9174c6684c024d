/** What callers may ask of long operations, over HTTP and gRPC alike: to wait for the end, and that a repeat is the same call. */
import type { IncomingHttpHeaders } from 'node:http';
import { BaristaError } from '@cloud-barista/model/errors';
import { ended, type Operation } from '@cloud-barista/model/operation';
import type { Sagas } from '@cloud-barista/store/saga';

/** A client that asks to wait gets the operation as it then stands after this at the latest. */
const longestWaitSeconds = 600;

/** `Prefer: wait=30` (RFC 7240) in seconds; `Prefer: wait` is as long as we allow; undefined: don't wait. */
export function waitOf(header: string | string[] | undefined): number | undefined {
  const match = /(?:^|[,\s])wait(?:=(\d+))?(?:$|[,;\s])/i.exec([header].flat().join(','));
  return match ? Math.min(Number(match[1] ?? longestWaitSeconds), longestWaitSeconds) : undefined;
}

export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,128}$/.test(key)) return key;
  throw new BaristaError('invalid_argument', 'The Idempotency-Key is not usable.', {
    where: 'Idempotency-Key',
    next: 'Use 1 to 128 visible ASCII characters.',
  });
}

/**
 * The operation after its end, or after that many seconds: too long a wait is no error, the operation goes on. Throws its error
 * where it ended with one.
 */
export async function waited(
  sagas: Pick<Sagas, 'wait'>,
  operation: Operation,
  seconds: number,
  signal: AbortSignal,
): Promise<Operation> {
  let now = operation;
  if (!ended.has(now.state)) {
    const enough = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
    now = await sagas.wait(operation.id, enough).catch(error => {
      if (enough.aborted) return now;
      throw error;
    });
  }
  if (!now.error || now.state === 'succeeded' || !ended.has(now.state)) return now;
  const { code, message, next, where, cause } = now.error;
  throw new BaristaError(code as BaristaError['code'], message, {
    next,
    where: where ?? `operation ${now.id}`,
    cause,
  });
}
