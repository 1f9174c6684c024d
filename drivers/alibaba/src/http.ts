/**
 * Signed requests to Alibaba Cloud, with what its answers mean. Not the vendor's SDKs: they cost 600 ms and 78 MB for each service, and a
 * request is one signature away. Parameters travel in the query; where they are long (user data), in a form.
 */
import { randomUUID } from 'node:crypto';
import { createTransport, originOf } from '@cloud-barista/driver/http';
import { AlibabaError, fromAnswer } from './errors.ts';
import { canonicalQuery, sign, type Key } from './signer.ts';

export interface Order {
  /** Where the service answers, e.g. https://ecs.ap-northeast-2.aliyuncs.com/. */
  url: URL;
  action: string;
  version: string;
  parameters: Readonly<Record<string, string>>;
}
export interface Http {
  /** Throws AlibabaError for any answer of 300 and above, for what is no JSON and for none; the signal's reason when it fires. */
  send<T>(order: Order, signal: AbortSignal): Promise<T>;
  close(): void;
}

/** Longer request lines are refused by proxies, and by servers behind 8 or 16 KiB. */
const queryMax = 4096;

function exchangeOf(key: Key, { url, action, version, parameters }: Order) {
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
  const path = form || text === '' ? url.pathname : `${url.pathname}?${text}`;
  return { method: 'POST', url, path, headers, ...(form && { body }) };
}

export function createHttp(key: Key): Http {
  const transport = createTransport({
    noAnswer: (ask, { code, why }) => new AlibabaError(0, code, `Alibaba Cloud at ${originOf(ask)} ${why}.`),
  });
  return {
    async send<T>(order: Order, signal: AbortSignal) {
      const { status, headers, body } = await transport.send(exchangeOf(key, order), signal);
      if (status >= 300) throw fromAnswer(status, body, headers['retry-after']);
      if (typeof body !== 'object' || body === null)
        throw new AlibabaError(
          503,
          'NotJson',
          `What answers at ${order.url.origin} does not speak JSON: a proxy or portal, perhaps.`,
        );
      return body as T;
    },
    close: () => transport.close(),
  };
}
