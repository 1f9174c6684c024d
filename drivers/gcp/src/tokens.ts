/**
 * Access tokens for a service account: a signed assertion against a token (RFC 7523; Google's "Using OAuth 2.0 for server to
 * server applications"). One request at a time however many wait for it; renewed before it ends.
 */
import { sign, type KeyObject } from 'node:crypto';
import { cancelled, orCancelled } from '@cloud-barista/driver/concurrency';
import type { Road } from '@cloud-barista/driver/road';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Http } from './http.ts';
import type { Settings } from './settings.ts';

export interface Tokens {
  get(signal: AbortSignal): Promise<string>;
  /** A new one, unless another caller has already replaced `stale`. */
  renew(signal: AbortSignal, stale: string): Promise<string>;
}

/** Reads and changes all of Compute Engine, within what the account's roles allow; and reads the price list ("skus.list"). */
const scope =
  'https://www.googleapis.com/auth/compute https://www.googleapis.com/auth/cloud-billing.readonly';
const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** "A maximum of 1 hour after the issued time". */
const lifeSeconds = 3600;
/** Google's clock may be behind ours, and refuses an assertion from the future. */
const backdateSeconds = 10;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** `seconds`: now, since 1970. */
export function assertion(email: string, key: KeyObject, audience: string, seconds: number): string {
  const iat = Math.floor(seconds) - backdateSeconds;
  const claims = { iss: email, scope, aud: audience, iat, exp: iat + lifeSeconds };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

export function createTokens(
  settings: Settings,
  http: Http,
  road: Road,
  closing: AbortSignal,
  now: () => number = Date.now,
): Tokens {
  let current: { token: string; renewAt: number } | undefined;
  let flight: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const request = { api: 'POST /token', resource: 'auth', idempotent: true } as const;
    const { email, privateKey, tokenUri } = settings;
    const asked = now();
    // On the driver's own signal: the flight serves many callers, and must not fall with the first that gives up.
    const answer = await road.send(request, closing, signal => {
      const body = new URLSearchParams({
        grant_type: grant,
        assertion: assertion(email, privateKey, tokenUri, now() / 1000),
      });
      return http.send<{ access_token?: string; expires_in?: number }>(
        { method: 'POST', url: tokenUri, body },
        signal,
      );
    });
    if (typeof answer.access_token !== 'string' || answer.access_token === '')
      throw new BaristaError('unavailable', `What answers at ${tokenUri} gives no access tokens.`, {
        next: 'Check the region’s tokenUri.',
        where: 'region.tokenUri',
      });
    const life = (answer.expires_in ?? 300) * 1000;
    current = { token: answer.access_token, renewAt: asked + life - Math.min(120_000, life / 10) };
    return current.token;
  }

  const fresh = (signal: AbortSignal): Promise<string> => {
    if (signal.aborted) return Promise.reject(cancelled(signal));
    flight ??= ask().finally(() => (flight = undefined));
    return orCancelled(flight, signal);
  };

  return {
    get: signal =>
      current !== undefined && now() < current.renewAt ? Promise.resolve(current.token) : fresh(signal),
    renew: (signal, stale) =>
      current !== undefined && current.token !== stale ? Promise.resolve(current.token) : fresh(signal),
  };
}
