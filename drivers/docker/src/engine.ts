/**
 * The Engine API over its socket, or over TCP with or without TLS (a Raspberry Pi or a NAS is just such a host).
 * Paths carry no version: the engine then speaks its newest, and engines since 2025 refuse the oldest ones.
 */
import http from 'node:http';
import https from 'node:https';
import type { Call } from '@cloud-barista/driver/call';
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
  secure: boolean;
  options: http.RequestOptions;
  host: string;
} {
  const text = credential['host'] ?? '';
  const fail = (message: string) =>
    new BaristaError('invalid_argument', message, {
      where: 'credential host',
      next: 'Write unix:///var/run/docker.sock, tcp://HOST:2375, or tcp://HOST:2376 with ca, cert and key.',
    });
  if (text.startsWith('unix://') || text.startsWith('/'))
    return { secure: false, host: '', options: { socketPath: text.replace(/^unix:\/\//, '') } };
  let url: URL;
  try {
    url = new URL(text.replace(/^tcp:/, credential['cert'] === undefined ? 'http:' : 'https:'));
  } catch {
    throw fail(`${JSON.stringify(text.slice(0, 100))} is no address of a Docker Engine.`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw fail(`${JSON.stringify(text.slice(0, 100))} is no address of a Docker Engine.`);
  const secure = url.protocol === 'https:';
  const { ca, cert, key } = credential;
  return {
    secure,
    host: url.hostname,
    options: {
      hostname: url.hostname,
      port: url.port === '' ? (secure ? 2376 : 2375) : Number(url.port),
      ...(secure && {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      }),
    },
  };
}

export function openEngine(credential: Readonly<Record<string, string>>, road: Road): Engine {
  const { secure, options, host } = target(credential);
  const web = secure ? https : http;
  const agent = new web.Agent({
    keepAlive: true,
    maxSockets: 32,
    timeout: 30_000,
    ...(secure && (options as https.AgentOptions)),
  });

  function send(
    method: string,
    path: string,
    payload: Buffer | undefined,
    type: string,
    signal: AbortSignal,
  ) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const fail = (error: Error & { code?: string }) =>
        reject(
          signal.aborted
            ? signal.reason
            : new EngineError(
                0,
                error.code ?? error.name,
                `The Docker Engine can't be reached (${error.code ?? error.message}).`,
              ),
        );
      const headers = {
        host: 'docker',
        ...(payload && { 'content-type': type, 'content-length': payload.length }),
      };
      const request = web.request({ ...options, method, path, agent, signal, headers }, message => {
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('end', () =>
          resolve({ status: message.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
        message.on('error', fail);
      });
      request.on('error', fail);
      request.end(payload);
    });
  }

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
          signal.throwIfAborted();
          const payload = raw ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
          const { status, text } = await send(
            method,
            path,
            payload,
            raw ? 'application/x-tar' : 'application/json',
            signal,
          );
          let value: unknown;
          try {
            value = text === '' ? undefined : JSON.parse(text);
          } catch {
            value = undefined;
          }
          if (status >= 300 && status !== 304) {
            const message = (value as { message?: string } | undefined)?.message ?? text.slice(0, 300);
            throw new EngineError(status, '', message);
          }
          return value as T;
        },
      );
    },
    close: () => agent.destroy(),
  };
}

/** A `filters` query value of the Engine API. */
export const filters = (value: Record<string, string[]>): string =>
  `filters=${encodeURIComponent(JSON.stringify(value))}`;
