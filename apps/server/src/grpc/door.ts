/**
 * HTTP/1 and HTTP/2 on one port: a connection's first bytes say which. What begins with the preface of HTTP/2 (RFC 9113, 3.4) goes
 * to gRPC, which is loaded then and not before; all else to the HTTP server as it was.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/** Enough to tell it from every method of HTTP/1. */
const enough = 4;
/** For the first bytes; as long as node gives a head. */
const patienceMs = 60_000;

/** Takes connections until it is closed. */
export interface Http2 {
  accept(socket: Socket): void;
  close(): void;
}

export interface Door {
  /** Puts itself before the connections of a server. */
  guard(server: Server): void;
  close(): Promise<void>;
}

export function openDoor(load: () => Promise<Http2>, onError: (error: unknown) => void): Door {
  /** Connections that are on nobody's list yet. */
  const waiting = new Set<Socket>();
  const speaking = new Set<Socket>();
  let http2: Promise<Http2> | undefined;
  let closed = false;

  /** Calls back with whether it speaks HTTP/2, what it said put back. */
  function sniff(socket: Socket, decided: (isHttp2: boolean) => void): void {
    let head: Buffer = Buffer.alloc(0);
    waiting.add(socket);
    const gone = () => waiting.delete(socket);
    const look = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const length = Math.min(head.length, enough);
      const fits = preface.subarray(0, length).equals(head.subarray(0, length));
      if (fits && length < enough) return;
      socket.off('readable', look).off('end', over).off('error', over).off('close', gone);
      socket.setTimeout(0).off('timeout', over);
      waiting.delete(socket);
      socket.unshift(head);
      decided(fits);
    };
    const over = () => void socket.destroy();
    socket.on('readable', look).on('end', over).on('error', over).on('close', gone);
    socket.setTimeout(patienceMs).on('timeout', over);
  }

  async function toHttp2(socket: Socket) {
    const over = () => void socket.destroy();
    waiting.add(socket);
    socket.on('error', over);
    try {
      const speaker = await (http2 ??= load());
      if (closed || socket.destroyed) return void socket.destroy();
      speaking.add(socket);
      socket.once('close', () => speaking.delete(socket));
      speaker.accept(socket);
    } catch (error) {
      http2 = undefined;
      onError(error);
      socket.destroy();
    } finally {
      waiting.delete(socket);
      socket.off('error', over);
    }
  }

  return {
    guard(server) {
      const inner = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
      server.removeAllListeners('connection');
      server.on('connection', socket => {
        if (closed) return void socket.destroy();
        sniff(socket, isHttp2 => {
          if (isHttp2) void toHttp2(socket);
          else for (const listener of inner) listener.call(server, socket);
        });
      });
    },
    async close() {
      closed = true;
      for (const socket of waiting) socket.destroy();
      (await http2?.catch(() => undefined))?.close();
      // A session that is told to end waits for its streams, and those may go on for ever.
      await new Promise(resolve => setImmediate(resolve));
      for (const socket of speaking) socket.destroy();
    },
  };
}
