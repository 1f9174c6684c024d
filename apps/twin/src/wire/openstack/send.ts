/** A handler's answer on its way to the client. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Service } from './errors.ts';
import type { Reply } from './reply.ts';

/** Of an answer without a body: Nova's and Cinder's own, webob's in Glance; Neutron sends none. */
const emptyTypes: Partial<Record<Service, string>> = {
  compute: 'application/json',
  volume: 'application/json',
  image: 'text/html; charset=UTF-8',
};

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  headers: Record<string, string>,
  service?: Service,
): void {
  const { status, body, text, data } = reply;
  const usual = body === undefined ? service && emptyTypes[service] : 'application/json';
  const type = reply.type ?? usual;
  const payload = body !== undefined ? JSON.stringify(body) : (data ?? text ?? '');
  response.writeHead(status, {
    ...headers,
    ...reply.headers,
    ...(type !== undefined && { 'content-type': type }),
    ...(status !== 204 && { 'content-length': Buffer.byteLength(payload) }),
  });
  if (request.method === 'HEAD' || status === 204) response.end();
  else response.end(payload);
}
