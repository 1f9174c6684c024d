/** The handlers of operations themselves. */
import type { Handlers } from '@cloud-barista/api/handlers';
import type { Operation } from '@cloud-barista/model/operation';
import type { Sagas } from '@cloud-barista/store/saga';

export const operationHandlers = (
  sagas: Sagas,
): Pick<Handlers, 'operation.list' | 'operation.get' | 'operation.cancel' | 'operation.events'> => ({
  /** Ids sort by birth, oldest first, and a store reads forwards only: all are read (no more than some thousand are kept). */
  async 'operation.list'({ cursor, limit = 100 }) {
    const all: Operation[] = [];
    let next: string | undefined;
    do {
      const page = await sagas.page({ cursor: next, limit: 1000 });
      all.push(...page.items);
      next = page.next;
    } while (next !== undefined);
    const older = all.reverse().filter(({ id }) => cursor === undefined || id < cursor);
    const items = older.slice(0, limit);
    const last = items.at(-1);
    return older.length > limit && last ? { items, next: last.id } : { items };
  },
  'operation.get': ({ operation }) => sagas.get(operation),
  'operation.cancel': ({ operation }) => sagas.cancel(operation),
  async 'operation.events'({ operation }, { signal }) {
    await sagas.get(operation);
    return sagas.events(operation, signal);
  },
});
