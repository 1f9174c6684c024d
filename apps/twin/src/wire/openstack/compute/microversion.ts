/**
 * Nova's microversions: a client names the one it speaks, the answer has the form of that one.
 * Source: Compute API guide, "Microversions"; "REST API Version History" for what each brought.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiError, badRequest } from '../errors.ts';

/** Zed's. */
export const newest = 93;
export const oldest = 1;

/** The part behind `2.`; without a header 2.1. */
export function negotiate(headers: IncomingHttpHeaders): number {
  const general = String(headers['openstack-api-version'] ?? '');
  const own = general
    .split(',')
    .map(each => each.trim().split(/\s+/))
    .find(([service]) => service?.toLowerCase() === 'compute')?.[1];
  const asked = own ?? headers['x-openstack-nova-api-version'];
  if (asked === undefined) return oldest;
  const text = String(asked);
  if (text.toLowerCase() === 'latest') return newest;
  const match = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(text);
  if (!match)
    throw badRequest(
      `API Version String ${text.slice(0, 32)} is of invalid format. Must be of format MajorNum.MinorNum.`,
    );
  const minor = Number(match[2]);
  if (match[1] !== '2' || minor < oldest || minor > newest)
    throw new ApiError(
      406,
      `Version ${text} is not supported by the API. Minimum is 2.${oldest} and maximum is 2.${newest}.`,
    );
  return minor;
}

export const versionHeaders = (minor: number): Record<string, string> => ({
  'openstack-api-version': `compute 2.${minor}`,
  'x-openstack-nova-api-version': `2.${minor}`,
  vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
});
