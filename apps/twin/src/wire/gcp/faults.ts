/** The Twin's faults in Compute Engine's words. Those of VMs show in the operation, as they do in the real one (instances.ts, lateError). */
import type { FaultKind } from '../../world/faults.ts';
import { GcpError, quotaExceeded } from './errors.ts';

export type AnswerFault = Exclude<FaultKind, 'hang' | 'drop'>;

export function faultError(fault: AnswerFault): GcpError {
  switch (fault) {
    case 'throttle':
      return new GcpError(
        403,
        'rateLimitExceeded',
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'compute.googleapis.com'.",
        { domain: 'usageLimits' },
      );
    case 'quota':
      return quotaExceeded('CPUS', 0, 'in this region');
    case 'capacity':
    case 'error':
      return new GcpError(503, 'backendError', 'Backend Error');
    case 'unavailable':
      return new GcpError(503, 'backendError', 'The service is currently unavailable.', {
        status: 'UNAVAILABLE',
      });
  }
}
