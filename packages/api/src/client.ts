/**
 * The typed client: one `call` for every operation of the list, over fetch. The CLI, the agent and other people's
 * programs use it.
 *
 *   const client = createClient({ url: 'http://127.0.0.1:8080' });
 *   const page = await client.call('mcis.list', { namespace: 'default' });
 */
import { BaristaError, isErrorCode, type ErrorBody } from '@cloud-barista/model/errors';
import { ended, type Operation, type OperationEvent } from '@cloud-barista/model/operation';
import type { Answered } from './handlers.ts';
import { operations, type Input, type OperationName, type Output } from './operations.ts';
import { readEvents } from './events.ts';
import type { Definition } from './define.ts';

export interface ClientOptions {
  /** e.g. http://127.0.0.1:8080 */
  url: string;
  token?: string | undefined;
  fetch?: typeof fetch;
}
export interface CallOptions {
  signal?: AbortSignal;
  /** Two creates with one key are one create. */
  idempotencyKey?: string;
}

export type PlainName = {
  [N in OperationName]: Answered<N> extends AsyncIterable<unknown> ? never : N;
}[OperationName];
export type StreamName = Exclude<OperationName, PlainName>;

export interface Client {
  readonly url: string;
  call<N extends PlainName>(name: N, input: Input<N>, options?: CallOptions): Promise<Answered<N>>;
  stream<N extends StreamName>(name: N, input: Input<N>, options?: CallOptions): AsyncIterable<Output<N>>;
  /** Follows a long operation to its end, telling each event; throws its error when it did not succeed. */
  follow(
    operation: Operation,
    onEvent?: (event: OperationEvent) => void,
    options?: CallOptions,
  ): Promise<Operation>;
  /** Every page of a list. */
  pages<N extends PlainName>(
    name: N,
    input: Input<N>,
    options?: CallOptions,
  ): AsyncIterable<Answered<N> extends { items: (infer Item)[] } ? Item : never>;
}

/** The route with its values filled in, and the rest of the values as a query. Shapes: `{ path, query, body }`. */
export function route(
  definition: Definition,
  input: Record<string, unknown>,
): { path: string; body: unknown } {
  const query = new URLSearchParams();
  const used = new Set<string>();
  const path = definition.path.replace(/\{(\w+)\}/g, (_, key: string) => {
    used.add(key);
    const value = String(input[key] ?? '');
    // An empty one, and these two even when they are encoded, make another path of it (WHATWG URL, path state).
    if (value === '' || value === '.' || value === '..')
      throw new BaristaError('invalid_argument', `${key} can't be ${JSON.stringify(value)}.`, {
        where: key,
        next: `Say which ${key}.`,
      });
    return encodeURIComponent(value);
  });
  for (const [key, value] of Object.entries(input))
    if (key !== 'body' && !used.has(key) && value !== undefined) query.set(key, String(value));
  const text = query.toString();
  return { path: text === '' ? path : `${path}?${text}`, body: input['body'] };
}

async function errorOf(response: Response): Promise<BaristaError> {
  const text = await response.text().catch(() => '');
  let body: Partial<ErrorBody> = {};
  try {
    body = (JSON.parse(text) as { error?: Partial<ErrorBody> }).error ?? {};
  } catch {
    // Not ours: a proxy, or another program on that port.
  }
  if (isErrorCode(body.code)) return thrown(body, '');
  return new BaristaError('unknown', `${response.url} answered ${response.status} ${response.statusText}.`, {
    next: 'Is it a Cloud-Barista server? Check the address.',
  });
}

/** The answer's JSON. A body that breaks off is `unavailable`, one that is no JSON is another program's. */
async function jsonOf(response: Response, lost: (error: unknown) => BaristaError): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw lost(error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BaristaError('unknown', `${response.url} answered something else than JSON.`, {
      next: 'Is it a Cloud-Barista server? Check the address.',
      source: error,
    });
  }
}

