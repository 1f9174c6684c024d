/**
 * Google's JSON over HTTP, with what its answers mean. Uncompressed: Google compresses only for who says gzip in Accept-Encoding and
 * User-Agent, and plain is cheaper within a data centre.
 */
import { createTransport, originOf, type Exchange } from '@cloud-barista/driver/http';
import { fromAnswer, GcpError } from './errors.ts';

export interface Http {
  /** Throws GcpError for any answer of 300 and above, for what is no JSON and for none; the signal's reason when it fires. */
  send<T>(ask: Exchange, signal: AbortSignal): Promise<T>;
  close(): void;
}

export function createHttp(): Http {
  const transport = createTransport({
    noAnswer: (ask, { code, why }) => new GcpError(0, code, `Google Cloud at ${originOf(ask)} ${why}.`),
  });
  return {
    async send<T>(ask: Exchange, signal: AbortSignal) {
      const { status, headers, text, body } = await transport.send(ask, signal);
      if (status >= 300) throw fromAnswer(status, body, text, headers['retry-after']);
      if (typeof body !== 'object' || body === null)
        throw new GcpError(
          status,
          'NotJson',
          `What answers at ${originOf(ask)} does not speak JSON: a proxy or portal, perhaps.`,
        );
      return body as T;
    },
    close: () => transport.close(),
  };
}
