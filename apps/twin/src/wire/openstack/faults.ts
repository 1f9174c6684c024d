/** The Twin's faults in the services' own words and statuses. */
import type { FaultKind } from '../../world/faults.ts';
import type { RecordedError } from '../../world/world.ts';
import { ApiError, neutronError, type Service } from './errors.ts';

export type AnswerFault = Exclude<FaultKind, 'hang' | 'drop' | 'unavailable'>;

const retryAfter = { 'retry-after': '1' };

/** `noun` is the collection's, e.g. networks. */
export function faultError(service: Service, fault: AnswerFault, noun: string): ApiError {
  const singular = noun.replaceAll('-', '_').replace(/s$/, '');
  switch (fault) {
    case 'throttle':
      return new ApiError(429, 'This request was rate-limited.', 'HTTPTooManyRequests', retryAfter);
    case 'quota':
      if (service === 'network')
        return neutronError(409, 'OverQuota', `Quota exceeded for resources: ['${singular}'].`);
      if (service === 'image')
        return new ApiError(413, 'Resource image_count_total is over limit due to current usage');
      if (service === 'volume')
        return new ApiError(
          413,
          noun === 'snapshots'
            ? 'SnapshotLimitExceeded: Maximum number of snapshots allowed (10) exceeded'
            : "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.",
          '',
          { 'retry-after': '0' },
        );
      if (noun === 'os-keypairs') return new ApiError(403, 'Quota exceeded, too many key pairs.');
      return new ApiError(
        403,
        'Quota exceeded for instances: Requested 1, but already used 10 of 10 instances',
      );
    case 'capacity':
      if (service !== 'network')
        return new ApiError(500, 'No valid host was found. There are not enough hosts available.');
      if (singular === 'network')
        return neutronError(
          503,
          'NoNetworkAvailable',
          'Unable to create the network. No tenant network is available for allocation.',
        );
      return neutronError(
        409,
        'IpAddressGenerationFailure',
        'No more IP addresses available on the network.',
      );
    case 'error':
      return new ApiError(
        500,
        {
          identity: 'An unexpected error prevented the server from fulfilling your request.',
          compute:
            "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.\n<class 'oslo_db.exception.DBConnectionError'>",
          network: 'Request Failed: internal server error while processing your request.',
          volume: 'The server has either erred or is incapable of performing the requested operation.',
          image: 'The server has either erred or is incapable of performing the requested operation.',
        }[service],
        'HTTPInternalServerError',
      );
  }
}

/** What a load balancer says when no service stands behind it. */
export const unavailableHtml =
  '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n';

/** Nova's and Cinder's words for a status. Source: Compute API guide, "Faults". */
const words: Readonly<Record<string, number>> = {
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  itemNotFound: 404,
  conflictingRequest: 409,
  overLimit: 413,
  computeFault: 500,
  cinderFault: 500,
  serviceUnavailable: 503,
};
/** Neutron's errors are known by their type; the others' quotas and shortages by sentences, which faults have. */
export function recordedError({ cause, status, message, quota }: RecordedError): ApiError | undefined {
  const known = words[cause];
  if (quota === true && known !== undefined) return undefined;
  return /^[A-Za-z]\w+$/.test(cause) ? new ApiError(known ?? status, message, cause) : undefined;
}
