/** The history of every cloud call: the calls themselves, their figures, and how well each cloud answered. */
import { Call, CallSummary, CloudQuality, qualityKeys, resourceKinds } from '@cloud-barista/model/call';
import { closed, Name, oneOf, page, Time } from '@cloud-barista/model/schema';
import { Type } from '@cloud-barista/model/type';
import { pageQuery } from './common.ts';
import { define } from './define.ts';

const words = 'provider, connection, region, resource, api, outcome';

/** Which calls. */
const filter = {
  provider: Type.Optional(
    Type.String({ maxLength: 64, description: 'The cloud, e.g. `AWS`; in any case of letters' }),
  ),
  connection: Type.Optional(Name),
  region: Type.Optional(Type.String({ maxLength: 128 })),
  resource: Type.Optional(oneOf(resourceKinds, 'What the call is about, e.g. `vm`')),
  api: Type.Optional(Type.String({ maxLength: 128, description: "The cloud's own name of the call" })),
  outcome: Type.Optional(
    Type.String({
      maxLength: 32,
      description: '`ok`, `error` (anything else), `throttled` or an error code',
    }),
  ),
  since: Type.Optional(Time),
  until: Type.Optional(Time),
  minElapsedMs: Type.Optional(Type.Number({ minimum: 0, description: 'Calls that took at least this long' })),
};

export const calls = {
  'call.list': define({
    method: 'GET',
    path: '/v1/calls',
    summary: 'The history of calls to the clouds, newest first',
    query: closed({ ...pageQuery, ...filter }),
    output: page(Call),
  }),
  'call.summary': define({
    method: 'GET',
    path: '/v1/calls/summary',
    summary: 'Calls counted: percentiles, error rate and calls saved, by what they are grouped by',
    query: closed({
      ...filter,
      by: Type.Optional(
        Type.String({
          pattern: `^(${words.replaceAll(', ', '|')})(,(${words.replaceAll(', ', '|')}))*$`,
          description: `One or more of ${words}, with commas; default provider`,
        }),
      ),
    }),
    output: CallSummary,
  }),
  'call.quality': define({
    method: 'GET',
    path: '/v1/calls/quality',
    summary: 'How well each cloud answered in the last hour, 0 to 100',
    query: closed({ by: Type.Optional(oneOf(qualityKeys, 'default connection')) }),
    output: closed({ items: Type.Array(CloudQuality) }),
  }),
  'call.export': define({
    method: 'GET',
    path: '/v1/calls/export',
    summary: 'The calls that match, oldest first, as JSON lines; Cloud-Twin can replay them',
    query: closed(filter),
    answer: 'stream',
    output: Call,
  }),
} as const;
