/** What all resources begin as. */
import type { World } from '../../world/world.ts';
import type { Resource } from './records.ts';

export function newResource(
  world: World,
  account: { newId(kind: string): string },
  kind: string,
  name: string,
  description = '',
): Resource {
  return { id: account.newId(kind), name, description, createdAt: world.now(), busy: undefined };
}
