/**
 * Signature V3 (ACS3-HMAC-SHA256). Source: "Request syntax and signature method V3", Alibaba Cloud SDK. Pure: date and nonce are
 * given, so that the vendor's published example is a test. Each request needs a nonce of its own, a repeated one too.
 */
import { createHash, createHmac } from 'node:crypto';

export interface Key {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string | undefined;
}
export interface Unsigned {
  method: string;
  /** As the request line has it, e.g. `/` or `/ecs`. */
  path: string;
  host: string;
  /** The API's name and version, e.g. RunInstances and 2014-05-26. */
  action: string;
  version: string;
  query: Readonly<Record<string, string>>;
  body: string;
  /** Set where there is a body. */
  contentType?: string | undefined;
}
export interface Moment {
  date: Date;
  nonce: string;
}

const algorithm = 'ACS3-HMAC-SHA256';
const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** RFC 3986: `encodeURIComponent` leaves five more characters as they are. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );

const byCode = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** Sorted by the parameters' names, as the signature wants it and as it is sent. */
export const canonicalQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .sort(byCode)
    .map(([key, value]) => `${percentEncode(key)}=${percentEncode(value)}`)
    .join('&');

/** Every segment encoded, slashes kept. */
const canonicalPath = (path: string): string =>
  path
    .split('/')
    .map(part => percentEncode(decodeURIComponent(part)))
    .join('/') || '/';

/** "yyyy-MM-ddTHH:mm:ssZ". */
const stamp = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');

/** The headers that a request is sent with, `authorization` among them. */
export function sign(key: Key, request: Unsigned, moment: Moment): Record<string, string> {
  const hash = sha256(request.body);
  const headers: Record<string, string> = {
    host: request.host,
    'x-acs-action': request.action,
    'x-acs-content-sha256': hash,
    'x-acs-date': stamp(moment.date),
    'x-acs-signature-nonce': moment.nonce,
    'x-acs-version': request.version,
    ...(key.securityToken !== undefined && { 'x-acs-security-token': key.securityToken }),
    ...(request.contentType !== undefined && { 'content-type': request.contentType }),
  };
  const sorted = Object.entries(headers).sort(byCode);
  const names = sorted.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    ...sorted.map(([name, value]) => `${name}:${value.trim()}`),
    '',
    names,
    hash,
  ].join('\n');
  const signature = createHmac('sha256', key.accessKeySecret)
    .update(`${algorithm}\n${sha256(canonical)}`, 'utf8')
    .digest('hex');
  return {
    ...headers,
    authorization: `${algorithm} Credential=${key.accessKeyId},SignedHeaders=${names},Signature=${signature}`,
  };
}
