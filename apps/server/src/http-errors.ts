/** What is wrong before an operation is reached, in the words of our error table: the body, the path, the protocol. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';

export const bodyLimit = 1024 * 1024;
/** 512-character cloud ids, each character as three (%2F) in a path. */
export const longestParam = 2048;
export const sendJson = 'Send JSON, with Content-Type: application/json.';
export type HttpError = Error & { statusCode?: number; code?: string };

/** Why `text` was refused as JSON, and where. Nothing of it is quoted: it may hold a credential. */
export function badJson(text: string): BaristaError {
  const refuse = (message: string, next: string) =>
    new BaristaError('invalid_argument', message, { where: 'body', next });
  try {
    JSON.parse(text);
  } catch (error) {
    const place = /at position (\d+)/.exec((error as Error).message)?.[1];
    return refuse(
      `The body is not well-formed JSON${place === undefined ? '' : ` (at character ${place})`}.`,
      'Is it whole? Send well-formed JSON.',
    );
  }
  return refuse('The body has a field __proto__ or constructor.prototype.', 'Leave it out.');
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
      : statusCode === 414
        ? [
            'A part of the path is too long.',
            `Send at most ${longestParam} characters between slashes.`,
            'path',
          ]
        : statusCode === 413
          ? ['The body is too large.', `Send at most ${bodyLimit} bytes.`, 'body']
          : statusCode === 415
            ? ['The body is of a type that is not taken.', sendJson, 'Content-Type']
            : [`${error.message.replace(/\.$/, '')}.`, sendJson, 'body'];
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
