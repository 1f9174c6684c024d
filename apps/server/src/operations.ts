/** The handlers of operations themselves. */
import type { Handlers } from '@cloud-barista/api/handlers';
import type { Sagas } from '@cloud-barista/store/saga';

export const operationHandlers = (
  sagas: Sagas,
): Pick<Handlers, 'operation.list' | 'operation.get' | 'operation.cancel' | 'operation.events'> => ({
  'operation.list': ({ cursor, limit = 100 }) => sagas.page({ cursor, limit }),
  'operation.get': ({ operation }) => sagas.get(operation),
  'operation.cancel': ({ operation }) => sagas.cancel(operation),
  async 'operation.events'({ operation }, { signal }) {
    await sagas.get(operation);
    return sagas.events(operation, signal);
  },
});
