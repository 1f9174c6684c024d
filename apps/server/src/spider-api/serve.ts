/** `/spider` on the server. Its routes are loaded with the first call: nearly three hundred of them would cost every start 70 ms. */
import type { FastifyInstance } from 'fastify';
import type { SpiderApiOptions, SpiderCalls } from './calls.ts';

export const prefix = '/spider';

export function serveSpiderApi(app: FastifyInstance, options: SpiderApiOptions): void {
  let calls: SpiderCalls | undefined;
  const loaded = async (): Promise<SpiderCalls> =>
    (calls ??= (await import('./calls.ts')).spiderCalls(prefix, options));

  void app.register((scope, _options, ready) => {
    // Bodies are upstream's matter, also where they are wrong.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
    scope.setErrorHandler(async (error, request, reply) =>
      (await loaded()).refuse(error as Error, request, reply),
    );
    for (const url of [prefix, `${prefix}/*`])
      scope.route({
        method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url,
        handler: async (request, reply) => (calls ?? (await loaded())).handle(request, reply),
      });
    ready();
  });
}
