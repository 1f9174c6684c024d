/** Reading requests whole and bounded, and answering JSON: what the control API and the server need of HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BaristaError } from '@cloud-barista/model/errors';

/** Glance takes image uploads; nothing else comes near. */
export const bodyLimit = 64 * 1024 * 1024;

export async function readBody(request: IncomingMessage, limit = bodyLimit): Promise<Buffer> {
  const tooLarge = () =>
    new BaristaError('invalid_argument', `The body is larger than ${limit} bytes.`, {
      next: 'Send less at once.',
      where: 'body',
    });
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
  response.end(text);
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new BaristaError('invalid_argument', 'The body is not JSON.', {
      next: (error as Error).message,
      where: 'body',
    });
  }
}

/** True for requests made to this machine by name: a page in a browser that points another name here is kept out. */
export function isLocal(request: IncomingMessage): boolean {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
