/** Faults that rules set, in the words of Resource Manager and its providers. Source: "Resolve errors for … " of the troubleshooting docs. */
import type { FaultKind } from '../../world/faults.ts';
import { ArmError, conflict } from './errors.ts';

export const outOfCapacity = {
  code: 'AllocationFailed',
  message:
    'Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance',
};
export const brokenInside = {
  code: 'InternalExecutionError',
  message: 'An internal execution error occurred. Please retry later.',
};

export const skuNotAvailable = (size: string, location: string): ArmError =>
  new ArmError(
    409,
    'SkuNotAvailable',
    `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${size}' is currently not available in location '${location}'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details.`,
  );

export function faultError(
  fault: Exclude<FaultKind, 'hang' | 'drop'>,
  { subscription, operation }: { subscription: string; operation: string },
): ArmError {
  switch (fault) {
    case 'throttle': {
      const write = !/_(Get|List|ListAll|CheckExistence)/.test(operation);
      return new ArmError(
        429,
        'SubscriptionRequestsThrottled',
        `Number of requests for subscription '${subscription}' and operation '${operation}' exceeded the limit. Please try again after '1' seconds.`,
        {
          headers: {
            'retry-after': '1',
            [`x-ms-ratelimit-remaining-subscription-${write ? 'writes' : 'reads'}`]: '0',
          },
        },
      );
    }
    case 'unavailable':
      return new ArmError(
        503,
        'ServiceUnavailable',
        'The service is temporarily unavailable. Please retry after some time.',
      );
    case 'quota':
      return conflict(
        'QuotaExceeded',
        `Operation could not be completed as it results in exceeding approved quota. Additional details - Operation: ${operation}, Current Limit: 0, Current Usage: 0, Additional Required: 1, (Minimum) New Limit Required: 1. Submit a request for Quota increase at https://aka.ms/ProdportalCRP.`,
      );
    case 'capacity':
      return conflict(outOfCapacity.code, outOfCapacity.message);
    case 'error':
      return new ArmError(
        500,
        'InternalServerError',
        'The server encountered an internal error. Please retry the request. If the problem persists, please contact support.',
      );
  }
}
