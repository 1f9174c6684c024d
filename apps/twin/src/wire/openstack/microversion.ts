/**
 * Microversions: a client names the one it speaks, the answer has the form of that one. Nova and Cinder have them.
 * Source: API-SIG guideline "Microversion Specification"; each service's "REST API Version History" for what each brought.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiError, badRequest } from './errors.ts';

export interface Microversions {
  /** The part behind the dot. */
  readonly oldest: number;
  readonly newest: number;
  /** The part behind the dot; the oldest where no header asks for another. */
  negotiate(headers: IncomingHttpHeaders): number;
  /** What an answer says of it. */
  headers(minor: number): Record<string, string>;
}

export function microversions(options: {
  /** As in `OpenStack-API-Version: compute 2.93`. */
  service: string;
  major: number;
  oldest: number;
  newest: number;
  /** The service's own header, from before there was a common one. */
  ownHeader?: string;
}): Microversions {
  const { service, major, oldest, newest, ownHeader } = options;
  /** The refusal of one that there is not repeats it. */
  const told = (version: string) => ({
    'openstack-api-version': `${service} ${version}`,
    ...(ownHeader !== undefined && { [ownHeader.toLowerCase()]: version }),
    vary: ownHeader === undefined ? 'OpenStack-API-Version' : `OpenStack-API-Version, ${ownHeader}`,
  });
  return {
    oldest,
    newest,
    negotiate(headers) {
      const general = String(headers['openstack-api-version'] ?? '')
        .split(',')
        .map(each => each.trim().split(/\s+/))
        .find(([name]) => name?.toLowerCase() === service)?.[1];
      const asked = general ?? (ownHeader === undefined ? undefined : headers[ownHeader.toLowerCase()]);
      if (asked === undefined) return oldest;
      const text = String(asked);
      if (text.toLowerCase() === 'latest') return newest;
      const match = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(text);
      if (!match)
        throw badRequest(
          `API Version String ${text.slice(0, 32)} is of invalid format. Must be of format MajorNum.MinorNum.`,
        );
      const minor = Number(match[2]);
      if (Number(match[1]) !== major || minor < oldest || minor > newest)
        throw new ApiError(
          406,
          `Version ${text} is not supported by the API. Minimum is ${major}.${oldest} and maximum is ${major}.${newest}.`,
          '',
          told(text),
        );
      return minor;
    },
    headers: minor => told(`${major}.${minor}`),
  };
}

/** Zed's: the newest that each service then spoke. */
export const novaVersions = microversions({
  service: 'compute',
  major: 2,
  oldest: 1,
  newest: 93,
  ownHeader: 'X-OpenStack-Nova-API-Version',
});
export const cinderVersions = microversions({ service: 'volume', major: 3, oldest: 0, newest: 70 });
