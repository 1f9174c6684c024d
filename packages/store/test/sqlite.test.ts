/** The SQLite backend: the store suite, and what only a file can suffer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '@cloud-barista/store/sqlite';
import { storeSuite } from '@cloud-barista/suite/store';

storeSuite('sqlite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'barista-store-'));
  const path = join(directory, 'data', 'store.db');
  let store = await openSqliteStore({ path });
  return {
    store,
    async reopen() {
      await store.close();
      store = await openSqliteStore({ path });
      return store;
    },
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});
