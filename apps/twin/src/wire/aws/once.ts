/** Client tokens: the same request under the same token is carried out once. Source: EC2 API reference, "Ensuring idempotency". */
import { hash } from 'node:crypto';
import { Ec2Error, invalidValue } from './errors.ts';
import type { Params } from './query.ts';

const notOfRequest = new Set([
  'ClientToken',
  'DryRun',
  'X-Amz-Date',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Algorithm',
  'X-Amz-SignedHeaders',
  'X-Amz-Expires',
]);

/** The token ('' where none is given), a digest of the request, and what an equal request has made. */
export function repeated<T extends { readonly digest: string }>(
  params: Params,
  known: ReadonlyMap<string, T>,
): { token: string; digest: string; standing: T | undefined } {
  const token = params.text('ClientToken') ?? '';
  if (token.length > 64) throw invalidValue(token.slice(0, 80), 'clientToken', 'At most 64 characters.');
  if (token === '') return { token: '', digest: '', standing: undefined };
  const digest = hash('sha256', params.flat(notOfRequest).join('\n'), 'base64url').slice(0, 22);
  const standing = known.get(token);
  if (standing && standing.digest !== digest)
    throw new Ec2Error(
      'IdempotentParameterMismatch',
      'The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical.',
    );
  return { token, digest, standing };
}
