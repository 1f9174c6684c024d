/** JSON over HTTP with kept connections. On `node:http`, whose agent can be closed. */
import http from 'node:http';
import https from 'node:https';
import { ClouditError, fromAnswer } from './errors.ts';
import { named } from './fields.ts';

export interface Exchange {
  /** e.g. `POST iam/securitygroups`: what errors call it. */
  api: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: unknown;
}
export interface Http {
  /** The body, undefined where it is empty. Throws ClouditError for any answer of 300 and above and for none; the signal's reason when it fires. */
  send(exchange: Exchange, signal: AbortSignal): Promise<unknown>;
  close(): void;
}

/** Idle sockets go before common servers' own 5 s, so that none is closed under a request. */
const agentOptions = { keepAlive: true, maxSockets: 64, timeout: 4000 };

export function createHttp(): Http {
  const agents = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) };

  function exchange(ask: Exchange, signal: AbortSignal) {
    return new Promise<{ message: http.IncomingMessage; text: string }>((resolve, reject) => {
      const fail = (error: Error & { code?: string }) =>
        reject(signal.aborted ? signal.reason : unreachable(ask, error));
      const payload = ask.body === undefined ? undefined : Buffer.from(JSON.stringify(ask.body));
      const secure = ask.url.startsWith('https:');
      const options: http.RequestOptions = {
        method: ask.method,
        agent: secure ? agents.https : agents.http,
        signal,
        headers: {
          accept: 'application/json',
          ...(ask.method !== 'GET' && { 'content-length': payload?.length ?? 0 }),
          ...(payload && { 'content-type': 'application/json' }),
          ...ask.headers,
        },
      };
      const request = (secure ? https : http).request(ask.url, options, message => {
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('end', () => resolve({ message, text: Buffer.concat(chunks).toString('utf8') }));
        message.on('error', fail);
      });
      request.on('error', fail);
      request.end(payload);
    });
  }

  return {
    async send(ask, signal) {
      signal.throwIfAborted();
      const { message, text } = await exchange(ask, signal);
      const status = message.statusCode ?? 0;
      const body = parse(text);
      if (status >= 300)
        throw fromAnswer(ask.api, {
          status,
          body,
          raw: text,
          retryAfter: message.headers['retry-after'],
          secret: ask.headers['x-auth-token'] ?? '',
        });
      // Some orders are answered with a word or with nothing; what is read must be JSON.
      if (body === undefined && (ask.method === 'GET' || text.trimStart().startsWith('<')))
        throw new ClouditError(
          ask.api,
          { status, type: 'NotJson' },
          `What answers at ${new URL(ask.url).origin} does not speak JSON: a proxy or portal, perhaps.`,
        );
      return named(body);
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Every way in which no answer came. The socket's code is the type; certificate errors carry theirs too. */
function unreachable(ask: Exchange, error: Error & { code?: string }): ClouditError {
  const type = error.code ?? error.name;
  return new ClouditError(
    ask.api,
    { status: 0, type },
    `Cloudit at ${new URL(ask.url).origin} can't be reached (${type}).`,
  );
}
