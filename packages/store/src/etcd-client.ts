/**
 * etcd 3's JSON gateway over HTTP (etcd.io/docs/v3.4/dev-guide/api_grpc_gateway): one call at a time to the endpoint
 * that answered last, the next one where it can't be reached. Keys and values travel in base64, 64-bit numbers as text.
 */
import http from 'node:http';
import https from 'node:https';
import { BaristaError, type ErrorCode } from '@cloud-barista/model/errors';

export interface EtcdTls {
  /** PEM. */
  ca?: string;
  cert?: string;
  key?: string;
}
export interface EtcdOptions {
  /** e.g. `http://10.0.0.1:2379`. */
  endpoints: string[];
  /** Stands before every key, e.g. `/barista`. */
  prefix?: string;
  user?: string;
  password?: string;
  tls?: EtcdTls;
}

export interface EtcdClient {
  /** `repeat`: the call may be made twice (reads, leases), so it goes to the next endpoint where its answer was lost. */
  call<T>(path: string, body: unknown, options?: { repeat?: boolean }): Promise<T>;
  /** A streaming call: each line's `result`. Ends or throws unavailable when the stream breaks. */
  stream<T>(path: string, body: unknown, signal: AbortSignal): AsyncIterable<T>;
  close(): void;
}

const timeoutMs = 5000;
/** google.golang.org/grpc/codes; 0 is OK, 1 cancelled. The order of the words is that of the codes. */
const grpcCodes = [
  'unknown',
  'cancelled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
] as const satisfies ErrorCode[];

interface Failure {
  code?: number;
  message?: string;
  error?: string | { grpc_code?: number; message?: string };
}

function refusal(failure: Failure, endpoint: string): BaristaError {
  const inner = typeof failure.error === 'object' ? failure.error : undefined;
  const code = grpcCodes[inner?.grpc_code ?? failure.code ?? 2] ?? 'unknown';
  const text =
    inner?.message ??
    failure.message ??
    (typeof failure.error === 'string' ? failure.error : 'no reason given');
  return new BaristaError(code, `etcd at ${endpoint} refused: ${text}.`, {
    where: endpoint,
    next: code === 'unavailable' ? 'Check that the etcd cluster has a leader, then try again.' : undefined,
  });
}

/** The connection failed before a byte of the call was sent. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN']);

function lost(endpoint: string, error: unknown): BaristaError {
  const why =
    error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
  return new BaristaError('unavailable', `etcd at ${endpoint} can't be reached: ${why}.`, {
    where: endpoint,
    next: 'Check that etcd runs there and that the endpoint is right.',
    source: error,
  });
}

async function readAll(message: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
function parse(text: string, endpoint: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BaristaError('unavailable', `What answers at ${endpoint} is not etcd 3's JSON gateway.`, {
      where: endpoint,
      next: 'Check the endpoint.',
    });
  }
}

export function etcdClient({ endpoints, user, password, tls }: EtcdOptions): EtcdClient {
  if (endpoints.length === 0)
    throw new BaristaError('invalid_argument', 'No etcd endpoint is named.', {
      where: 'store',
      next: 'Name at least one.',
    });
  const plain = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const secure = new https.Agent({ keepAlive: true, maxSockets: 64, ...tls });
  const closing = new AbortController();
  let current = 0;
  let token: Promise<string> | undefined;

  function request(
    endpoint: string,
    path: string,
    body: unknown,
    authorization: string | undefined,
    signal: AbortSignal,
  ) {
    const url = new URL(path, endpoint);
    const text = JSON.stringify(body);
    const options = {
      method: 'POST',
      agent: url.protocol === 'https:' ? secure : plain,
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        ...(authorization !== undefined && { authorization }),
      },
    };
    const answer = Promise.withResolvers<http.IncomingMessage>();
    const sent = (url.protocol === 'https:' ? https : http).request(url, options, answer.resolve);
    sent.on('error', answer.reject);
    sent.end(text);
    return answer.promise;
  }
  async function once<T>(endpoint: string, path: string, body: unknown, authorization?: string): Promise<T> {
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(new Error(`no answer in ${timeoutMs / 1000} s`)), timeoutMs);
    const signal = AbortSignal.any([timer.signal, closing.signal]);
    let status: number | undefined;
    let text: string;
    try {
      const message = await request(endpoint, path, body, authorization, signal);
      status = message.statusCode;
      text = await readAll(message);
    } catch (error) {
      throw lost(endpoint, timer.signal.aborted ? timer.signal.reason : error);
    } finally {
      clearTimeout(timeout);
    }
    const answer = parse(text, endpoint) as T & Failure;
    if (status !== 200 || answer.error !== undefined) throw refusal(answer, endpoint);
    return answer;
  }

  /** Tries the endpoints in turn, from the one that answered last. */
  async function around<T>(repeat: boolean, attempt: (endpoint: string) => Promise<T>): Promise<T> {
    const failures: string[] = [];
    for (let tries = 0; ; tries++) {
      const endpoint = endpoints[current % endpoints.length] ?? '';
      try {
        return await attempt(endpoint);
      } catch (error) {
        if (!(error instanceof BaristaError) || error.code !== 'unavailable' || closing.signal.aborted)
          throw error;
        failures.push(error.message);
        current++;
        const cause = error.cause as NodeJS.ErrnoException | undefined;
        const again = repeat || neverSent.has(cause?.code ?? '');
        if (again && tries + 1 < endpoints.length) continue;
        if (endpoints.length === 1 || !again) throw error;
        throw new BaristaError('unavailable', failures.join(' '), {
          where: endpoint,
          next: error.next,
          source: error,
        });
      }
    }
  }
  /** "simple" tokens run out after five minutes without use. */
  async function authorized<T>(attempt: (authorization?: string) => Promise<T>): Promise<T> {
    if (user === undefined) return attempt();
    for (let tries = 0; ; tries++) {
      token ??= around(true, endpoint =>
        once<{ token: string }>(endpoint, '/v3/auth/authenticate', { name: user, password }),
      ).then(answer => answer.token);
      const used = token;
      try {
        return await attempt(await used);
      } catch (error) {
        if (token === used) token = undefined;
        if (tries > 0 || !(error instanceof BaristaError) || error.code !== 'unauthenticated') throw error;
      }
    }
  }

  return {
    call: (path, body, { repeat = false } = {}) =>
      authorized(authorization => around(repeat, endpoint => once(endpoint, path, body, authorization))),
    async *stream<T>(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<T> {
      const [endpoint, message] = await authorized(authorization =>
        around(true, async endpoint => {
          try {
            return [
              endpoint,
              await request(endpoint, path, body, authorization, AbortSignal.any([signal, closing.signal])),
            ] as const;
          } catch (error) {
            throw lost(endpoint, error);
          }
        }),
      );
      message.setEncoding('utf8');
      let rest = '';
      try {
        for await (const part of message) {
          const lines = (rest + String(part)).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            if (line === '') continue;
            const answer = parse(line, endpoint) as Failure & { result?: T };
            if (answer.result === undefined) throw refusal(answer, endpoint);
            yield answer.result;
          }
        }
      } catch (error) {
        if (error instanceof BaristaError) throw error;
        throw lost(endpoint, error);
      } finally {
        message.destroy();
      }
    },
    close() {
      closing.abort(new Error('the store was closed'));
      plain.destroy();
      secure.destroy();
    },
  };
}
