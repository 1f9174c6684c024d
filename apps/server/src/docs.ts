/** `/docs`: Swagger UI over /openapi.json, its files read from its npm package at first request; nothing comes from elsewhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const types = { 'swagger-ui.css': 'text/css', 'swagger-ui-bundle.js': 'text/javascript' } as const;
export type Asset = keyof typeof types;
export const assetTypes: Readonly<Record<Asset, string>> = types;

/** The page, whose files stand under `base`. */
export const pageAt = (base: string, title: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${base}/swagger-ui.css"></head>
<body><div id="ui"></div><script src="${base}/swagger-ui-bundle.js"></script><script src="${base}/start.js"></script></body></html>
`;
export const startOf = (document: string): string =>
  `SwaggerUIBundle({ url: "${document}", dom_id: "#ui", docExpansion: "list", filter: true, validatorUrl: null, tagsSorter: "alpha" });\n`;
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

const cache = new Map<Asset, Promise<Buffer>>();
export function asset(name: Asset): Promise<Buffer> {
  const found =
    cache.get(name) ??
    readFile(join(dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')), name));
  cache.set(name, found);
  return found;
}

export function serveDocs(app: FastifyInstance, document: () => unknown): void {
  let text: string | undefined;
  app.get('/openapi.json', (_, reply) =>
    reply.type('application/json').send((text ??= JSON.stringify(document(), null, 2))),
  );
  app.get('/docs', (_, reply) =>
    reply
      .type('text/html')
      .header('content-security-policy', policy)
      .send(pageAt('/docs', 'Cloud-Barista API')),
  );
  app.get('/docs/start.js', (_, reply) => reply.type('text/javascript').send(startOf('/openapi.json')));
  for (const name of Object.keys(types) as Asset[])
    app.get(`/docs/${name}`, async (_, reply) => reply.type(types[name]).send(await asset(name)));
}
