/** For tests: a server that answers what a script says, and a driver's parts that speak to it on a plain road. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cloud } from '@cloud-barista/driver/driver';
import { createRoad, type SuiteRoad } from '@cloud-barista/suite/driver/road';
import { createArm, type Arm } from '../src/arm.ts';
import { createHttp } from '../src/http.ts';
import { driver } from '../src/open.ts';
import { readSettings } from '../src/settings.ts';
import { createTokens } from '../src/token.ts';

export interface Asked {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}
export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** A string goes as it is, all else as JSON. */
  body?: unknown;
}
export interface Scripted {
  url: string;
  asked: Asked[];
  arm: Arm;
  road: SuiteRoad;
  /** The whole driver on the same server. */
  cloud: Cloud;
  /** Tokens given so far. */
  tokens(): number;
  close(): Promise<void>;
}

export const secret = 'the-secret-value';
const isToken = (asked: Asked) => asked.url.endsWith('/oauth2/v2.0/token');

/** `answer` sees all but token requests, unless it takes those too. `now`: the driver's clock for tokens. */
export async function script(
  answer: (asked: Asked, base: string) => Reply | 'drop',
  options: { token?: (asked: Asked) => Reply; now?: () => number; region?: Record<string, string> } = {},
): Promise<Scripted> {
  const asked: Asked[] = [];
  let tokens = 0;
  const token: (asked: Asked) => Reply =
    options.token ?? (() => ({ body: { access_token: `token-${tokens}`, expires_in: 3599 } }));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      if (isToken(one)) tokens++;
      else asked.push(one);
      const reply = isToken(one) ? token(one) : answer(one, base);
      if (reply === 'drop') return void request.socket.destroy();
      const { status = 200, body } = reply;
      response.writeHead(status, reply.headers);
      response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    credential: { tenantId: 'tenant', clientId: 'client', clientSecret: secret, subscriptionId: 'sub' },
    region: { region: 'koreacentral', endpoint: base, authority: base, ...options.region },
  };
  const settings = readSettings(config);
  const http = createHttp();
  const road = createRoad(driver, 5000);
  const cloud = await driver.open(config, road);
  const arm = createArm(
    settings,
    http,
    createTokens(settings, http, road, new AbortController().signal, options.now),
    road,
  );
  return {
    url: base,
    asked,
    arm,
    road,
    cloud,
    tokens: () => tokens,
    async close() {
      await cloud.close();
      http.close();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

export const call = () => ({ signal: AbortSignal.timeout(5000) });
