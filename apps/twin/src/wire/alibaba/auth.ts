/**
 * Who asks, and whether the request is theirs and fresh: both forms of signature, the time within 15 minutes, no nonce twice.
 * Sources: "V3 request body and signature method", "V2 signature mechanism of RPC APIs", "Common error codes".
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Cloud } from '../../world/clouds.ts';
import { AliError, missing } from './errors.ts';
import { own } from './params.ts';
import {
  acs3Canonical,
  acs3Signature,
  acs3StringToSign,
  rpcSignature,
  rpcStringToSign,
  sha256,
} from './signature.ts';

const window = 15 * 60_000;

export interface Asked {
  request: IncomingMessage;
  cloud: Cloud;
  /** As sent, and without the Twin's `/alibaba/<cloud>/<product>`: a client signs either. */
  paths: readonly string[];
  query: ReadonlyMap<string, string>;
  /** Of a form body; empty where it is none. */
  form: ReadonlyMap<string, string>;
  body: Buffer;
}

const equal = (a: string, b: string): boolean => {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
};

export const mismatch = (text: string): AliError =>
  new AliError(
    'SignatureDoesNotMatch',
    `Specified signature is not matched with our calculation. server string to sign is:${text}`,
  );

const incomplete = (what: string): AliError =>
  new AliError('IncompleteSignature', `The request signature does not conform to Aliyun standards. ${what}`);

/** Nonces seen, in two generations, so that none older than its request's validity is kept. */
function createNonces(now: () => number): (nonce: string) => boolean {
  let fresh = new Set<string>();
  let old = new Set<string>();
  let since = now();
  return nonce => {
    if (now() - since > 2 * window) {
      old = fresh;
      fresh = new Set();
      since = now();
    }
    if (fresh.has(nonce) || old.has(nonce)) return false;
    fresh.add(own(nonce));
    return true;
  };
}

export interface Authenticator {
  /** Throws where the request is refused. */
  check(asked: Asked): void;
}

export function createAuthenticator(now: () => number): Authenticator {
  const seen = new WeakMap<Cloud, (nonce: string) => boolean>();

  const secretOf = (cloud: Cloud, accessKeyId: string): string => {
    if (accessKeyId !== cloud.credentials['accessKeyId'])
      throw new AliError('InvalidAccessKeyId.NotFound', 'Specified access key is not found.', 404);
    return cloud.credentials['accessKeySecret'] ?? '';
  };

  function checkTime(text: string, name: string): void {
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(time))
      throw new AliError(
        'InvalidTimeStamp.Format',
        `Specified time stamp or date value is not well formatted (${name}).`,
      );
    if (Math.abs(now() - time) > window)
      throw new AliError('InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
  }

  /** After the signature, so that nobody else can use a nonce up. */
  function checkNonce(cloud: Cloud, nonce: string): void {
    let fresh = seen.get(cloud);
    if (!fresh) {
      fresh = createNonces(now);
      seen.set(cloud, fresh);
    }
    if (!fresh(nonce))
      throw new AliError('SignatureNonceUsed', 'Specified signature nonce was used already.');
  }

  function acs3({ request, cloud, paths, query, body }: Asked, authorization: string): void {
    const match =
      /^ACS3-HMAC-SHA256 +Credential=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/.exec(
        authorization.trim(),
      );
    if (!match) throw incomplete('The Authorization header is malformed.');
    const [, accessKeyId = '', signed = '', signature = ''] = match;
    const header = (name: string): string => {
      const value = request.headers[name];
      return (Array.isArray(value) ? value.join(',') : value) ?? '';
    };
    for (const name of ['x-acs-action', 'x-acs-version', 'x-acs-date', 'x-acs-signature-nonce'])
      if (header(name) === '') throw missing(name);
    checkTime(header('x-acs-date'), 'x-acs-date');
    const secret = secretOf(cloud, accessKeyId);
    const names = signed.split(';');
    if (
      names.some(
        (name, index) => name !== name.toLowerCase() || (index > 0 && name <= (names[index - 1] ?? '')),
      )
    )
      throw incomplete('SignedHeaders must be in lower case and sorted.');
    const must = ['host', ...Object.keys(request.headers).filter(name => name.startsWith('x-acs-'))];
    const left = must.find(name => !names.includes(name));
    if (left !== undefined) throw incomplete(`The header ${left} is not signed.`);
    const payloadHash = header('x-acs-content-sha256');
    if (payloadHash === '') throw missing('x-acs-content-sha256');
    // The vendor's clients hash a form as it is sent; nothing else may stand there.
    if (!equal(payloadHash.toLowerCase(), sha256(body)))
      throw incomplete('x-acs-content-sha256 is not the hash of the body.');
    const parts = {
      method: request.method ?? 'POST',
      query,
      headers: names.map(name => [name, header(name)] as const),
      payloadHash,
    };
    const texts = paths.map(path => acs3StringToSign(acs3Canonical({ ...parts, path })));
    if (!texts.some(text => equal(acs3Signature(secret, text), signature)))
      throw mismatch(texts.at(-1) ?? '');
    checkNonce(cloud, header('x-acs-signature-nonce'));
  }

  function rpc({ request, cloud, query, form }: Asked): void {
    const pairs = new Map([...query, ...form]);
    const required = (name: string): string => {
      const value = pairs.get(name);
      if (value === undefined || value === '') throw missing(name);
      return value;
    };
    const accessKeyId = required('AccessKeyId');
    const signature = required('Signature');
    const method = required('SignatureMethod');
    if (method !== 'HMAC-SHA1')
      throw new AliError('InvalidSignatureMethod', 'Specified signature method is not supported.');
    if ((pairs.get('SignatureVersion') ?? '1.0') !== '1.0')
      throw new AliError('InvalidSignatureVersion', 'Specified signature version is not supported.');
    const nonce = required('SignatureNonce');
    checkTime(required('Timestamp'), 'Timestamp');
    const secret = secretOf(cloud, accessKeyId);
    const text = rpcStringToSign(request.method ?? 'GET', pairs);
    if (!equal(rpcSignature(secret, text), signature)) throw mismatch(text);
    checkNonce(cloud, nonce);
  }

  return {
    check(asked) {
      const { authorization } = asked.request.headers;
      if (authorization === undefined) return rpc(asked);
      if (!authorization.startsWith('ACS3-HMAC-SHA256'))
        throw incomplete('The signature algorithm is not supported.');
      acs3(asked, authorization);
    },
  };
}
