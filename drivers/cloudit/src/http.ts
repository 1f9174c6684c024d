/** Cloudit's JSON over HTTP, with what its answers mean. */
import { createTransport, originOf, type Exchange } from '@cloud-barista/driver/http';
import { ClouditError, fromAnswer } from './errors.ts';
import { named } from './fields.ts';

export interface Ask extends Exchange {
  /** e.g. `POST iam/securitygroups`: what errors call it. */
  api: string;
  headers: Record<string, string>;
}
export interface Http {
  /** The body, undefined where it is empty. Throws ClouditError for any answer of 300 and above and for none; the signal's reason when it fires. */
  send(ask: Ask, signal: AbortSignal): Promise<unknown>;
  close(): void;
}

export function createHttp(): Http {
  const transport = createTransport<Ask>({
    noAnswer: (ask, { code, why }) =>
      new ClouditError(ask.api, { status: 0, type: code }, `Cloudit at ${originOf(ask)} ${why}.`),
  });
  return {
    async send(ask, signal) {
      const { status, headers, text, body } = await transport.send(ask, signal);
      if (status >= 300)
        throw fromAnswer(ask.api, {
          status,
          body,
          raw: text,
          retryAfter: headers['retry-after'],
          secret: ask.headers['x-auth-token'] ?? '',
        });
      // Some orders are answered with a word or with nothing; what is read must be JSON.
      if (body === undefined && (ask.method === 'GET' || text.trimStart().startsWith('<')))
        throw new ClouditError(
          ask.api,
          { status, type: 'NotJson' },
          `What answers at ${originOf(ask)} does not speak JSON: a proxy or portal, perhaps.`,
        );
      return named(body);
    },
    close: () => transport.close(),
  };
}
