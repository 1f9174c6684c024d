/**
 * Who we are: an access token by the client-credentials flow of Microsoft Entra ("OAuth 2.0 client credentials flow").
 * One request at a time however many wait for it; renewed before it ends.
 */
import { cancelled, orCancelled } from '@cloud-barista/driver/concurrency';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Road } from '@cloud-barista/driver/road';
import { AzureError } from './errors.ts';
import type { Http } from './http.ts';
import type { Settings } from './settings.ts';

export interface Grant {
  token: string;
  /** Our clock, milliseconds: from then on a new one is fetched before use. */
  renewAt: number;
}
export interface Tokens {
  grant(signal: AbortSignal): Promise<Grant>;
  /** A new one, unless another caller has already replaced `stale`. */
  renew(signal: AbortSignal, stale: Grant): Promise<Grant>;
}

export function createTokens(
  settings: Settings,
  http: Http,
  road: Road,
  closing: AbortSignal,
  now: () => number = Date.now,
): Tokens {
  let current: Grant | undefined;
  let flight: Promise<Grant> | undefined;

  async function ask(): Promise<Grant> {
    const { tenantId, clientId, clientSecret, audience, authority } = settings;
    const asked = now();
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: audience,
    });
    const url = `${authority}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`;
    const request = { api: 'POST /oauth2/v2.0/token', resource: 'auth', idempotent: true } as const;
    // On the driver's own signal: the flight serves many callers, and must not fall with the first that gives up.
    const answer = await road.send(request, closing, signal =>
      http.send({ method: 'POST', url, body }, signal).catch((error: unknown) => {
        throw scrub(error, clientSecret);
      }),
    );
    const said = (answer.body ?? {}) as { access_token?: unknown; expires_in?: unknown };
    if (typeof said.access_token !== 'string')
      throw new BaristaError('unavailable', `What answers at ${authority} gave no token.`, {
        next: 'Check the region’s authority.',
        where: 'region.authority',
      });
    const life = Number(said.expires_in) * 1000;
    // Five minutes early, a tenth of its life if that is less, so that it does not end under a request.
    const useful = life > 0 ? life - Math.min(300_000, life / 10) : 300_000;
    return { token: said.access_token, renewAt: asked + useful };
  }

  function fresh(signal: AbortSignal): Promise<Grant> {
    flight ??= ask()
      .then(grant => (current = grant))
      .finally(() => (flight = undefined));
    return orCancelled(flight, signal);
  }

  return {
    async grant(signal) {
      if (signal.aborted) throw cancelled(signal);
      return current !== undefined && now() < current.renewAt ? current : fresh(signal);
    },
    async renew(signal, stale) {
      if (signal.aborted) throw cancelled(signal);
      return current !== undefined && current !== stale ? current : fresh(signal);
    },
  };
}

/** A token service's words may quote what they refuse. */
function scrub(error: unknown, secret: string): unknown {
  if (!(error instanceof AzureError)) return error;
  return new AzureError(
    error.status,
    error.code,
    error.message.replaceAll(secret, '***'),
    error.retryAfterMs,
  );
}
