/** Upstream's APIs on the ports that its clients know: the same routes, and nothing else of this server's. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { BaristaError } from '@cloud-barista/model/errors';
import { answerGarbage } from './http-errors.ts';

/** Port of each framework's API; one that is absent is not opened. */
export interface UpstreamPorts {
  spider?: number;
}
export const upstreamPorts = { spider: 1024 } as const satisfies Required<UpstreamPorts>;
const prefixes = { spider: '/spider' } as const satisfies Record<keyof UpstreamPorts, string>;

export const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new BaristaError(
          'failed_precondition',
          error.code === 'EADDRINUSE'
            ? `Port ${port} is taken by another program.`
            : `Can't listen on ${host}:${port}: ${error.message}.`,
          { next: 'Is CB-Spider itself running? Leave --upstream-ports out, or end it.', source: error },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
}

export async function openUpstreamPorts(
  app: FastifyInstance,
  { host, ports }: { host: string; ports: UpstreamPorts },
): Promise<{ urls: Partial<Record<keyof UpstreamPorts, string>>; close(): Promise<void> }> {
  const servers: Server[] = [];
  const urls: Partial<Record<keyof UpstreamPorts, string>> = {};
  const close = async () => {
    await Promise.all(
      servers.splice(0).map(server => {
        const closed = new Promise<void>(resolve => server.close(() => resolve()));
        server.closeAllConnections();
        return closed;
      }),
    );
  };
  for (const name of Object.keys(prefixes) as (keyof UpstreamPorts)[]) {
    const port = ports[name];
    if (port === undefined) continue;
    const prefix = prefixes[name];
    const isOurs = new RegExp(`^${prefix}(?:[/?]|$)`);
    const server = createServer({ keepAliveTimeout: 72_000 }, (request, response) => {
      if (isOurs.test(request.url ?? '')) return app.routing(request, response);
      response.writeHead(404, { 'content-type': 'application/json; charset=UTF-8' });
      response.end('{"message":"Not Found"}\n');
    });
    server.on('clientError', answerGarbage);
    try {
      await listen(server, host, port);
    } catch (error) {
      await close();
      throw error;
    }
    servers.push(server);
    urls[name] = urlOf(host, (server.address() as AddressInfo).port) + prefix;
  }
  return { urls, close };
}