const thrown = (body: Partial<ErrorBody> | undefined, otherwise: string, where?: string): BaristaError =>
  new BaristaError(isErrorCode(body?.code) ? body.code : 'unknown', body?.message ?? otherwise, {
    next: body?.next,
    where: body?.where ?? where,
    cause: body?.cause,
  });

const mostCuts = 20;

/** Ends early where the signal fires: the next call tells of it. */
const pause = (ms: number, signal: AbortSignal | undefined) =>
  new Promise<void>(resolve => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    if (signal?.aborted) wake();
    signal?.addEventListener('abort', wake);
  });

export function createClient({ url, token, fetch: send = fetch }: ClientOptions): Client {
  const base = url.replace(/\/+$/, '');
  const lost = (signal: AbortSignal | undefined, message: string, next?: string) => (error: unknown) =>
    signal?.aborted
      ? new BaristaError('cancelled', 'The call was cancelled.', { source: error })
      : new BaristaError('unavailable', message, { next, source: error });
  const brokeOff = (signal: AbortSignal | undefined) =>
    lost(signal, `The answer of ${base} broke off.`, 'Did the server end? Look, and try again.');

  async function request(
    name: OperationName,
    input: unknown,
    options: CallOptions,
    accept: string,
  ): Promise<Response> {
    const definition = operations[name] as unknown as Definition;
    const { path, body } = route(definition, input as Record<string, unknown>);
    const headers: Record<string, string> = { accept };
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
    let response: Response;
    try {
      response = await send(base + path, {
        method: definition.method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(options.signal && { signal: options.signal }),
      });
    } catch (error) {
      throw lost(
        options.signal,
        `No Cloud-Barista server answers at ${base}.`,
        'Start one with: barista up',
      )(error);
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  const client: Client = {
    url: base,
    async call(name, input, options = {}) {
      const response = await request(name, input, options, 'application/json');
      return (response.status === 204 ? {} : await jsonOf(response, brokeOff(options.signal))) as never;
    },
    async *stream(name, input, options = {}) {
      const response = await request(name, input, options, 'text/event-stream');
      const events = readEvents(response);
      try {
        for (;;) {
          const { done, value } = await events.next().catch(error => {
            throw brokeOff(options.signal)(error);
          });
          if (done === true) return;
          if (value.event === 'error') throw thrown(JSON.parse(value.data) as ErrorBody, '');
          yield JSON.parse(value.data) as never;
        }
      } finally {
        // The reader has enough, or an error came: the connection is let go.
        await events.return(undefined).catch(() => {});
      }
    },
    async follow(operation, onEvent, options = {}) {
      let now = operation;
      // A stream may be cut (a proxy's time-out, a restart of the server): look again until it has ended.
      // Not for ever: half a minute without an answer.
      for (let cuts = 0; !ended.has(now.state); ) {
        try {
          for await (const event of client.stream('operation.events', { operation: now.id }, options)) {
            cuts = 0;
            onEvent?.(event);
          }
          now = await client.call('operation.get', { operation: now.id }, options);
        } catch (error) {
          if (!(error instanceof BaristaError) || error.code !== 'unavailable' || ++cuts > mostCuts)
            throw error;
          const message = 'The server does not answer; looking again.';
          const time = new Date().toISOString();
          onEvent?.({ step: '', state: 'note', message, time, done: now.done, total: now.total });
        }
        if (!ended.has(now.state)) await pause(Math.min(50 * 2 ** cuts, 2000), options.signal);
      }
      if (now.state === 'succeeded') return now;
      throw thrown(
        now.error as Partial<ErrorBody> | undefined,
        `${now.kind} ended ${now.state}.`,
        `operation ${now.id}`,
      );
    },
    async *pages(name, input, options = {}) {
      let cursor: string | undefined;
      do {
        const answer = (await client.call(
          name,
          { ...input, ...(cursor !== undefined && { cursor }) },
          options,
        )) as {
          items: never[];
          next?: string;
        };
        yield* answer.items;
        cursor = answer.next;
      } while (cursor !== undefined);
    },
  };
  return client;
}
