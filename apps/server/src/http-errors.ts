/** What is wrong before an operation is reached, in the words of our error table: the body, the path, the protocol. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';

export const bodyLimit = 1024 * 1024;
export const sendJson = 'Send JSON, with Content-Type: application/json.';
export type HttpError = Error & { statusCode?: number; code?: string };

/** The parser's own text quotes the body, which may hold a credential: only the place is told. */
function unread({ message }: Error): string {
  if (message.includes('forbidden prototype'))
    return 'The body holds the forbidden field __proto__ or constructor.';
  const place = /at position (\d+)/.exec(message)?.[1];
  return `The body is not well-formed JSON${place === undefined ? '' : ` (at character ${place})`}.`;
}

/** What the framework found wrong (its statuses below 500) in our words; everything else as it is. */
export function told(error: HttpError): { known: BaristaError; status: number } {
  const { statusCode } = error;
  if (error instanceof BaristaError || statusCode === undefined || statusCode >= 500) {
    const known = toBaristaError(error);
    return { known, status: known.status };
  }
  const [message, next, where] =
    error.code === 'FST_ERR_BAD_URL'
      ? ["The path can't be decoded.", 'Encode what stands between the slashes (RFC 3986, 2.1).', 'path']
      : statusCode === 413
        ? ['The body is too large.', `Send at most ${bodyLimit} bytes.`, 'body']
        : statusCode === 415
          ? ['The body is of a type that is not taken.', sendJson, 'Content-Type']
          : [unread(error), 'Send well-formed JSON.', 'body'];
  const known = new BaristaError('invalid_argument', message, { where, next });
  return { known, status: statusCode };
}

/** No HTTP at all, too long a head, too slow: node gives us the bare socket. */
export function answerGarbage(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = JSON.stringify({
    error: { code: 'invalid_argument', message: `${STATUS_CODES[status]}.`, next: 'Send HTTP/1.1.' },
  });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
