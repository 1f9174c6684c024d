/** The driver suite on a user's own account. */
import { ConformanceEvent, ConformanceInput } from '@cloud-barista/model/conformance';
import { closed } from '@cloud-barista/model/schema';
import { fromCloud, inConnection } from './common.ts';
import { define } from './define.ts';

export const conformance = {
  'conformance.run': define({
    method: 'POST',
    path: '/v1/connections/{connection}/conformance',
    summary: 'Try a driver on its real cloud within a bound on cost, and take down what that made',
    role: 'admin',
    answer: 'stream',
    params: closed(inConnection),
    body: ConformanceInput,
    output: ConformanceEvent,
    errors: fromCloud,
  }),
} as const;
