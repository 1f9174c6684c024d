/** The memory backend under the store suite. */
import { openMemoryStore } from '@cloud-barista/store/memory';
import { storeSuite } from '@cloud-barista/suite/store';

storeSuite('memory', async () => {
  const store = await openMemoryStore();
  return { store, close: () => store.close() };
});
