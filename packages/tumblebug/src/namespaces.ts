/** Namespaces keep users' groups apart. `default` is always there. */
import type { Namespace, NamespaceInput } from '@cloud-barista/model/mcis';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import type { Versioned } from '@cloud-barista/store/collection';
import { blocksKey, readBlocks } from './blocks.ts';
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
export async function readNamespace(bug: Tumblebug, name: string): Promise<Versioned<Namespace>> {
  const found = await bug.namespaces.get(name);
  if (found) return found;
  const known = (await bug.namespaces.all()).map(namespace => namespace.name);
  throw new BaristaError('not_found', `The namespace ${JSON.stringify(name)} does not exist.`, {
    where: 'namespace',
    next: suggest(name, known, `Make it: barista create namespace ${name}`),
  });
}

export const getNamespace = async (bug: Tumblebug, name: string): Promise<Namespace> =>
  (await readNamespace(bug, name)).value;

/**
 * Only an empty one goes. Whoever makes an MCIS compares the namespace's record and writes its blocks in one transaction, and
 * this compares both: of a delete and a create at once, one comes first and the other sees it.
 */
export async function deleteNamespace(bug: Tumblebug, name: string): Promise<void> {
  if (name === defaultNamespace)
    throw new BaristaError('failed_precondition', 'The namespace "default" is always there.', {
      where: 'namespace',
      next: 'Delete what is in it instead.',
    });
  for (;;) {
    const namespace = await readNamespace(bug, name);
    const { revision } = await readBlocks(bug.store, name);
    const held = await bug.store.list({ prefix: bug.mcises.keyOf(`${name}/`), limit: 1 });
    if (held.entries.length > 0)
      throw new BaristaError(
        'failed_precondition',
        `The namespace ${JSON.stringify(name)} still holds MCISes.`,
        {
          where: 'namespace',
          next: `Delete them first: barista get mcis -n ${name}`,
        },
      );
    const result = await bug.store.txn({
      if: [
        { key: bug.namespaces.keyOf(name), revision: namespace.revision },
        { key: blocksKey(name), revision },
      ],
      then: [{ delete: bug.namespaces.keyOf(name) }, { delete: blocksKey(name) }],
    });
    if (result.ok) return;
  }
}
