/** Answers that go on: server-sent events, or JSON lines for those who ask. Back-pressure reaches the source. */
import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formatEvent } from '@cloud-barista/api/events';
import { toBaristaError, type BaristaError } from '@cloud-barista/model/errors';

export interface StreamOptions {
  /** An error in the middle, when the status has been sent: the client is told in the stream. */
  onError?: (error: BaristaError) => void;
  /** A sign of life so often, so that no proxy takes the silence for death. */
  keepAliveMs?: number;
}

export async function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  source: AsyncIterable<unknown>,
  { onError = () => {}, keepAliveMs = 15_000 }: StreamOptions = {},
): Promise<void> {
  const lines = (request.headers.accept ?? '').includes('application/x-ndjson');
  const iterator = source[Symbol.asyncIterator]();
  // The first item is asked for before the head is sent, so that an error at the start is answered with its own status.
  let pending = iterator.next();
  const soon = Promise.withResolvers<void>();
  const timer = setTimeout(soon.resolve, 50);
  await Promise.race([pending, soon.promise]).finally(() => clearTimeout(timer));
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': lines ? 'application/x-ndjson' : 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();
  const beat = setInterval(() => raw.write(lines ? '\n' : ': still here\n\n'), keepAliveMs);
  const write = async (text: string) => {
    if (!raw.write(text) && !raw.destroyed) await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
  };
  try {
    for (;;) {
      const item = await pending;
      if (item.done === true || raw.destroyed) break;
      await write(lines ? `${JSON.stringify(item.value)}\n` : formatEvent(item.value));
      pending = iterator.next();
    }
  } catch (error) {
    const known = toBaristaError(error);
    const body = known.toJSON();
    if (!raw.destroyed) onError(known);
    if (!raw.destroyed)
      await write(lines ? `${JSON.stringify({ error: body })}\n` : formatEvent(body, 'error'));
  } finally {
    clearInterval(beat);
    await iterator.return?.();
    raw.end();
  }
}
