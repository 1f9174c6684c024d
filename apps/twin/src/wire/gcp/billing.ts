/**
 * The Cloud Billing Catalog API (cloudbilling.googleapis.com) beside Compute Engine's: which services there are and what each of their
 * SKUs costs. Anybody may read it who says who asks, by an access token or an API key. Source: Cloud Billing API reference, services and services.skus.
 */
import type { World } from '../../world/world.ts';
import type { Account } from './account.ts';
import type { Json } from './body.ts';
import { GcpError } from './errors.ts';
import type { AnswerFault } from './faults.ts';
import { currencies } from './prices.ts';
import { skus, units, type Sku } from './sku-catalogue.ts';

export const billingOperations = ['services.list', 'services.skus.list'] as const;
export type BillingOperation = (typeof billingOperations)[number];

const mostItems = 5000;
const computeEngine = '6F81-5844-456A';
const services: readonly (readonly [id: string, name: string])[] = [
  ['24E6-581D-38E5', 'BigQuery'],
  [computeEngine, 'Compute Engine'],
  ['95FF-2EF5-5EA1', 'Cloud Storage'],
  ['9662-B51E-5089', 'Cloud SQL'],
  ['CCD8-9BF1-090E', 'Kubernetes Engine'],
  ['E505-1604-58F8', 'Networking'],
];

/** Errors of Google's newer front end: a canonical code, and details instead of `errors`. */
const refuse = (status: number, code: string, message: string, details?: readonly Json[]): GcpError =>
  new GcpError(status, code, message, { status: code, plain: true, ...(details && { details }) });
const bad = (message: string, details?: readonly Json[]) => refuse(400, 'INVALID_ARGUMENT', message, details);
const why = (reason: string, metadata: Json = {}): Json => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
  metadata: { service: 'cloudbilling.googleapis.com', ...metadata },
});

export function billingFault(fault: AnswerFault): GcpError {
  if (fault === 'throttle' || fault === 'quota')
    return refuse(
      429,
      'RESOURCE_EXHAUSTED',
      "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service 'cloudbilling.googleapis.com'.",
      [why('RATE_LIMIT_EXCEEDED')],
    );
  return fault === 'unavailable'
    ? refuse(503, 'UNAVAILABLE', 'The service is currently unavailable.')
    : refuse(500, 'INTERNAL', 'Internal error encountered.');
}

/** Which operation a path below the host is; `service` is "" of the list. Undefined: none. */
export function billingRoute(
  parts: readonly string[],
): { operation: BillingOperation; service: string } | undefined {
  const [version, noun, service = '', below, ...rest] = parts;
  if (version !== 'v1' || noun !== 'services' || rest.length > 0) return undefined;
  if (service === '') return { operation: 'services.list', service };
  return below === 'skus' ? { operation: 'services.skus.list', service } : undefined;
}

/** 403 without any identity, 400 with a wrong key, 401 with a wrong token, 403 with a token for other things. */
export function authorize(
  world: World,
  account: Account,
  bearer: string | undefined,
  key: string | undefined,
): void {
  if (bearer !== undefined) {
    const token = account.tokens.get(bearer);
    if (!token || token.expiresAt <= world.now())
      throw refuse(
        401,
        'UNAUTHENTICATED',
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
        [why('ACCESS_TOKEN_EXPIRED')],
      );
    if (!token.billing)
      throw refuse(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', [
        why('ACCESS_TOKEN_SCOPE_INSUFFICIENT'),
      ]);
    return;
  }
  if (key === undefined || key === '')
    throw refuse(
      403,
      'PERMISSION_DENIED',
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    );
  if (key !== account.cloud.credentials['apiKey'])
    throw bad('API key not valid. Please pass a valid API key.', [why('API_KEY_INVALID')]);
}

