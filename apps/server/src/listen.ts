/** Where the server listens: at its host, and where that is `localhost`, at every address that this name has (127.0.0.1 and ::1). */
import { lookup } from 'node:dns/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { answerGarbage } from './http-errors.ts';

export interface ListenOptions {
  host: string;
  port: number;
  /** Each further server, before it listens. */
  onServer?: (server: Server) => void;
  addressesOf?: (name: string) => Promise<readonly { address: string }[]>;
}

/** Closes the further addresses; the first is the app's own. Throws where the first can't be had. */
export async function listen(
  app: FastifyInstance,
  { host, port, onServer = () => {}, addressesOf = name => lookup(name, { all: true }) }: ListenOptions,
): Promise<{ close(): Promise<void> }> {
  await app.listen({ host, port });
  const first = app.server.address() as AddressInfo;
  const names = host === 'localhost' ? await addressesOf(host).catch(() => []) : [];
  const further = new Set(names.map(({ address }) => address).filter(address => address !== first.address));
  const servers: Server[] = [];
  for (const address of further) {
    const { keepAliveTimeout, requestTimeout } = app.server;
    const server = createServer({ keepAliveTimeout, requestTimeout }, (request, response) =>
      app.routing(request, response),
    );
    server.on('clientError', answerGarbage);
    onServer(server);
    // Not every name's address is one of this machine's: what is not is left out.
    const listening = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false));
      server.listen(first.port, address, () => resolve(true));
    });
    if (listening) servers.push(server);
  }
  return {
    async close() {
      const closed = servers.map(server => new Promise<void>(resolve => server.close(() => resolve())));
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed);
    },
  };
}
