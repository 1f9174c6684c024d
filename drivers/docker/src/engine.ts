/**
 * The Engine API over its socket, or over TCP with or without TLS (a Raspberry Pi or a NAS is just such a host).
 * Paths carry no version: the engine then speaks its newest, and engines since 2025 refuse the oldest ones.
 */
import type { Call } from '@cloud-barista/driver/call';
import { createTransport, type Exchange, type TransportOptions } from '@cloud-barista/driver/http';
import type { Road } from '@cloud-barista/driver/road';
import type { ResourceKind } from '@cloud-barista/model/call';
import { BaristaError } from '@cloud-barista/model/errors';
import { EngineError } from './errors.ts';

export interface About {
  resource: ResourceKind;
  name?: string;
  /** Reads and deletes; creates by a unique name, which a second attempt meets again. Default: GET and DELETE. */
  idempotent?: boolean;
  /** Sent as it is, e.g. a tar archive; else JSON. */
  raw?: Buffer;
}
export interface Engine {
  /** Host as people reach what it publishes; "" for this machine's own socket. */
  readonly host: string;
  ask<T>(
    call: Call,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    about: About,
    body?: unknown,
  ): Promise<T>;
  close(): void;
}

/** `unix:///var/run/docker.sock`, `tcp://HOST:2375`, `tcp://HOST:2376` with ca, cert and key, http:// and https:// alike. */
function target(credential: Readonly<Record<string, string>>): {
  url: URL;
  host: string;
  way: Pick<TransportOptions<Exchange>, 'tls' | 'socketPath'>;
} {
  const text = credential['host'] ?? '';
  const fail = (message: string) =>
    new BaristaError('invalid_argument', message, {
      where: 'credential host',
      next: 'Write unix:///var/run/docker.sock, tcp://HOST:2375, or tcp://HOST:2376 with ca, cert and key.',
    });
  if (text.startsWith('unix://') || text.startsWith('/'))
    return {
      url: new URL('http://docker'),
      host: '',
      way: { socketPath: text.replace(/^unix:\/\//, '') },
    };
  let url: URL;
  try {
    url = new URL(text.replace(/^tcp:/, credential['cert'] === undefined ? 'http:' : 'https:'));
  } catch {
    throw fail(`${JSON.stringify(text.slice(0, 100))} is no address of a Docker Engine.`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw fail(`${JSON.stringify(text.slice(0, 100))} is no address of a Docker Engine.`);
  if (url.port === '') url.port = url.protocol === 'https:' ? '2376' : '2375';
  const { ca, cert, key } = credential;
  const tls = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  return { url, host: url.hostname, way: { tls } };
}

export function openEngine(credential: Readonly<Record<string, string>>, road: Road): Engine {
  const { url, host, way } = target(credential);
  const transport = createTransport({
    ...way,
    sockets: 32,
    idleMs: 30_000,
    noAnswer: (_, { code, why }) => new EngineError(0, code, `The Docker Engine ${why}.`),
  });

  return {
    host,
    ask<T>(
      call: Call,
      method: 'GET' | 'POST' | 'PUT' | 'DELETE',
      path: string,
      about: About,
      body?: unknown,
    ): Promise<T> {
      const { resource, name, raw, idempotent = method === 'GET' || method === 'DELETE' } = about;
      // The call's name without its ids and query: what histories are grouped by.
      const api = `${method} ${path.split('?')[0]?.replace(/^\/(\w+)\/(?!json$|create$)[^/]+/, '/$1/{id}') ?? path}`;
      return road.send(
        { api, resource, ...(name !== undefined && { name }), idempotent },
        call.signal,
        async signal => {
          const headers = { host: 'docker', ...(raw && { 'content-type': 'application/x-tar' }) };
          const ask = { method, url, path, headers, body: raw ?? body };
          const { status, text, body: value } = await transport.send(ask, signal);
          if (status >= 300 && status !== 304) {
            const message = (value as { message?: string } | undefined)?.message ?? text.slice(0, 300);
            throw new EngineError(status, '', message);
          }
          return value as T;
        },
      );
    },
    close: () => transport.close(),
  };
}

/** A `filters` query value of the Engine API. */
export const filters = (value: Record<string, string[]>): string =>
  `filters=${encodeURIComponent(JSON.stringify(value))}`;