/** A page of `all`; `page` is where the next one begins. */
function pageOf<T>(
  all: readonly T[],
  query: URLSearchParams,
): { items: readonly T[]; nextPageToken: string } {
  const sizeText = query.get('pageSize') ?? '';
  if (!/^\d{0,9}$/.test(sizeText)) throw bad(`Invalid value at 'page_size' (TYPE_INT32), "${sizeText}"`);
  const size = Math.min(Number(sizeText) || mostItems, mostItems);
  const token = query.get('pageToken') ?? '';
  const match = /^p:(\d{1,9}):(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString());
  if (token !== '' && (!match || Number(match[1]) !== all.length)) throw bad('The page token is invalid.');
  const from = Number(match?.[2] ?? 0);
  const items = all.slice(from, from + size);
  const next = from + items.length;
  return {
    items,
    nextPageToken: next < all.length ? Buffer.from(`p:${all.length}:${next}`).toString('base64url') : '',
  };
}

const monthStart = (ms: number): string => `${new Date(ms).toISOString().slice(0, 7)}-01T00:00:00Z`;

function skuView(sku: Sku, currencyCode: string, rate: number, effectiveTime: string): Json {
  const nanos = Math.round(sku.price * rate * 1e9);
  const unit = units[sku.unit];
  return {
    name: `services/${computeEngine}/skus/${sku.id}`,
    skuId: sku.id,
    description: sku.description,
    category: {
      serviceDisplayName: 'Compute Engine',
      resourceFamily: sku.family,
      resourceGroup: sku.group,
      usageType: sku.usage,
    },
    serviceRegions: sku.regions,
    pricingInfo: [
      {
        summary: '',
        pricingExpression: {
          usageUnit: sku.unit,
          displayQuantity: 1,
          tieredRates: [
            {
              startUsageAmount: 0,
              unitPrice: { currencyCode, units: String(Math.floor(nanos / 1e9)), nanos: nanos % 1e9 },
            },
          ],
          usageUnitDescription: unit.words,
          baseUnit: unit.base,
          baseUnitDescription: unit.baseWords,
          baseUnitConversionFactor: unit.factor,
        },
        currencyConversionRate: rate,
        effectiveTime,
      },
    ],
    serviceProviderName: 'Google',
    geoTaxonomy: {
      type: sku.regions.length > 1 ? 'MULTI_REGIONAL' : 'REGIONAL',
      regions: sku.regions,
    },
  };
}

const instant = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Date.parse(text);
  if (Number.isNaN(value))
    throw bad(`Invalid value at '${name}' (type.googleapis.com/google.protobuf.Timestamp), "${text}"`);
  return value;
};

export function listServices(query: URLSearchParams): Json {
  const { items, nextPageToken } = pageOf(services, query);
  return {
    services: items.map(([serviceId, displayName]) => ({
      name: `services/${serviceId}`,
      serviceId,
      displayName,
      businessEntityName: 'businessEntities/GCP',
    })),
    nextPageToken,
  };
}

/** Only Compute Engine's are sold here; the other services' lists are empty. */
export function listSkus(world: World, service: string, query: URLSearchParams): Json {
  if (!services.some(([id]) => id === service))
    throw refuse(404, 'NOT_FOUND', `Unable to find service with name services/${service}.`);
  const currency = query.get('currencyCode') || 'USD';
  const rate = currencies[currency];
  if (rate === undefined) throw bad(`Currency code ${currency} is not valid or not supported.`);
  const [start, end] = [instant(query, 'startTime'), instant(query, 'endTime')];
  if ((start ?? 0) > world.now() || (end !== undefined && end <= (start ?? 0)))
    throw bad('The time range is invalid: it must lie in the past, and its start before its end.');
  const all = service === computeEngine ? skus() : [];
  const { items, nextPageToken } = pageOf(all, query);
  const since = monthStart(end ?? world.now());
  return {
    ...(items.length > 0 && { skus: items.map(sku => skuView(sku, currency, rate, since)) }),
    nextPageToken,
  };
}
