/** A server with one saga on SQLite whose outside is files in a directory; it runs until it is killed or has nothing to do. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Saga } from '@cloud-barista/store/saga';
import { openSagas } from '@cloud-barista/store/sagas';
import { openSqliteStore } from '@cloud-barista/store/sqlite';

const [directory = '', name = '', fails = ''] = process.argv.slice(2);
const outside = join(directory, 'outside');
await mkdir(outside, { recursive: true });
const file = (word: string) => ({
  // Made and taken away so that an unfinished one would be seen.
  do: async () => {
    await writeFile(join(outside, word), word);
    return word;
  },
  undo: () => rm(join(outside, word), { force: true }),
});
const saga: Saga<{ name: string; fails: boolean }> = {
  kind: 'test.files',
  target: input => input.name,
  async run(run, input) {
    const net = await run.step('net', file(`${input.name}-net`));
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const ip = await run.step(`ip/${index}`, file(`${net}-ip-${index}`));
        await run.step(`vm/${index}`, file(`${ip}-vm`));
      }),
    );
    if (input.fails) throw new BaristaError('resource_exhausted', 'No room.');
  },
};
const store = await openSqliteStore({ path: join(directory, 'store.db') });
const sagas = await openSagas({ store, sagas: [saga], retries: { pauseMs: 1 } });
process.stdout.write('open\n');
await sagas.resume();
if (name !== '') await sagas.start(saga, { name, fails: fails === 'fails' }, { idempotencyKey: name });
for (const { id } of (await sagas.page({ limit: 1000 })).items) {
  const operation = await sagas.wait(id, AbortSignal.timeout(30_000));
  process.stdout.write(`${operation.target} ${operation.state}\n`);
}
await sagas.close();
await store.close();
