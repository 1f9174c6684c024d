/**
 * The server: store, connector, groups and HTTP put together. Used by main.ts and, in one process, by tests:
 *
 *   const server = await openServer({ store: 'memory:', port: 0 });
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Server as HttpServer } from 'node:http';
import { join, resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Driver } from '@cloud-barista/driver/driver';
import type { Handlers } from '@cloud-barista/api/handlers';
import { BaristaError } from '@cloud-barista/model/errors';
import { recoverClaims } from '@cloud-barista/spider/recover';
import { spiderHandlers } from '@cloud-barista/spider/handlers';
import { loadMasterKey } from '@cloud-barista/spider/secrets';
import { openSpider, type SpiderOptions } from '@cloud-barista/spider/spider';
import { spiderSagas } from '@cloud-barista/spider/vm-sagas';
import { openStore } from '@cloud-barista/store/open';
import { openSagas } from '@cloud-barista/store/sagas';
import { presentResult, tumblebugHandlers, tumblebugSagas } from '@cloud-barista/tumblebug/handlers';
import { ensureDefaultNamespace } from '@cloud-barista/tumblebug/namespaces';
import { openTumblebug } from '@cloud-barista/tumblebug/tumblebug';
import { conformanceHandlers } from './conformance.ts';
import { openAuth } from './auth.ts';
import { serveDocs } from './docs.ts';
import type { SpiderUser } from './spider-api/door.ts';
import { serveSpiderApi } from './spider-api/serve.ts';
import { openUpstreamPorts, urlOf, type UpstreamPorts } from './upstream-ports.ts';
import { drivers as ownDrivers } from './drivers.ts';
import { openDoor } from './grpc/door.ts';
import { createHttp, type HttpOptions } from './http.ts';
import { listen } from './listen.ts';
import { openApi } from './openapi.ts';
import { operationHandlers } from './operations.ts';
import { version } from './version.ts';
import { watchHandlers } from './watch.ts';

export interface ServerOptions {
  /** Default 127.0.0.1: this machine only, no token needed. Anywhere else every call needs one. */
  host?: string;
  /** Default 4600; 0 takes a free one. */
  port?: number;
  /** Where the store, the master key and the call history lie; made where absent. */
  dataDir?: string;
  /** `memory:`, `sqlite:PATH`, `etcd://HOST:PORT[,HOST:PORT]/PREFIX`; default the SQLite file in dataDir. */
  store?: string;
  drivers?: Record<string, () => Promise<{ driver: Driver }>>;
  /** How long drivers in processes of their own may take. */
  plugIns?: SpiderOptions['plugIns'];
  /** Wants a token on the loopback too. */
  authenticate?: boolean;
  /** Also serves upstream's APIs on ports of their own: CB-Spider's is 1024; 0 takes a free one. */
  upstreamPorts?: UpstreamPorts;
  /** The user and password that /spider wants (HTTP Basic), as upstream's SPIDER_USERNAME and SPIDER_PASSWORD. */
  spiderUser?: SpiderUser;
  log?: (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: object) => void;
}

export interface Server {
  readonly url: string;
  /** Where the first admin's token stands, when calls need one. */
  readonly adminTokenFile: string | undefined;
  /** Where upstream's APIs are served on ports of their own. */
  readonly upstream: Readonly<Partial<Record<keyof UpstreamPorts, string>>>;
  /** Operations of an earlier process that were taken up again. */
  readonly resumed: number;
  close(): Promise<void>;
}

export const defaultPort = 4600;
/** How often creates whose answer was lost are looked for. */
const settleEveryMs = 30_000;
const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.');

