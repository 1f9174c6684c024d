/** Requests a second of one GET (or of what `request` makes, one each time), over `connections` kept-alive sockets, one request under way on each. */
import { connect } from 'node:net';

export interface Load {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
}

export interface LoadOptions {
  connections?: number;
  seconds?: number;
  /** Ends after so many instead. */
  calls?: number;
  /** The path and the JSON body of the next POST. */
  post?: () => { path: string; body: string };
}

export async function load(url: string, options: LoadOptions = {}): Promise<Load> {
  const { connections = 32, calls = Infinity, post } = options;
  const seconds = options.calls === undefined ? (options.seconds ?? 3) : Infinity;
  const { hostname, port, pathname, search } = new URL(url);
  const host = `Host: ${hostname}:${port}`;
  const get = `GET ${pathname}${search} HTTP/1.1\r\n${host}\r\n\r\n`;
  const next = (): string => {
    if (!post) return get;
    const { path, body } = post();
    return `POST ${path} HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
  const times: number[] = [];
  let failed = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect(Number(port), hostname);
          socket.setNoDelay(true);
          let sent = 0;
          let buffer = '';
          const send = () => {
            sent = performance.now();
            socket.write(next());
          };
          socket.on('connect', send);
          socket.on('error', reject);
          socket.on('data', data => {
            buffer += data.toString('latin1');
            const head = buffer.indexOf('\r\n\r\n');
            if (head < 0) return;
            const length = Number(/content-length: (\d+)/i.exec(buffer.slice(0, head))?.[1] ?? 0);
            if (buffer.length < head + 4 + length) return;
            if (!buffer.startsWith('HTTP/1.1 200')) failed++;
            buffer = '';
            times.push(performance.now() - sent);
            if (performance.now() < until && times.length < calls) send();
            else {
              socket.destroy();
              resolve();
            }
          });
        }),
    ),
  );
  const elapsed = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: Math.round(times.length / elapsed), p50Ms: at(0.5), p99Ms: at(0.99), failed };
}
