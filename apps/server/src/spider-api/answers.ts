/** Answers and errors as upstream sends them: Go field names, a line end, `?pretty`; `{"message":…}` with the words clients match on. */
import type { FastifyReply } from 'fastify';
import type { BaristaError } from '@cloud-barista/model/errors';
import type { Spider } from '@cloud-barista/spider/context';
import { inTheirWords } from './names.ts';
import { Text } from './route.ts';

const json = 'application/json; charset=UTF-8';

export function sendAnswer(reply: FastifyReply, answer: unknown, pretty: boolean): FastifyReply {
  if (answer instanceof Text) {
    if (answer.headers['location'] !== undefined) void reply.status(302);
    return reply.headers({ ...answer.headers, 'content-type': answer.type }).send(answer.text);
  }
  const text = pretty ? JSON.stringify(answer, null, 2) : JSON.stringify(answer);
  return reply.header('content-type', json).send(`${text}\n`);
}

/** Clients look for "does not exist" and "already exists" in the text; ours says the same in other words. */
function wordsOf(error: BaristaError): string {
  const { code, message } = error;
  if (code !== 'not_found' || /does not exist|not found/i.test(message)) return message;
  const noun = /^There is no (.+?)\.?$/s.exec(message)?.[1];
  return noun === undefined
    ? `${message.replace(/\.$/, '')}: it does not exist.`
    : `The ${noun} does not exist.`;
}

export function messageOf(spider: Spider, error: BaristaError): string {
  const text = wordsOf(error);
  return inTheirWords(spider, error.next === undefined ? text : `${text} ${error.next}`);
}

export const sendError = (reply: FastifyReply, status: number, message: string): FastifyReply =>
  reply
    .status(status)
    .header('content-type', json)
    .send(`${JSON.stringify({ message })}\n`);
