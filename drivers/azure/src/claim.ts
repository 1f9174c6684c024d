/**
 * Creating under a name. ARM's PUT creates or replaces, so whatever stands under the name is looked at first: what
 * carries the call's token is ours from an earlier attempt, anything else is another's and must not be replaced.
 */
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import type { Arm, Resource, Type } from './arm.ts';
import { settled } from './long-running.ts';
import { isMarked } from './marks.ts';

type State = Resource & { properties?: { provisioningState?: string } };

/** What an earlier attempt with this token left, undefined where the name is free; throws already_exists where it is taken. */
export async function claim<T extends Resource>(
  arm: Arm,
  call: CreateCall,
  type: Type,
  name: string,
): Promise<T | undefined> {
  const found = await orAbsent(arm.read<T>(call, type, name));
  if (!found || isMarked(found, call.token)) return found;
  throw taken(arm, type, name);
}

export const taken = (arm: Arm, { resource }: Type, name: string): BaristaError =>
  new BaristaError(
    'already_exists',
    `Resource group ${arm.settings.group} has a ${resource} ${name} already.`,
    {
      next: 'Choose another name.',
      where: 'name',
    },
  );

/** Makes `name`, or completes what an earlier attempt left of it. What fails for good is taken away again. */
export async function make<T extends Resource>(
  arm: Arm,
  call: CreateCall,
  type: Type,
  name: string,
  body: unknown,
): Promise<T> {
  const left = await claim<T & State>(arm, call, type, name);
  const { operations, resource, version } = type;
  const order = { api: `${operations}_Get`, resource, name, method: 'GET', version } as const;
  const whole = left && (await settled(arm, call, { ...order, path: arm.pathOf(type, name) }, left));
  if (whole) return whole;
  try {
    return await arm.put<T>(call, type, name, body);
  } catch (error) {
    if (call.signal.aborted || !hasCode(error, ...refusals)) throw error;
    // Refused while it was being made: what failed stands there, and whoever is told of a refusal looks for nothing.
    const failed = await orAbsent(arm.read<T>(call, type, name)).catch(() => undefined);
    if (failed && isMarked(failed, call.token)) await arm.remove(call, type, name);
    throw error;
  }
}

/** The same without waiting for its end: what Azure says when it has taken the order. */
export async function order<T extends Resource>(
  arm: Arm,
  call: CreateCall,
  type: Type,
  name: string,
  body: unknown,
): Promise<T> {
  const left = await claim<T & State>(arm, call, type, name);
  const ended = /^(failed|cancell?ed|deleting)$/i.test(left?.properties?.provisioningState ?? '');
  if (left && !ended) return left;
  // What failed goes first: refused once more, nothing must be there.
  if (left) await arm.remove(call, type, name);
  return arm.begin<T>(call, type, name, body);
}

/** The names of what carries a token: one or none. */
export async function marked(arm: Arm, call: Call, type: Type, token: Token): Promise<string[]> {
  return (await arm.list<Resource>(call, type)).filter(one => isMarked(one, token)).map(({ name }) => name);
}

/** By these a caller understands that nothing was made. */
export const refusals = [
  'invalid_argument',
  'failed_precondition',
  'permission_denied',
  'unauthenticated',
  'not_found',
  'already_exists',
  'resource_exhausted',
  'unimplemented',
] as const;
