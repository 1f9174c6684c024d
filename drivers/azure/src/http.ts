/**
 * JSON over HTTP with kept connections. On `node:http` and not on the vendor's SDK: the SDKs refuse http addresses, and
 * importing them costs 180 to 310 ms each.
 */
import http from 'node:http';
import https from 'node:https';
import { AzureError, fromAnswer } from './errors.ts';

export interface Exchange {
  method: string;
  url: string;
  headers?: Record<string, string>;
  /** URLSearchParams goes as a form, all else as JSON. */
  body?: unknown;
}
export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** undefined: an empty answer. */
  body: unknown;
}
export interface Http {
  /** Throws AzureError for any answer of 300 and above and for none; the signal's reason when it fires. */
  send(exchange: Exchange, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

const agentOptions = { keepAlive: true, maxSockets: 64, timeout: 20_000 };

export function createHttp(): Http {
  const agents = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) };

  function exchange(ask: Exchange, signal: AbortSignal) {
    return new Promise<{ message: http.IncomingMessage; raw: string }>((resolve, reject) => {
      const fail = (error: Error & { code?: string }) =>
        reject(signal.aborted ? signal.reason : unreachable(ask, error));
      const form = ask.body instanceof URLSearchParams;
      const payload =
        ask.body === undefined
          ? undefined
          : Buffer.from(ask.body instanceof URLSearchParams ? ask.body.toString() : JSON.stringify(ask.body));
      const secure = ask.url.startsWith('https:');
      const options: http.RequestOptions = {
        method: ask.method,
        agent: secure ? agents.https : agents.http,
        signal,
        headers: {
          accept: 'application/json',
          ...(payload && {
            'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json',
          }),
          // ARM refuses a POST or PUT without a length (411).
          ...((payload || ask.method !== 'GET') && { 'content-length': payload?.length ?? 0 }),
          ...ask.headers,
        },
      };
      const request = (secure ? https : http).request(ask.url, options, message => {
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('end', () => resolve({ message, raw: Buffer.concat(chunks).toString('utf8') }));
        message.on('error', fail);
      });
      request.on('error', fail);
      request.end(payload);
    });
  }

  return {
    async send(ask, signal) {
      signal.throwIfAborted();
      const { message, raw } = await exchange(ask, signal);
      const status = message.statusCode ?? 0;
      const body = parse(raw);
      const { host } = new URL(ask.url);
      if (status >= 300) throw fromAnswer(status, body, raw, message.headers['retry-after'], host);
      if (body === undefined && raw.trim() !== '')
        throw new AzureError(
          status,
          'NotJson',
          `What answers at ${host} does not speak JSON: a proxy or portal, perhaps.`,
        );
      return { status, headers: message.headers, body };
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function parse(raw: string): unknown {
  try {
    return raw.trim() === '' ? undefined : (JSON.parse(raw) as unknown);
  } catch {
    return undefined;
  }
}

/** Every way in which no answer came: the socket's code, or a certificate's. */
function unreachable(ask: Exchange, error: Error & { code?: string }): AzureError {
  const code = error.code ?? error.name;
  return new AzureError(0, code, `${new URL(ask.url).host} can't be reached (${code}).`);
}
