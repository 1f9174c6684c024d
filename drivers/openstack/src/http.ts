/** The four services' JSON over HTTP, with what their answers mean. */
import { createTransport, originOf, type Answer, type Exchange } from '@cloud-barista/driver/http';
import { fromAnswer, OpenstackError, type Service } from './errors.ts';

export interface Ask extends Exchange {
  service: Service;
}
export interface Http {
  /** Throws OpenstackError for any answer of 300 and above, for what is no JSON and for none; the signal's reason when it fires. */
  send(ask: Ask, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

export function createHttp(): Http {
  const transport = createTransport<Ask>({
    noAnswer: (ask, { code, why }) =>
      new OpenstackError(ask.service, 0, code, `The ${ask.service} service at ${originOf(ask)} ${why}.`),
  });
  return {
    async send(ask, signal) {
      const answer = await transport.send(ask, signal);
      const { status, headers, text, body } = answer;
      if (status >= 300) throw fromAnswer(ask.service, status, body, text, headers['retry-after']);
      if (body === undefined && text !== '')
        throw new OpenstackError(
          ask.service,
          status,
          'NotJson',
          `What answers as the ${ask.service} service at ${originOf(ask)} does not speak JSON: a proxy or portal, perhaps.`,
        );
      return answer;
    },
    close: () => transport.close(),
  };
}
