/** Namespaces keep users' groups apart. `default` is always there. */
import type { Namespace, NamespaceInput } from '@cloud-barista/model/mcis';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import type { Tumblebug } from './tumblebug.ts';

export const defaultNamespace = 'default';

export async function ensureDefaultNamespace(bug: Tumblebug): Promise<void> {
  await createNamespace(bug, { name: defaultNamespace, description: 'Made at the first start' }).catch(
    error => {
      if (!hasCode(error, 'already_exists')) throw error;
    },
  );
}

export async function createNamespace(bug: Tumblebug, input: NamespaceInput): Promise<Namespace> {
  const namespace = {
    name: input.name,
    description: input.description ?? '',
    created: new Date(bug.now()).toISOString(),
  };
  await bug.namespaces.create(input.name, namespace);
  return namespace;
}

/** not_found, naming the nearest. */
export async function getNamespace(bug: Tumblebug, name: string): Promise<Namespace> {
  const found = await bug.namespaces.get(name);
  if (found) return found.value;
  const known = (await bug.namespaces.all()).map(namespace => namespace.name);
  throw new BaristaError('not_found', `The namespace ${JSON.stringify(name)} does not exist.`, {
    where: 'namespace',
    next: suggest(name, known, `Make it: barista create namespace ${name}`),
  });
}

export async function deleteNamespace(bug: Tumblebug, name: string): Promise<void> {
  await getNamespace(bug, name);
  const held = await bug.store.list({ prefix: bug.mcises.keyOf(`${name}/`), limit: 1 });
  if (held.entries.length > 0)
    throw new BaristaError(
      'failed_precondition',
      `The namespace ${JSON.stringify(name)} still holds MCISes.`,
      {
        next: `Delete them first: barista get mcis -n ${name}`,
      },
    );
  await bug.namespaces.delete(name);
}
