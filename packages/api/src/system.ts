/** The server itself: health, and the tokens that let clients in. */
import { closed, Name, oneOf, page, Time } from '@cloud-barista/model/schema';
import { Done, PageQuery } from './common.ts';
import { define, roles } from './define.ts';
import { Type } from '@cloud-barista/model/type';

export const Health = closed({
  status: oneOf(['ok', 'starting']),
  version: Type.String(),
  /** Kind of the store: memory, sqlite, etcd. */
  store: Type.String(),
  uptimeSeconds: Type.Number(),
});
export const TokenInput = closed({ name: Name, role: oneOf(roles) });
export const TokenInfo = closed({
  name: Name,
  role: oneOf(roles),
  created: Time,
  token: Type.Optional(Type.String()),
});

export const system = {
  'health.get': define({
    method: 'GET',
    path: '/v1/health',
    summary: 'Whether the server is up, and what it runs on',
    output: Health,
  }),
  'token.create': define({
    method: 'POST',
    path: '/v1/tokens',
    summary: 'Make an access token; it is in the answer, once',
    role: 'admin',
    status: 201,
    body: TokenInput,
    output: TokenInfo,
    errors: ['already_exists'],
  }),
  'token.list': define({
    method: 'GET',
    path: '/v1/tokens',
    summary: 'List access tokens',
    role: 'admin',
    query: PageQuery,
    output: page(TokenInfo),
  }),
  'token.delete': define({
    method: 'DELETE',
    path: '/v1/tokens/{token}',
    summary: 'Revoke an access token',
    role: 'admin',
    status: 204,
    params: closed({ token: Name }),
    output: Done,
    errors: ['not_found'],
  }),
} as const;
