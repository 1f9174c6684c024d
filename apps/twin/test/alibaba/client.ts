/**
 * A client of Alibaba Cloud's RPC APIs of its own, written from "V3 request body and signature method" and "V2 signature mechanism
 * of RPC APIs" and proved on the vendor's published examples (auth.test.ts): it speaks the newer form and can be made to err, which
 * the vendor's own client (vendor.test.ts) does not.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';

export type Fields = Readonly<Record<string, string | number | boolean>>;

const percent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const byName = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
export const canonicalQuery = (fields: Fields): string =>
  Object.keys(fields)
    .sort(byName)
    .map(name => `${percent(name)}=${percent(String(fields[name]))}`)
    .join('&');

/** Signature of the older form. */
export function signOld(method: string, fields: Fields, secret: string): string {
  const text = [method, percent('/'), percent(canonicalQuery(fields))].join('&');
  return createHmac('sha1', `${secret}&`).update(text).digest('base64');
}

export const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The Authorization header of the newer form. */
export function signNew(input: {
  method: string;
  path?: string;
  query: Fields;
  headers: Readonly<Record<string, string>>;
  body?: string;
  id: string;
  secret: string;
}): string {
  const names = Object.keys(input.headers).sort(byName);
  const canonical = [
    input.method,
    input.path ?? '/',
    canonicalQuery(input.query),
    names.map(name => `${name}:${input.headers[name]?.trim()}\n`).join(''),
    names.join(';'),
    sha(input.body ?? ''),
  ].join('\n');
  const signature = createHmac('sha256', input.secret)
    .update(`ACS3-HMAC-SHA256\n${sha(canonical)}`)
    .digest('hex');
  return `ACS3-HMAC-SHA256 Credential=${input.id},SignedHeaders=${names.join(';')},Signature=${signature}`;
}

export const stamp = (time = Date.now()): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

export interface Reply {
  status: number;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- an answer's shape is what the tests look at
  body: any;
}

export const versions = { ecs: '2014-05-26', vpc: '2016-04-28', sts: '2015-04-01' } as const;
export type Product = keyof typeof versions;
export interface Keys {
  id: string;
  secret: string;
}

export async function reply(response: Response): Promise<Reply> {
  const text = await response.text();
  return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
}

/** A call of the newer form; `form` puts the fields into the body. */
export async function callNew(
  base: string,
  product: Product,
  action: string,
  fields: Fields,
  keys: Keys,
  options: { form?: boolean; nonce?: string; date?: string; path?: string; version?: string } = {},
): Promise<Reply> {
  const body = options.form ? canonicalQuery(fields) : '';
  const query = options.form ? {} : fields;
  const url = new URL(`${base}/${product}`);
  const headers: Record<string, string> = {
    host: url.host,
    'x-acs-action': action,
    'x-acs-version': options.version ?? versions[product],
    'x-acs-date': options.date ?? stamp(),
    'x-acs-signature-nonce': options.nonce ?? randomUUID(),
    'x-acs-content-sha256': sha(body),
    ...(options.form && { 'content-type': 'application/x-www-form-urlencoded' }),
  };
  const authorization = signNew({
    method: 'POST',
    query,
    headers,
    body,
    ...keys,
    ...(options.path !== undefined && { path: options.path }),
  });
  const { host: _, ...sent } = headers;
  url.search = canonicalQuery(query);
  return reply(
    await fetch(url, { method: 'POST', headers: { ...sent, authorization }, ...(body && { body }) }),
  );
}

/** A call of the older form. */
export async function callOld(
  base: string,
  product: Product,
  action: string,
  fields: Fields,
  keys: Keys,
  options: { method?: 'GET' | 'POST'; extra?: Fields } = {},
): Promise<Reply> {
  const method = options.method ?? 'GET';
  const all: Fields = {
    Action: action,
    Version: versions[product],
    Format: 'JSON',
    AccessKeyId: keys.id,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: randomUUID(),
    Timestamp: stamp(),
    ...fields,
    ...options.extra,
  };
  const signed = canonicalQuery({ ...all, Signature: signOld(method, all, keys.secret) });
  return method === 'GET'
    ? reply(await fetch(`${base}/${product}?${signed}`))
    : reply(
        await fetch(`${base}/${product}`, {
          method,
          body: signed,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
      );
}
