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
export type LongName = {
  [N in OperationName]: Answered<N> extends Operation ? (Operation extends Answered<N> ? N : never) : never;
}[OperationName];

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
    return encodeURIComponent(String(input[key] ?? ''));
  });
  for (const [key, value] of Object.entries(input))
    if (key !== 'body' && !used.has(key) && value !== undefined) query.set(key, String(value));
  const text = query.toString();
  return { path: text === '' ? path : `${path}?${text}`, body: input['body'] };
}

async function errorOf(response: Response): Promise<BaristaError> {
  const text = await response.text();
  let body: Partial<ErrorBody> = {};
  try {
    body = (JSON.parse(text) as { error?: Partial<ErrorBody> }).error ?? {};
  } catch {
    // Not ours: a proxy, or another program on that port.
  }
  if (isErrorCode(body.code))
    return new BaristaError(body.code, body.message ?? '', {
      next: body.next,
      where: body.where,
      cause: body.cause,
    });
  return new BaristaError('unknown', `${response.url} answered ${response.status} ${response.statusText}.`, {
    next: 'Is it a Cloud-Barista server? Check the address.',
  });
}

export function createClient({ url, token, fetch: send = fetch }: ClientOptions): Client {
  const base = url.replace(/\/+$/, '');

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
      if (options.signal?.aborted)
        throw new BaristaError('cancelled', 'The call was cancelled.', { source: error });
      throw new BaristaError('unavailable', `No Cloud-Barista server answers at ${base}.`, {
        next: 'Start one with: barista up',
        source: error,
      });
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  const client: Client = {
    url: base,
    async call(name, input, options = {}) {
      const response = await request(name, input, options, 'application/json');
      return (response.status === 204 ? {} : await response.json()) as never;
    },
    async *stream(name, input, options = {}) {
      const response = await request(name, input, options, 'text/event-stream');
      for await (const event of readEvents(response)) {
        if (event.event === 'error') {
          const body = JSON.parse(event.data) as ErrorBody;
          throw new BaristaError(isErrorCode(body.code) ? body.code : 'unknown', body.message, {
            next: body.next,
            where: body.where,
            cause: body.cause,
          });
        }
        yield JSON.parse(event.data) as never;
      }
    },
    async follow(operation, onEvent, options = {}) {
      let now = operation;
      // A stream may be cut (a proxy's time-out, a restart of the server): look again until it has ended.
      for (let cuts = 0; !ended.has(now.state); ) {
        try {
          for await (const event of client.stream('operation.events', { operation: now.id }, options)) {
            cuts = 0;
            onEvent?.(event);
          }
          now = await client.call('operation.get', { operation: now.id }, options);
        } catch (error) {
          if (!(error instanceof BaristaError) || error.code !== 'unavailable' || ++cuts > 50) throw error;
        }
        if (!ended.has(now.state))
          await new Promise(resolve => setTimeout(resolve, Math.min(50 * 2 ** cuts, 2000)));
      }
      if (now.state === 'succeeded') return now;
      const body = now.error;
      throw new BaristaError(
        isErrorCode(body?.code) ? body.code : 'unknown',
        body?.message ?? `${now.kind} ended ${now.state}.`,
        {
          next: body?.next,
          where: body?.where ?? `operation ${now.id}`,
          cause: body?.cause,
        },
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
