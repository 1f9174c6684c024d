/** A server in this process, on the loopback and a port of its own, over the in-process cloud; and calls as raw as a test needs them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createClient, route, type Client } from '@cloud-barista/api/client';
import type { Definition } from '@cloud-barista/api/define';
import { operations, type Input, type OperationName } from '@cloud-barista/api/operations';
import { newSuffix } from '@cloud-barista/model/ids';
import type { ErrorBody } from '@cloud-barista/model/errors';
import { openMemoryCloud } from '@cloud-barista/driver-memory/open';
import { openServer, type Server, type ServerOptions } from '../src/server.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Its JSON; undefined where it is none. */
  body: unknown;
}
export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  /** Text goes as it is, all else as JSON. */
  body?: unknown;
}
export interface Stage {
  server: Server;
  client: Client;
  send(path: string, options?: Sent): Promise<Answer>;
  /** The operation of that name, waited for where it is long. */
  call<N extends OperationName>(name: N, input: Input<N>, headers?: Record<string, string>): Promise<Answer>;
  /** Makes credential, region and connection `name` of an in-process cloud of its own. */
  connect(name: string, region?: Record<string, string>): Promise<void>;
}

export type Hooks = Pick<TestContext, 'after'> | { after(fn: () => Promise<void>): void };

export const definitionOf = (name: OperationName): Definition => operations[name];
export const errorOf = (answer: Answer): ErrorBody => (answer.body as { error: ErrorBody }).error;

/** With node's own client: fetch sets Host and Origin itself, and tidies paths. */
export function send(url: string, path: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const outgoing = request({
      host: hostname,
      port,
      path,
      method,
      agent: false,
      headers: {
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(text)),
        }),
        ...headers,
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', response => {
      textOf(response).then(answered => {
        let parsed: unknown;
        try {
          parsed = JSON.parse(answered);
        } catch {
          // Not every answer is JSON.
        }
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: answered,
          body: parsed,
        });
      }, reject);
    });
    outgoing.end(text);
  });
}
async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return text;
}

export async function directory(hooks: Hooks): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'barista-server-'));
  hooks.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export function stageOf(server: Server, token?: string): Stage {
  const client = createClient({ url: server.url, token });
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    server,
    client,
    send: (path, options = {}) =>
      send(server.url, path, { ...options, headers: { ...authorization, ...options.headers } }),
    call(name, input, headers = {}) {
      const definition = definitionOf(name);
      const { path, body } = route(definition, input as Record<string, unknown>);
      const wait = definition.answer === 'long' ? { prefer: 'wait=30' } : {};
      return this.send(path, { method: definition.method, headers: { ...wait, ...headers }, body });
    },
    async connect(name, region = {}) {
      const values = { mockName: `${name}-${newSuffix()}` };
      await client.call('credential.create', { body: { name, driver: 'memory', values } });
      await client.call('region.create', { body: { name, driver: 'memory', values: region } });
      await client.call('connection.create', {
        body: { name, driver: 'memory', credential: name, region: name },
      });
    },
  };
}

export async function openStage(hooks: Hooks, options: ServerOptions = {}): Promise<Stage> {
  const server = await openServer({
    port: 0,
    ...(options.dataDir === undefined && { store: 'memory:' }),
    ...options,
  });
  hooks.after(() => server.close());
  return stageOf(server);
}

/** An in-process cloud whose clock stands still, so that what it begins does not end, until it is thawed. */
export function frozenCloud(): Pick<ServerOptions, 'drivers'> & { thaw(): void } {
  let now = Date.now();
  let step = 0;
  const { driver } = openMemoryCloud(`frozen-${newSuffix()}`, { now: () => (now += step) });
  return {
    drivers: { memory: async () => ({ driver }) },
    thaw() {
      step = 60_000;
    },
  };
}
/** A region in which all takes a minute. */
export const slowly = { createMs: '60000' };

/** Asserts an error of ours: its status, code, and that it says what is wrong and what to do next. Returns it. */
export function refused(answer: Answer, status: number, code: string): ErrorBody {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  const error = errorOf(answer);
  assert.equal(error.code, code, answer.text);
  assert.ok(error.message.length > 5 && /[.?!]$/.test(error.message), error.message);
  return error;
}

export const group = (connection: string, size = 2) => ({
  name: 'web',
  size,
  connection,
  image: 'ubuntu-22.04',
});
