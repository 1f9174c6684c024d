/** One call: found, let in, read, answered; what is wrong told as upstream tells it. */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BaristaError } from '@cloud-barista/model/errors';
import type { Spider } from '@cloud-barista/spider/context';
import type { Auth } from '../auth.ts';
import { bodyLimit, told, type HttpError } from '../http-errors.ts';
import { messageOf, sendAnswer, sendError } from './answers.ts';
import { openDoor, type SpiderUser } from './door.ts';
import { parseBody } from './request.ts';
import { askOf } from './route.ts';
import { createRouter } from './router.ts';
import { routes } from './routes.ts';

export interface SpiderApiOptions {
  spider: Spider;
  auth: Pick<Auth, 'authorize'>;
  /** SPIDER_USERNAME and SPIDER_PASSWORD. */
  user?: SpiderUser | undefined;
  onError: (error: BaristaError, request: { method: string; url: string; id: string }) => void;
}
export interface SpiderCalls {
  handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  refuse(error: HttpError, request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/** HTTP has it that a GET carries no body, and the framework reads none; upstream's clients send one. */
async function bodyOfGet(raw: IncomingMessage): Promise<string> {
  if ((raw.headers['content-length'] ?? '0') === '0' && raw.headers['transfer-encoding'] === undefined)
    return '';
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of raw) {
    size += (part as Buffer).length;
    if (size > bodyLimit)
      throw Object.assign(new Error('too large'), { statusCode: 413, code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}

async function bodyOf(request: FastifyRequest): Promise<unknown> {
  const text = request.method === 'GET' ? await bodyOfGet(request.raw) : request.body;
  if (typeof text !== 'string' || text === '') return undefined;
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(request.headers['content-type'] ?? ''))
    throw Object.assign(new Error('Unsupported Media Type'), { statusCode: 415 });
  return parseBody(text);
}

/** Statuses that upstream's framework has words of its own for. */
const plainWords: Record<number, string> = {
  401: 'Unauthorized',
  415: 'code=415, message=Unsupported Media Type',
};
const isPage = (path: string) => path === '' || path === '/' || path.startsWith('/api');

export function spiderCalls(prefix: string, options: SpiderApiOptions): SpiderCalls {
  const { spider, auth, user, onError } = options;
  const enter = openDoor(auth, user);
  const router = createRouter(routes);

  function refuse(error: HttpError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { known, status } = told(error);
    onError(known, { method: request.method, url: request.url, id: request.id });
    if (status === 401) void reply.header('www-authenticate', 'basic realm=Restricted');
    if (known.retryAfterMs !== undefined)
      void reply.header('retry-after', Math.ceil(known.retryAfterMs / 1000));
    return sendError(reply, status, plainWords[status] ?? messageOf(spider, known));
  }

  function nowhere(path: string, reply: FastifyReply): FastifyReply {
    const allow = router.methods(path);
    if (allow.length === 0) return sendError(reply, 404, 'Not Found');
    return sendError(reply.header('allow', allow.join(', ')), 405, 'Method Not Allowed');
  }

  return {
    refuse,
    async handle(request, reply) {
      try {
        const { method, url } = request;
        const end = url.indexOf('?');
        const path = url.slice(prefix.length, end < 0 ? undefined : end);
        const found = router.find(method, path);
        if (!found) return nowhere(path, reply);
        const { route, params } = found;
        enter(request.headers, route.role ?? (method === 'GET' ? 'reader' : 'operator'), isPage(route.path));
        const query = request.query as Record<string, unknown>;
        const ask = askOf(spider, { params, query, body: await bodyOf(request) });
        return sendAnswer(reply, await route.answer(ask), query['pretty'] !== undefined);
      } catch (error) {
        return refuse(error as HttpError, request, reply);
      }
    },
  };
}
