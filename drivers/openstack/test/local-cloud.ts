/** For tests: a server on loopback that answers as told, with a Keystone in front, and a cloud opened on it. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRoad, type SuiteRoad } from '@cloud-barista/suite/driver/road';
import type { Cloud } from '@cloud-barista/driver/driver';
import { driver } from '../src/open.ts';

export interface Asked {
  method: string;
  /** Path behind the service's version. */
  path: string;
  query: URLSearchParams;
  token: string;
  headers: http.IncomingHttpHeaders;
  body: unknown;
}
export interface Answered {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}
export type Answerer = (asked: Asked) => Answered | Promise<Answered>;

export interface LocalCloud {
  cloud: Cloud;
  road: SuiteRoad;
  /** What services were asked, without Keystone. */
  asked: Asked[];
  /** Tokens given so far. */
  tokens: number;
  /** Seconds that the next tokens live. */
  life: number;
  port: number;
  close(): Promise<void>;
}

export const credential = (port: number) => ({
  authUrl: `http://127.0.0.1:${port}/v3`,
  username: 'demo',
  password: 'a-very-secret-word',
  project: 'demo',
});

/** `answer` is given every request but those for tokens; `POST /v3/auth/tokens` may be overridden too. */
export async function localCloud(
  answer: Answerer,
  authenticate?: Answerer,
  region = 'RegionOne',
  services: readonly string[] = ['compute', 'network', 'image'],
): Promise<LocalCloud> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const url = new URL(request.url ?? '/', 'http://local');
      const text = Buffer.concat(chunks).toString();
      const asked: Asked = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        token: String(request.headers['x-auth-token'] ?? ''),
        headers: request.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      const isToken = url.pathname === '/v3/auth/tokens';
      if (!isToken) {
        asked.path = url.pathname.replace(
          /^\/(compute\/v2\.1|network\/v2\.0|image\/v2|volumev3\/v3\/project-1)/,
          '',
        );
        local.asked.push(asked);
      }
      const { status = 200, body, headers } = await (isToken ? (authenticate ?? token) : answer)(asked);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const token: Answerer = () => {
    const issued = Date.now() - 3_600_000;
    return {
      status: 201,
      headers: { 'x-subject-token': `token-${++local.tokens}` },
      body: {
        token: {
          // An hour behind ours: the driver goes by the difference.
          issued_at: new Date(issued).toISOString(),
          expires_at: new Date(issued + local.life * 1000).toISOString(),
          project: { id: 'project-1' },
          catalog: services.map(type => ({
            type,
            endpoints: [
              { interface: 'public', region_id: 'RegionOne', url: `http://127.0.0.1:${port}/${type}/` },
              { interface: 'internal', region_id: 'RegionOne', url: 'http://192.0.2.1/' },
            ],
          })),
        },
      },
    };
  };

  const road = createRoad(driver, 5000);
  const local: LocalCloud = {
    cloud: await driver.open({ credential: credential(port), region: { region } }, road),
    road,
    asked: [],
    tokens: 0,
    life: 3600,
    port,
    async close() {
      await local.cloud.close();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return local;
}

/** A test on a local cloud, closed whatever comes. */
export const withCloud =
  (
    answer: Answerer,
    run: (local: LocalCloud) => Promise<void>,
    authenticate?: Answerer,
    region?: string,
    services?: readonly string[],
  ) =>
  async (): Promise<void> => {
    const local = await localCloud(answer, authenticate, region, services);
    try {
      await run(local);
    } finally {
      await local.close();
    }
  };

export const never = (): AbortSignal => new AbortController().signal;
