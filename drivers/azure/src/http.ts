/**
 * ARM over HTTP, with what its answers mean. Not the vendor's SDK: the SDKs refuse http addresses, and importing them costs 180 to
 * 310 ms each.
 */
import { createTransport, originOf, type Answer, type Exchange } from '@cloud-barista/driver/http';
import { AzureError, fromAnswer } from './errors.ts';

export interface Http {
  /** Throws AzureError for any answer of 300 and above, for what is no JSON and for none; the signal's reason when it fires. */
  send(ask: Exchange, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

const hostOf = (ask: Exchange): string => new URL(originOf(ask)).host;

export function createHttp(): Http {
  const transport = createTransport({
    idleMs: 20_000,
    // Every way in which no answer came: the socket's code, or a certificate's.
    noAnswer: (ask, { code, why }) => new AzureError(0, code, `${hostOf(ask)} ${why}.`),
  });
  return {
    async send(ask, signal) {
      const answer = await transport.send(ask, signal);
      const { status, headers, text, body } = answer;
      if (status >= 300) throw fromAnswer(status, body, text, headers['retry-after'], hostOf(ask));
      if (body === undefined && text.trim() !== '')
        throw new AzureError(
          status,
          'NotJson',
          `What answers at ${hostOf(ask)} does not speak JSON: a proxy or portal, perhaps.`,
        );
      return answer;
    },
    close: () => transport.close(),
  };
}
