/**
 * Both ways in which Alibaba Cloud's RPC APIs are signed. Sources: "V3 request body and signature method"
 * (ACS3-HMAC-SHA256) and "V2 signature mechanism of RPC APIs" (HMAC-SHA1 over the sorted parameters).
 */
import { createHash, createHmac } from 'node:crypto';

/** RFC 3986, as the vendor asks: all but letters, digits, `-_.~`. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const sorted = (pairs: Iterable<readonly [string, string]>): string =>
  [...pairs]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

export function rpcStringToSign(method: string, pairs: Iterable<readonly [string, string]>): string {
  const rest = [...pairs].filter(([name]) => name !== 'Signature');
  return `${method}&${encode('/')}&${encode(sorted(rest))}`;
}
export const rpcSignature = (secret: string, text: string): string =>
  createHmac('sha1', `${secret}&`).update(text).digest('base64');

export interface Acs3Parts {
  method: string;
  path: string;
  query: Iterable<readonly [string, string]>;
  /** In the order of SignedHeaders. */
  headers: readonly (readonly [string, string])[];
  payloadHash: string;
}

export function acs3Canonical({ method, path, query, headers, payloadHash }: Acs3Parts): string {
  const lines = headers.map(([name, value]) => `${name}:${value.trim()}\n`).join('');
  const names = headers.map(([name]) => name).join(';');
  return `${method}\n${path}\n${sorted(query)}\n${lines}\n${names}\n${payloadHash}`;
}
export const acs3StringToSign = (canonical: string): string => `ACS3-HMAC-SHA256\n${sha256(canonical)}`;
export const acs3Signature = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex');
