/** A process that writes to a SQLite store until it is killed, and tells each acknowledged write on its standard output. */
import { writeSync } from 'node:fs';
import { openSqliteStore } from '@cloud-barista/store/sqlite';

const store = await openSqliteStore({ path: process.argv[2] ?? '' });
const base = await store.count('/a/');
writeSync(1, 'open\n');
/** Each transaction writes a pair that must never be apart. */
async function writer(lane: number): Promise<void> {
  for (let index = base; ; index++) {
    const key = `${lane}-${index}`;
    await store.txn({
      then: [
        { put: `/a/${key}`, value: 'x'.repeat(300) },
        { put: `/b/${key}`, value: key },
      ],
    });
    writeSync(1, `${key}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, (_, lane) => writer(lane)));
