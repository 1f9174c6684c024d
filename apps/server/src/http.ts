/** REST: a route for each operation of the list, with its authorisation, validation, status and error bodies. */
import { createServer, type Server } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Definition } from '@cloud-barista/api/define';
import type { CallContext, Handlers } from '@cloud-barista/api/handlers';
import { operations, type OperationName } from '@cloud-barista/api/operations';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Operation } from '@cloud-barista/model/operation';
import type { Sagas } from '@cloud-barista/store/saga';
import type { Auth } from './auth.ts';
import {
  answerGarbage,
  badJson,
  bodyLimit,
  longestParam,
  sendJson,
  told,
  type HttpError,
} from './http-errors.ts';
import { idempotencyKey, waited, waitOf } from './long.ts';
import { noRoute } from './no-route.ts';
import { sendStream } from './stream.ts';
import { validate } from './validate.ts';

export interface HttpOptions {
  handlers: Handlers;
  sagas: Pick<Sagas, 'wait'>;
  auth: Pick<Auth, 'authorize'>;
  /** A journaled result as its client is given it. */
  present: (result: unknown) => Promise<unknown>;
  /** Each error as it leaves, with what only the operator may see. */
  onError: (error: BaristaError, request: { method: string; url: string; id: string }) => void;
  /** Each listening server, one an address of the host, before it listens. */
  onServer?: (server: Server) => void;
}

type Handler = (input: unknown, context: CallContext) => Promise<unknown>;

/** `{}` is what many clients send for "no body". */
const isNothing = (body: unknown): boolean =>
  body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);

export function createHttp(options: HttpOptions): FastifyInstance {
  const { handlers, sagas, auth, present, onError, onServer = () => {} } = options;
  const refuse = (error: HttpError, request: FastifyRequest, reply: FastifyReply) => {
    const { known, status } = told(error);
    onError(known, { method: request.method, url: request.url, id: request.id });
    if (known.retryAfterMs !== undefined)
      void reply.header('retry-after', Math.ceil(known.retryAfterMs / 1000));
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.status(status).send({
      error: { ...known.toJSON(), ...(known.code === 'internal' && { where: `request ${request.id}` }) },
    });
  };
  const app = Fastify({
    bodyLimit,
    logger: false,
    routerOptions: { maxParamLength: longestParam },
    forceCloseConnections: true,
    genReqId: () => crypto.randomUUID(),
    // What is wrong before a route is found: a path that can't be decoded.
    frameworkErrors: refuse,
    clientErrorHandler: answerGarbage,
    serverFactory(handler, given) {
      const { keepAliveTimeout, requestTimeout } = given as Pick<
        Server,
        'keepAliveTimeout' | 'requestTimeout'
      >;
      const server = createServer({ keepAliveTimeout, requestTimeout }, handler);
      onServer(server);
      return server;
    },
  });
  // Validation is ours (validate.ts): fastify's own would be compiled for every route at start.
  app.setValidatorCompiler(() => () => true);
  // JSON alone: text/plain is what a page of another site may post without asking first. Clients that set the type on a
  // call without a body are let through.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null);
    else
      void parseJson(request, String(body), (error, value) =>
        done(error === null ? null : badJson(String(body)), value),
      );
  });
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => {
    const { error, allow } = noRoute(request.method, request.url);
    if (allow.length > 0) void reply.header('allow', allow.join(', '));
    return reply.status(allow.length > 0 ? 405 : error.status).send({ error: error.toJSON() });
  });

  for (const name of Object.keys(operations) as OperationName[]) {
    const definition = operations[name] as unknown as Definition;
    const handler = handlers[name] as unknown as Handler;
    const hasParams = Object.keys(definition.params.properties).length > 0;
    app.route({
      method: definition.method,
      url: definition.path.replace(/\{(\w+)\}/g, ':$1'),
      exposeHeadRoute: definition.answer !== 'stream',
      async handler(request, reply) {
        auth.authorize(request.headers, definition.role);
        const params = request.params as Record<string, unknown>;
        const query = request.query as Record<string, unknown>;
        if (hasParams) validate(definition.params, params, 'path');
        validate(definition.query, query, 'query');
        const input: Record<string, unknown> = { ...params, ...query };
        if (definition.body) {
          if (request.body === undefined || request.body === null)
            throw new BaristaError('invalid_argument', 'The body is missing.', {
              where: 'body',
              next: sendJson,
            });
          validate(definition.body, request.body, 'body');
          input['body'] = request.body;
        } else if (!isNothing(request.body))
          throw new BaristaError('invalid_argument', `${name} takes no body.`, {
            where: 'body',
            next: 'Leave it out.',
          });
        const gone = new AbortController();
        // An abort makes an exception with its stack: not for the calls that were answered, which are nearly all.
        reply.raw.once('close', () => {
          if (!reply.raw.writableFinished) gone.abort();
        });
        const context: CallContext = { signal: gone.signal, idempotencyKey: idempotencyKey(request.headers) };
        const answer = await handler(input, context);
        if (definition.answer === 'stream') {
          await sendStream(request, reply, answer as AsyncIterable<unknown>, {
            onError: error => onError(error, { method: request.method, url: request.url, id: request.id }),
          });
          return reply;
        }
        if (definition.answer === 'long')
          return answerLong(request, reply, definition, answer as Operation, gone.signal);
        if (definition.status === 204) return reply.status(204).send();
        return reply.status(definition.status).send(answer);
      },
    });
  }

  async function answerLong(
    request: FastifyRequest,
    reply: FastifyReply,
    definition: Definition,
    operation: Operation,
    signal: AbortSignal,
  ) {
    const seconds = waitOf(request.headers['prefer']);
    const now = seconds === undefined ? operation : await waited(sagas, operation, seconds, signal);
    if (seconds !== undefined && now.state === 'succeeded')
      return reply.status(definition.status).send((await present(now.result)) ?? {});
    return reply.status(202).header('location', `/v1/operations/${now.id}`).send(now);
  }

  return app;
}
