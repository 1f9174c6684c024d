/** For tests: a server on loopback that answers as told, with a token endpoint in front, and a cloud opened on it. */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudConfig, Cloud } from '@cloud-barista/driver/driver';
import { createRoad, type SuiteRoad } from '@cloud-barista/suite/driver/road';
import { driver } from '../src/open.ts';

export const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

export interface Asked {
  method: string;
  /** Behind `/compute/v1/projects/my-project`. */
  path: string;
  query: URLSearchParams;
  token: string;
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
  asked: Asked[];
  /** The assertions that tokens were asked with. */
  assertions: string[];
  /** Seconds that the next tokens live. */
  life: number;
  config: CloudConfig;
  close(): Promise<void>;
}

export const refusal = (status: number, reason: string, message = `Refused: ${reason}`): Answered => ({
  status,
  body: { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } },
});
export const notFound = refusal(404, 'notFound');

/** `answer` is given every request but those for tokens, which `grant` may override. */
export async function localCloud(answer: Answerer, grant?: () => Answered): Promise<LocalCloud> {
  const server = http.createServer((request, response) => {
    void reply(request).then(({ status = 200, body = {}, headers }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });

  async function reply(request: http.IncomingMessage): Promise<Answered> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://local');
    if (url.pathname === '/token') {
      local.assertions.push(new URLSearchParams(text).get('assertion') ?? '');
      if (grant) return grant();
      const access_token = `token-${local.assertions.length}`;
      return { body: { access_token, expires_in: local.life, token_type: 'Bearer' } };
    }
    const asked: Asked = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname).replace('/compute/v1/projects/my-project', ''),
      query: url.searchParams,
      token: (request.headers.authorization ?? '').replace('Bearer ', ''),
      body: text === '' ? undefined : JSON.parse(text),
    };
    local.asked.push(asked);
    return answer(asked);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config: CloudConfig = {
    credential: { projectId: 'my-project', clientEmail: 'barista@my-project.iam.example', privateKey: pem },
    region: {
      region: 'asia-northeast3',
      zone: 'asia-northeast3-a',
      endpoint: `${base}/compute/v1`,
      tokenUri: `${base}/token`,
    },
  };
  const road = createRoad(driver, 10_000);
  const local: LocalCloud = {
    cloud: await driver.open(config, road),
    road,
    asked: [],
    assertions: [],
    life: 3600,
    config,
    async close() {
      await local.cloud.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return local;
}

export const withCloud =
  (answer: Answerer, run: (local: LocalCloud) => Promise<void>, grant?: () => Answered) =>
  async (): Promise<void> => {
    const local = await localCloud(answer, grant);
    try {
      await run(local);
    } finally {
      await local.close();
    }
  };

export const call = () => ({ signal: AbortSignal.timeout(10_000), limit: 1000 });
