/** `/spider/api`: the OpenAPI page of these routes, made from their list. */
import { asset, assetTypes, pageAt, policy, startOf, type Asset } from '../docs.ts';
import { version } from '../version.ts';
import { Text, type SpiderRoute } from './route.ts';

const base = '/spider/api';

const tagOf = (path: string): string =>
  /^\/(?:all|csp|reg|count|get)?([a-z]+?)(?:info|status)?(?:[/:]|$)/.exec(path)?.[1] ?? 'info';
const connectionless =
  /^\/(?:$|driver(?!\/capability)|credential|region(?!zone)|connectionconfig|cloudos|count|health|ping|ready|ver|endpointinfo|splock|api|sshrun|check|swagger)/;

function operation(route: SpiderRoute): Record<string, unknown> {
  const { method, path, summary, differs } = route;
  const params = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = (name: string, words?: string[]) => ({
    name,
    in: 'query',
    required: words !== undefined,
    schema: { type: 'string', ...(words && { enum: words }) },
  });
  const needsConnection = path !== '' && !connectionless.test(path);
  const hasBody = method === 'POST' || method === 'PUT';
  return {
    operationId: `${method} ${path === '' ? '(root)' : path}`,
    summary,
    ...(differs !== undefined && { description: `Differs from CB-Spider: ${differs}.` }),
    tags: [tagOf(path)],
    parameters: [
      ...params,
      ...(needsConnection && !hasBody ? [inQuery('ConnectionName')] : []),
      ...(path.startsWith('/controlvm') ? [inQuery('action', ['suspend', 'resume', 'reboot'])] : []),
      ...(method === 'DELETE' && needsConnection ? [inQuery('force')] : []),
    ],
    ...(hasBody && {
      requestBody: {
        content: {
          'application/json': {
            schema: {
              type: 'object',
              ...(needsConnection && {
                properties: { ConnectionName: { type: 'string' }, ReqInfo: { type: 'object' } },
              }),
            },
          },
        },
      },
    }),
    responses: {
      '200': { description: 'Done.' },
      default: {
        description: 'What is wrong.',
        content: {
          'application/json': { schema: { type: 'object', properties: { message: { type: 'string' } } } },
        },
      },
    },
  };
}

export function spiderOpenApi(routes: readonly SpiderRoute[]): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = `/spider${route.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    if (path.includes('*')) continue;
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'CB-Spider’s API, served by Cloud-Barista',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { basic: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

/** Ours beside upstream's /api: what the page is made of. */
export const pageFiles = [
  '/api/openapi.json',
  '/api/start.js',
  '/api/swagger-ui.css',
  '/api/swagger-ui-bundle.js',
];

export function apiPageRoutes(all: () => readonly SpiderRoute[]): SpiderRoute[] {
  let document: string | undefined;
  const page = () =>
    new Text('text/html; charset=UTF-8', pageAt(base, 'CB-Spider’s API'), {
      'content-security-policy': policy,
    });
  const route = (path: string, summary: string, answer: SpiderRoute['answer']): SpiderRoute => ({
    method: 'GET',
    path,
    since: 'newest',
    summary,
    answer,
  });
  return [
    route('/api', 'The API page', page),
    route('/api/', 'The API page', page),
    {
      ...route('/api/*', 'The API page', () => new Text('text/plain', '', { location: base })),
      differs: 'leads to /api',
    },
    {
      ...route('/swagger/*', 'The API page', () => new Text('text/plain', '', { location: base })),
      since: 'v0.3',
      differs: 'leads to /api',
    },
    route(
      '/api/openapi.json',
      'OpenAPI',
      () => new Text('application/json; charset=UTF-8', (document ??= JSON.stringify(spiderOpenApi(all())))),
    ),
    route(
      '/api/start.js',
      'The page’s script',
      () => new Text('text/javascript', startOf(`${base}/openapi.json`)),
    ),
    ...(Object.keys(assetTypes) as Asset[]).map(name =>
      route(`/api/${name}`, 'Of the page', async () => new Text(assetTypes[name], await asset(name))),
    ),
  ];
}
