/**
 * Who asks: AWS Signature Version 4, checked for real, in the Authorization header or in the query (a presigned URL).
 * Source: IAM user guide, "Create a signed AWS API request". EC2 answers an unknown key and a wrong signature with the same
 * AuthFailure; STS tells them apart. A region that the account does not have is AuthFailure too, as for a region not opted into.
 */
import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Cloud } from '../../world/clouds.ts';
import { Ec2Error } from './errors.ts';
import { pricingRegions } from './pricing/service.ts';
import { pairs } from './query.ts';

export type Service = 'ec2' | 'sts' | 'pricing';

export interface Scope {
  key: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: string;
  signature: string;
  /** The time of signing as sent, 20261121T140753Z. */
  time: string;
  /** Seconds that a presigned request lives; undefined for a header's signature. */
  expires: number | undefined;
}

/** EC2 API reference: a request is refused more than 15 minutes from its date stamp, on either side. */
export const allowedSkewMs = 15 * 60_000;

const authorization =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;
const credential = /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/;

export const rawQuery = (request: IncomingMessage): string => {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
};

/** The signature's parts, or undefined where the request has none. */
export function scopeOf(request: IncomingMessage): Scope | undefined {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const match = authorization.exec(header);
    if (!match) {
      if (!header.startsWith('AWS4-HMAC-SHA256')) return undefined;
      throw new Ec2Error(
        'IncompleteSignature',
        'The Authorization header does not conform to AWS4-HMAC-SHA256: it needs Credential, SignedHeaders and Signature.',
      );
    }
    const [, key = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
    const sent = request.headers['x-amz-date'] ?? request.headers.date ?? '';
    const time = typeof sent === 'string' ? sent : '';
    return { key, date, region, service, signedHeaders, signature, time, expires: undefined };
  }
  const query = rawQuery(request);
  if (!query.includes('X-Amz-Signature=')) return undefined;
  const given = new Map(pairs(query));
  const match = credential.exec(given.get('X-Amz-Credential') ?? '');
  if (!match)
    throw new Ec2Error(
      'IncompleteSignature',
      'X-Amz-Credential is missing or not of the form key/date/region/service/aws4_request.',
    );
  const [, key = '', date = '', region = '', service = ''] = match;
  return {
    key,
    date,
    region,
    service,
    signedHeaders: given.get('X-Amz-SignedHeaders') ?? '',
    signature: given.get('X-Amz-Signature') ?? '',
    time: given.get('X-Amz-Date') ?? '',
    expires: Math.min(Number(given.get('X-Amz-Expires') ?? '900') || 0, 604_800),
  };
}

const hmac = (key: KeyObject | string, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    found => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function canonicalRequest(request: IncomingMessage, body: Buffer, scope: Scope): string {
  const [path = '/'] = (request.url ?? '/').split('?');
  const query = rawQuery(request);
  const canonicalQuery =
    query === ''
      ? ''
      : pairs(query)
          .filter(([name]) => name !== 'X-Amz-Signature')
          .map(([name, value]) => [encode(name), encode(value)] as const)
          .sort((a, b) => byText(a[0], b[0]) || byText(a[1], b[1]))
          .map(([name, value]) => `${name}=${value}`)
          .join('&');
  let headers = '';
  for (const name of scope.signedHeaders.split(';')) {
    const value = request.headers[name] ?? '';
    const text = Array.isArray(value) ? value.join(',') : value;
    headers += `${name}:${text.trim().replaceAll(/ {2,}/g, ' ')}\n`;
  }
  // The path is encoded a second time (all services but S3).
  const canonicalPath = path === '/' || path === '' ? '/' : path.split('/').map(encode).join('/');
  return `${request.method ?? 'GET'}\n${canonicalPath}\n${canonicalQuery}\n${headers}\n${scope.signedHeaders}\n${hash('sha256', body, 'hex')}`;
}

function parseTime(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
}

export interface Authenticator {
  /** The account that signed. Throws the service's own error. */
  check(request: IncomingMessage, body: Buffer, scope: Scope, service: Service): Cloud;
}

export function createAuthenticator(clouds: () => Cloud[], now: () => number): Authenticator {
  /** Signing keys by secret and scope: four HMACs saved a request. */
  let keys = new Map<string, KeyObject>();

  function signingKey(secret: string, scope: Scope): KeyObject {
    const name = `${secret}/${scope.date}/${scope.region}/${scope.service}`;
    let key = keys.get(name);
    if (!key) {
      let derived = hmac(`AWS4${secret}`, scope.date);
      for (const part of [scope.region, scope.service, 'aws4_request'])
        derived = hmac(createSecretKey(derived), part);
      key = createSecretKey(derived);
      if (keys.size >= 1000) keys = new Map();
      keys.set(name, key);
    }
    return key;
  }

  return {
    check(request, body, scope, service) {
      const refused = (detail = ''): Ec2Error =>
        new Ec2Error('AuthFailure', `AWS was not able to validate the provided access credentials${detail}`);

      const cloud = clouds().find(candidate => candidate.credentials['accessKeyId'] === scope.key);
      const secret = cloud?.credentials['secretAccessKey'];
      if (!cloud || secret === undefined) {
        if (service === 'ec2') throw refused();
        throw new Ec2Error('InvalidClientTokenId', 'The security token included in the request is invalid.');
      }
      const signed = parseTime(scope.time);
      if (Number.isNaN(signed) || scope.time.slice(0, 8) !== scope.date)
        throw new Ec2Error(
          'IncompleteSignature',
          'Date must be in ISO-8601 basic format and of the day that the credential names.',
        );
      const age = now() - signed;
      if (age < -allowedSkewMs || age > (scope.expires === undefined ? allowedSkewMs : scope.expires * 1000))
        throw new Ec2Error('RequestExpired', 'Request has expired.');
      // STS also has a global endpoint, which clients sign as us-east-1 wherever they are; the price list is in few regions for all.
      const known =
        service === 'pricing'
          ? pricingRegions.includes(scope.region)
          : cloud.regions.includes(scope.region) || (service === 'sts' && scope.region === 'us-east-1');
      if (!known) throw refused(` (this account has no region ${scope.region.slice(0, 40)})`);

      const canonical = canonicalRequest(request, body, scope);
      const text = `AWS4-HMAC-SHA256\n${scope.time}\n${scope.date}/${scope.region}/${scope.service}/aws4_request\n${hash('sha256', canonical, 'hex')}`;
      const expected = hmac(signingKey(secret, scope), text);
      const given = Buffer.from(scope.signature, 'hex');
      const whole = scope.signedHeaders.split(';').includes('host');
      if (!whole || given.length !== expected.length || !timingSafeEqual(given, expected)) {
        if (service === 'ec2') throw refused();
        throw new Ec2Error(
          'SignatureDoesNotMatch',
          'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
        );
      }
      return cloud;
    },
  };
}
