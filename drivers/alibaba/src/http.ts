/**
 * Signed JSON over HTTP with kept connections. On `node:http`: the vendor's SDKs cost 600 ms and 78 MB for each service, and a
 * request is one signature away. Parameters travel in the query; where they are long (user data), in a form.
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { AlibabaError, fromAnswer } from './errors.ts';
import { canonicalQuery, sign, type Key } from './signer.ts';

export interface Exchange {
  /** Where the service answers, e.g. https://ecs.ap-northeast-2.aliyuncs.com/. */
  url: URL;
  action: string;
  version: string;
  parameters: Readonly<Record<string, string>>;
}
export interface Http {
  /** Throws AlibabaError for any answer of 300 and above, for what is no JSON and for none; the signal's reason when it fires. */
  send<T>(exchange: Exchange, signal: AbortSignal): Promise<T>;
  close(): void;
}

/** Idle sockets go before a proxy's usual 5 s, so that none is closed under a request. */
const agentOptions = { keepAlive: true, maxSockets: 64, timeout: 4000 };
/** Longer request lines are refused by proxies, and by servers behind 8 or 16 KiB. */
const queryMax = 4096;

export function createHttp(key: Key): Http {
  const agents = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) };

  function exchange(
    ask: Exchange,
    signal: AbortSignal,
  ): Promise<{ message: http.IncomingMessage; text: string }> {
    const { url, action, version, parameters } = ask;
    const text = canonicalQuery(parameters);
    const form = text.length > queryMax;
    const body = form ? text : '';
    const headers = sign(
      key,
      {
        method: 'POST',
        path: url.pathname,
        host: url.host,
        action,
        version,
        query: form ? {} : parameters,
        body,
        contentType: form ? 'application/x-www-form-urlencoded' : undefined,
      },
      { date: new Date(), nonce: randomUUID() },
    );
    return new Promise((resolve, reject) => {
      const fail = (error: Error & { code?: string }) =>
        reject(signal.aborted ? signal.reason : unreachable(url, error));
      const secure = url.protocol === 'https:';
      const options: http.RequestOptions = {
        method: 'POST',
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port || (secure ? 443 : 80),
        path: form || text === '' ? url.pathname : `${url.pathname}?${text}`,
        agent: secure ? agents.https : agents.http,
        signal,
        headers: { ...headers, accept: 'application/json', 'content-length': Buffer.byteLength(body) },
      };
      const request = (secure ? https : http).request(options, message => {
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('end', () => resolve({ message, text: Buffer.concat(chunks).toString('utf8') }));
        message.on('error', fail);
      });
      request.on('error', fail);
      request.end(body);
    });
  }

  return {
    async send<T>(ask: Exchange, signal: AbortSignal) {
      signal.throwIfAborted();
      const { message, text } = await exchange(ask, signal);
      const status = message.statusCode ?? 0;
      const body = parse(text);
      if (status >= 300) throw fromAnswer(status, body, message.headers['retry-after']);
      if (typeof body !== 'object' || body === null)
        throw new AlibabaError(
          503,
          'NotJson',
          `What answers at ${ask.url.origin} does not speak JSON: a proxy or portal, perhaps.`,
        );
      return body as T;
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Every way in which no answer came. The socket's code is the reason; certificate errors carry theirs too. */
function unreachable(url: URL, error: Error & { code?: string }): AlibabaError {
  const reason = error.code ?? error.name;
  return new AlibabaError(0, reason, `Alibaba Cloud at ${url.origin} can't be reached (${reason}).`);
}
