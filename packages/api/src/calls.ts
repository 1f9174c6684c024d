/** The history of every cloud call. */
import { Call } from '@cloud-barista/model/call';
import { closed, Name, page } from '@cloud-barista/model/schema';
import { pageQuery } from './common.ts';
import { define } from './define.ts';
import { Type } from '@cloud-barista/model/type';

export const calls = {
  'call.list': define({
    method: 'GET',
    path: '/v1/calls',
    summary: 'The history of calls to the clouds, newest first',
    query: closed({
      ...pageQuery,
      connection: Type.Optional(Name),
      resource: Type.Optional(Type.String({ maxLength: 64 })),
      api: Type.Optional(Type.String({ maxLength: 128 })),
      outcome: Type.Optional(
        Type.String({ maxLength: 32, description: '`ok`, `error` (anything else) or an error code' }),
      ),
    }),
    output: page(Call),
  }),
} as const;
