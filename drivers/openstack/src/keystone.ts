/**
 * Who we are and where the services stand: a scoped token and the catalog that comes with it (Identity API v3,
 * "Password authentication with scoped authorization", "Authenticating with an Application Credential").
 * One request at a time however many wait for it; renewed before it ends.
 */
import { cancelled, orCancelled } from '@cloud-barista/driver/concurrency';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import type { Road } from '@cloud-barista/driver/road';
import { OpenstackError, type Service } from './errors.ts';
import type { Http } from './http.ts';
import type { Settings } from './settings.ts';

export interface Session {
  token: string;
  projectId: string;
  /** Our clock, milliseconds: from then on a new one is fetched before use. */
  renewAt: number;
  /** The service's address in our region, with version and without a slash at the end. Throws invalid_argument where the catalog has none. */
  endpoint(service: Exclude<Service, 'identity'>): string;
  /** True where the region has block storage, so that Nova can boot from a volume. */
  hasVolumes: boolean;
  /** Those in which the catalog has a Nova. */
  regions: ReadonlySet<string>;
}

export interface Keystone {
  session(signal: AbortSignal): Promise<Session>;
  /** A new one, unless another caller has already replaced `stale`. */
  renew(signal: AbortSignal, stale?: Session): Promise<Session>;
}

interface TokenBody {
  token?: {
    issued_at?: string;
    expires_at?: string;
    project?: { id: string };
    catalog?: {
      type: string;
      endpoints: { interface: string; region?: string; region_id?: string; url: string }[];
    }[];
  };
}

/** Service types as the catalog has them: the official one first, then what older clouds say. */
const volumeTypes = ['block-storage', 'volumev3', 'block-store', 'volume'];
const types = { compute: ['compute'], network: ['network'], image: ['image'], volume: volumeTypes } as const;
const versions = { network: '/v2.0', image: '/v2' } as const;

export function createKeystone(
  settings: Settings,
  http: Http,
  road: Road,
  closing: AbortSignal,
  now: () => number = Date.now,
): Keystone {
  let current: Session | undefined;
  let flight: Promise<Session> | undefined;

  async function authenticate(): Promise<Session> {
    const request = { api: 'POST /auth/tokens', resource: 'auth', idempotent: true } as const;
    const asked = now();
    // On the driver's own signal: the flight serves many callers, and must not fall with the first that gives up.
    const answer = await road.send(request, closing, async signal => {
      try {
        return await http.send(
          {
            service: 'identity',
            method: 'POST',
            url: `${settings.authUrl}/auth/tokens`,
            headers: {},
            body: { auth: settings.auth },
          },
          signal,
        );
      } catch (error) {
        throw scrub(error, settings.secrets);
      }
    });
    const token = answer.headers['x-subject-token'];
    const body = (answer.body as TokenBody | undefined)?.token;
    if (typeof token !== 'string' || body === undefined)
      throw new BaristaError('unavailable', `What answers at ${settings.authUrl} is not Keystone v3.`, {
        next: 'Check authUrl.',
        where: 'credential.authUrl',
      });
    if (body.project === undefined || body.catalog === undefined)
      throw new BaristaError('invalid_argument', 'Keystone gave a token for no project.', {
        next: 'Check the credential’s project.',
        where: 'credential.project',
      });
    return {
      token,
      projectId: body.project.id,
      renewAt: asked + usefulMs(body.issued_at, body.expires_at),
      endpoint: service => endpoint(settings, body, service),
      hasVolumes: pointsOf(body, 'volume').some(point => inRegion(settings, point)),
      regions: new Set(pointsOf(body, 'compute').flatMap(point => point.region_id ?? point.region ?? [])),
    };
  }

  async function renew(signal: AbortSignal, stale?: Session): Promise<Session> {
    if (signal.aborted) throw cancelled(signal);
    if (stale !== undefined && current !== undefined && current !== stale) return current;
    flight ??= authenticate()
      .then(session => (current = session))
      .finally(() => (flight = undefined));
    return orCancelled(flight, signal);
  }

  return {
    session: signal =>
      current !== undefined && now() < current.renewAt ? Promise.resolve(current) : renew(signal),
    renew,
  };
}

/**
 * How long a token is good to us. By its two times, not by our clock, which may differ from Keystone's;
 * ended a minute early (a tenth of its life, if that is less) so that it does not end under a request.
 */
function usefulMs(issued: string | undefined, expires: string | undefined): number {
  const life = Date.parse(expires ?? '') - Date.parse(issued ?? '');
  if (Number.isNaN(life)) return 5 * 60_000;
  return life - Math.min(60_000, life / 10);
}

const inRegion = (
  settings: Settings,
  point: { interface: string; region?: string; region_id?: string },
): boolean =>
  point.interface === settings.interface &&
  (point.region_id === settings.region || point.region === settings.region);

type Scope = NonNullable<TokenBody['token']>;
type Point = NonNullable<Scope['catalog']>[number]['endpoints'][number];

function pointsOf({ catalog = [] }: Scope, service: Exclude<Service, 'identity'>): Point[] {
  const wanted: readonly string[] = types[service];
  const points = wanted.flatMap(type =>
    catalog.filter(entry => entry.type === type).flatMap(entry => entry.endpoints),
  );
  // Where both stand under one name: Cinder's v1 and v2 were retired with Rocky and Xena.
  return service === 'volume' ? points.filter(point => !/\/v[12](\/|$)/.test(point.url)) : points;
}

function endpoint(settings: Settings, scope: Scope, service: Exclude<Service, 'identity'>): string {
  const points = pointsOf(scope, service);
  const found = points.find(point => inRegion(settings, point));
  if (found) return versioned(found.url, service, scope.project?.id ?? '');
  const regions = [...new Set(points.map(point => point.region_id ?? point.region ?? ''))]
    .filter(Boolean)
    .sort();
  const here = points.some(point => (point.region_id ?? point.region) === settings.region);
  throw new BaristaError(
    'invalid_argument',
    here
      ? `OpenStack region ${settings.region} has no ${settings.interface} endpoint of the ${service} service.`
      : `OpenStack has no ${service} service in a region ${JSON.stringify(settings.region)}.`,
    {
      next: here
        ? 'Set the region’s interface key to one that the catalog has.'
        : suggest(settings.region, regions, `Regions with one: ${regions.join(', ') || 'none'}.`),
      where: 'region.region',
    },
  );
}

/** Catalogs hold addresses with a version (Nova's as a rule) and without (Neutron's and Glance's). */
function versioned(url: string, service: Exclude<Service, 'identity'>, project: string): string {
  const base = url.replace(/\/+$/, '');
  // Nova's retired v2 endpoint answers v2.1's calls only without validation; its address differs in this word alone.
  if (service === 'compute')
    return /\/v2(\.\d+)?(\/|$)/.test(base) ? base.replace(/\/v2(\.\d+)?(?=\/|$)/, '/v2.1') : `${base}/v2.1`;
  // Cinder wants the project in every address (until microversion 3.67), so catalogs hold it.
  if (service === 'volume') return /\/v3(\/|$)/.test(base) ? base : `${base}/v3/${project}`;
  return /\/v\d+(\.\d+)?$/.test(base) ? base : `${base}${versions[service]}`;
}

/** Keystone's validation errors may quote the value that they refuse. */
function scrub(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof OpenstackError)) return error;
  const message = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), error.message);
  return new OpenstackError(error.service, error.status, error.type, message, error.retryAfterMs);
}
