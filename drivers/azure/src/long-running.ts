/**
 * Operations that take longer than a request, waited for as "Track asynchronous Azure operations" says: by the address in
 * `Azure-AsyncOperation` first, else by `Location`, else by the resource's own provisioningState.
 */
import { pause } from '@cloud-barista/driver/concurrency';
import { retryAfter } from '@cloud-barista/driver/errors';
import type { Answer } from '@cloud-barista/driver/http';
import { hasCode } from '@cloud-barista/model/errors';
import type { Call } from '@cloud-barista/driver/call';
import type { Arm, Order } from './arm.ts';
import { AzureError, readEnvelope, wrapped } from './errors.ts';

/** Where Azure does not say how long to wait: soon at first, then slower. */
const firstPauseMs = 50;
const maxPauseMs = 10_000;

const header = (answer: Answer, name: string): string | undefined => {
  const value = answer.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

interface Status {
  status?: string;
  error?: unknown;
  properties?: { provisioningState?: string };
}

const ended = (word: string) => /^(succeeded|failed|cancell?ed)$/i.test(word);

export async function finish(arm: Arm, call: Call, order: Order, first: Answer): Promise<unknown> {
  const { api, resource, name } = order;
  const about = { resource, ...(name !== undefined && { name }), method: 'GET' } as const;
  let waited = firstPauseMs;
  let last = first;

  async function poll(path: string, word: string, version?: string): Promise<Answer> {
    const said = retryAfter(header(last, 'retry-after'));
    // `Retry-After: 0` is taken at its word once: an operation that takes longer is not asked without a pause.
    const ms = said === undefined ? waited : Math.max(said, last === first ? 0 : waited);
    waited = Math.min(waited * 2, maxPauseMs);
    await pause(ms, call.signal);
    const address = version === undefined ? { path } : { path, version };
    last = await arm.send(call, { ...about, api: `${api} ${word}`, ...address });
    return last;
  }
  const resourceNow = async (): Promise<unknown> => {
    const { path, version } = order;
    const again = { ...about, api: `${api} (result)`, path, ...(version !== undefined && { version }) };
    return (await arm.send(call, again)).body;
  };

  const operation = header(first, 'azure-asyncoperation');
  if (operation !== undefined) {
    for (;;) {
      const body = ((await poll(operation, '(status)')).body ?? {}) as Status;
      const word = body.status ?? '';
      if (!ended(word)) continue;
      refuse(word, body, api);
      return order.method === 'PUT' ? resourceNow() : body;
    }
  }

  const location = header(first, 'location');
  if (location !== undefined && first.status === 202) {
    try {
      while (last.status === 202) await poll(header(last, 'location') ?? location, '(result)');
    } catch (error) {
      // Where what was deleted is gone, some providers' result is too.
      if (order.method !== 'DELETE' || !hasCode(error, 'not_found')) throw error;
    }
    return order.method === 'PUT' ? resourceNow() : last.body;
  }

  let body = first.body as Status | undefined;
  while (order.method === 'PUT') {
    const word = body?.properties?.provisioningState;
    // Resources without the property are there when the answer is.
    if (word === undefined || ended(word)) {
      refuse(word ?? 'Succeeded', body, api);
      break;
    }
    body = (await poll(order.path, '(state)', order.version)).body as Status | undefined;
  }
  // A delete that names no address to ask: the resource itself, until it is gone.
  while (order.method === 'DELETE' && last.status === 202) {
    try {
      await poll(order.path, '(state)', order.version);
      last = { ...last, status: 202 };
    } catch (error) {
      if (!hasCode(error, 'not_found')) throw error;
      break;
    }
  }
  return body;
}

/** Waits until what an earlier attempt began to make is made; undefined where that failed. */
export async function settled<T extends Status>(
  arm: Arm,
  call: Call,
  order: Order,
  found: T,
): Promise<T | undefined> {
  const word = found.properties?.provisioningState ?? 'Succeeded';
  if (/^succeeded$/i.test(word)) return found;
  if (ended(word) || /^deleting$/i.test(word)) return undefined;
  try {
    return (await finish(
      arm,
      call,
      { ...order, method: 'PUT' },
      { status: 200, headers: {}, text: '', body: found },
    )) as T;
  } catch (error) {
    if (call.signal.aborted || !hasCode(error, 'unknown', 'aborted')) throw error;
    return undefined;
  }
}

function refuse(word: string, body: unknown, api: string): void {
  if (/^succeeded$/i.test(word)) return;
  const said = readEnvelope((body as { error?: unknown } | undefined)?.error);
  const code = said.code || (/^cancel/i.test(word) ? 'Canceled' : 'OperationFailed');
  throw wrapped(
    new AzureError(200, code, said.message || `${api} ended ${word}, and Azure does not say why.`),
  );
}
