/**
 * For drivers' authors: JSON over HTTP with kept connections, where a vendor's SDK is too heavy or can't be pointed elsewhere. On `node:http` and
 * not on `fetch`: measured at 32 requests at once it costs 0.11 ms of processor a request where fetch costs 0.29 ms, and its agents can be closed.
 * Signing, tokens and what an answer means are the driver's.
 */
import http from 'node:http';
import https from 'node:https';

export interface Exchange {
  method: string;
  /** http: or https:. */
  url: string | URL;
  /** Sent as it is in place of the address's own path and query: where a signature covers it. */
  path?: string;
  headers?: Readonly<Record<string, string>>;
  /** A string or Buffer goes as it is, with the type that `headers` give it; URLSearchParams as a form; all else as JSON; undefined: none. */
  body?: unknown;
}

/** An answer, whatever its status, with its whole body. */
export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** `text` as JSON; undefined where it is empty or no JSON. */
  body: unknown;
}

/** Why there is no whole answer. */
export interface NoAnswer {
  /** The socket's or certificate's code, e.g. ECONNREFUSED; `AnswerTooLong`. */
  code: string;
  /** Goes on after a name: "can't be reached (ECONNREFUSED)". */
  why: string;
}

export interface Transport<Ask extends Exchange> {
  /** Throws `noAnswer`'s error where no whole answer came; the signal's reason when it fires, and nothing is sent once it has. */
  send(ask: Ask, signal: AbortSignal): Promise<Answer>;
  /** Ends all connections. */
  close(): void;
}

export interface TransportOptions<Ask extends Exchange> {
  /** The driver's error, which its `classify` knows as `unavailable`. */
  noAnswer: (ask: Ask, reason: NoAnswer) => Error;
  /** Connections to one host at most; default 64. */
  sockets?: number;
  /** How long a connection is kept unused; default 4 s: before common servers and proxies close theirs (Apache's KeepAliveTimeout is 5 s) under a request. */
  idleMs?: number;
  /** A longer body is given up; default 64 MiB. */
  bytesMax?: number;
  /** Authorities in the stead of the system's, and who we are; as PEM. */
  tls?: { ca?: string; cert?: string; key?: string };
  /** A socket in the file system that answers in every host's stead. */
  socketPath?: string;
}

export function createTransport<Ask extends Exchange = Exchange>({
  noAnswer,
  sockets = 64,
  idleMs = 4000,
  bytesMax = 64 * 2 ** 20,
  tls = {},
  socketPath,
}: TransportOptions<Ask>): Transport<Ask> {
  const options = { keepAlive: true, maxSockets: sockets, timeout: idleMs };
  const agents = { http: new http.Agent(options), https: new https.Agent({ ...options, ...tls }) };
  const socket = socketPath === undefined ? undefined : { socketPath };

  return {
    send: (ask, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const fail = (error: Error & { code?: string }) => {
          const code = error.code ?? error.name;
          reject(signal.aborted ? signal.reason : noAnswer(ask, { code, why: `can't be reached (${code})` }));
        };
        const url = typeof ask.url === 'string' ? new URL(ask.url) : ask.url;
        const secure = url.protocol === 'https:';
        const { payload, type } = payloadOf(ask.body);
        const agent = secure ? agents.https : agents.http;
        const headers = {
          accept: 'application/json',
          ...(type && { 'content-type': type }),
          // Some refuse a POST or PUT without a length (Azure: 411), also where nothing is sent.
          ...((payload || ask.method !== 'GET') && { 'content-length': payload?.length ?? 0 }),
          ...ask.headers,
        };
        const about = { ...placeOf(url, ask.path), ...socket, method: ask.method, agent, signal, headers };
        const request = (secure ? https : http).request(about, message => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          message.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            bytes += chunk.length;
            if (bytes <= bytesMax) return;
            reject(noAnswer(ask, { code: 'AnswerTooLong', why: `answers with more than ${bytesMax} bytes` }));
            request.destroy();
          });
          message.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ status: message.statusCode ?? 0, headers: message.headers, text, body: parse(text) });
          });
          message.on('error', fail);
        });
        request.on('error', fail);
        request.end(payload);
      }),
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** What `request` would read out of an address by itself, at twice the cost. */
function placeOf({ hostname, port, pathname, search, username, password }: URL, path: string | undefined) {
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    path: path ?? pathname + search,
    ...(username !== '' && { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
  };
}

function payloadOf(body: unknown): { payload?: Buffer; type?: string } {
  if (body === undefined) return {};
  if (Buffer.isBuffer(body)) return { payload: body };
  if (typeof body === 'string') return { payload: Buffer.from(body) };
  if (body instanceof URLSearchParams)
    return { payload: Buffer.from(body.toString()), type: 'application/x-www-form-urlencoded' };
  return { payload: Buffer.from(JSON.stringify(body)), type: 'application/json' };
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Scheme, host and port: what an error may tell of an address. */
export const originOf = ({ url }: Exchange): string => new URL(url).origin;
