/** One request on its way to its handler. */
import type { IncomingHttpHeaders } from 'node:http';
import type { World } from '../../world/world.ts';
import type { Account, Token } from './account.ts';
import { ApiError, type Service } from './errors.ts';
import type { Site } from './site.ts';

export interface Call {
  readonly world: World;
  readonly account: Account;
  readonly service: Service;
  readonly method: string;
  /** The first and second `{}` of the pattern. */
  readonly id: string;
  readonly sub: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  /** http://host/openstack/<cloud> */
  readonly root: string;
  /** Where the service of this region stands, e.g. http://host/openstack/<cloud>/<region>/compute */
  readonly endpoint: string;
  /** Nova's or Cinder's microversion, the part behind the dot. */
  readonly version: number;
  /** Absent for the few calls that need none. */
  readonly token: Token | undefined;
  /** A fault that shows only after the answer: a server that is accepted and then fails. */
  readonly late: 'error' | 'capacity' | undefined;
}

export interface SiteCall extends Call {
  readonly site: Site;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The request's JSON object. What each service says of another body is its own. */
export function jsonBody(call: Call): Record<string, unknown> {
  const type = call.headers['content-type'] ?? '';
  const wrong = (message: string, neutron = 'HTTPBadRequest') => new ApiError(400, message, neutron);
  if (!/^application\/(json|[\w.+-]+\+json|openstack-images-v2\.\d+-json-patch)\s*(;|$)/i.test(type))
    throw new ApiError(
      415,
      call.service === 'compute' || call.service === 'volume'
        ? 'Unsupported Content-Type'
        : `The media type ${type || '(none)'} is not supported, use application/json`,
      'HTTPUnsupportedMediaType',
    );
  let value: unknown;
  try {
    value = JSON.parse(call.raw.toString('utf8'));
  } catch {
    throw wrong(
      {
        compute: 'Malformed request body',
        volume: 'Malformed request body',
        network: 'Body contains invalid data',
        identity:
          'Expecting to find valid JSON in request body. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.',
        image: `Malformed JSON in request body.`,
      }[call.service],
    );
  }
  if (isObject(value)) return value;
  throw wrong('Malformed request body: it must be a JSON object.');
}