export async function openServer(options: ServerOptions = {}): Promise<Server> {
  const { host = '127.0.0.1', port = defaultPort, dataDir, log = () => {} } = options;
  const started = Date.now();
  if (dataDir !== undefined)
    await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: Error) => {
      throw new BaristaError('failed_precondition', `The data directory can't be made: ${error.message}.`, {
        where: dataDir,
        next: 'Choose another one with --data.',
        source: error,
      });
    });
  const storeUrl =
    options.store ?? (dataDir === undefined ? 'memory:' : `sqlite:${join(dataDir, 'barista.db')}`);
  // What is opened is closed in reverse, also when a later part of the start fails.
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    const failures: unknown[] = [];
    for (const shut of closers.splice(0).reverse()) await shut().catch(error => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };

  try {
    const store = await openStore(storeUrl);
    closers.push(() => store.close());
    // Without a directory nothing outlives the process, its key included.
    const key =
      dataDir === undefined
        ? randomBytes(32)
        : await loadMasterKey({ file: join(dataDir, 'master.key'), env: process.env });
    const spider = await openSpider({
      store,
      drivers: options.drivers ?? ownDrivers,
      modulesFrom: [...(dataDir === undefined ? [] : [resolve(dataDir)]), process.cwd()],
      ...(options.plugIns && { plugIns: options.plugIns }),
      key,
      log: line => log('debug', 'spider', line),
      ...(dataDir !== undefined && { callsDir: join(dataDir, 'calls') }),
    });
    closers.push(() => spider.close());
    const bug = openTumblebug({ store, spider });
    closers.push(() => bug.close());
    await ensureDefaultNamespace(bug);
    const sagas = await openSagas({
      store,
      sagas: [...spiderSagas(spider), ...tumblebugSagas(bug)],
      log: line => log('info', 'saga', typeof line === 'string' ? { line } : line),
    });
    closers.push(() => sagas.close());
    const authenticate = options.authenticate ?? !isLoopback(host);
    const auth = await openAuth({ store, open: !authenticate });
    closers.push(async () => auth.close());
    const adminTokenFile =
      authenticate && dataDir !== undefined ? await auth.ensureAdminToken(dataDir) : undefined;

    const handlers: Handlers = {
      'health.get': async () => ({
        status: 'ok',
        version,
        store: store.kind,
        uptimeSeconds: Math.round((Date.now() - started) / 1000),
      }),
      ...auth.handlers,
      ...spiderHandlers(spider, sagas),
      ...conformanceHandlers(spider, message => log('info', message)),
      ...tumblebugHandlers(bug, sagas),
      ...operationHandlers(sagas),
      ...watchHandlers(store, bug),
    };
    const onError = (error: BaristaError, request: { method: string; url: string; id: string }) =>
      log(error.status >= 500 && error.code !== 'unimplemented' ? 'error' : 'debug', error.message, {
        ...request,
        code: error.code,
        operator: error.operator,
      });
    const calls: HttpOptions = { handlers, sagas, auth, present: presentResult(bug), onError };
    const door = openDoor(
      async () => (await import('./grpc/serve.ts')).serveGrpc(calls),
      (error: unknown) => log('error', 'gRPC can not be loaded', { error: String(error) }),
    );
    const onServer = (server: HttpServer) => door.guard(server);
    const http = createHttp({ ...calls, onServer });
    serveDocs(http, () => openApi(version));
    serveSpiderApi(http, { spider, auth, user: options.spiderUser, onError });
    closers.push(() => http.close());
    const further = await listen(http, { host, port, onServer }).catch((error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      throw new BaristaError(
        'failed_precondition',
        taken
          ? `Port ${port} is taken by another program.`
          : `Can't listen on ${host}:${port}: ${error.message}.`,
        {
          next: taken
            ? 'Is a server running already? Choose another port with --port.'
            : 'Choose another --host or --port.',
          source: error,
        },
      );
    });
    closers.push(() => further.close());
    closers.push(() => door.close());
    const address = http.server.address() as AddressInfo;
    const upstream = await openUpstreamPorts(http, { host, ports: options.upstreamPorts ?? {} });
    closers.push(() => upstream.close());
    // Behind the listening: what a dead process left is taken up while clients are served already.
    const resumed = await sagas.resume();
    if (resumed > 0) log('info', `took up ${resumed} operations of an earlier run`);
    const settle = () =>
      recoverClaims(spider).catch((error: unknown) =>
        log('warn', 'claims of lost creates are not settled yet', { error: String(error) }),
      );
    void settle();
    const settling = setInterval(() => void settle(), settleEveryMs);
    settling.unref();
    closers.push(async () => clearInterval(settling));

    return {
      url: urlOf(host, address.port),
      adminTokenFile,
      upstream: upstream.urls,
      resumed,
      close,
    };
  } catch (error) {
    // What went wrong first says more than what the tidying up stumbles over.
    await close().catch(() => {});
    throw error;
  }
}
