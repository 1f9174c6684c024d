/** The driver of the documentation, which lives outside of every package, before the judge: in a process of its own, as it is there. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { loadPlugIn, regionIn } from './plug-in.ts';
import { usualLimits } from './child.ts';

const module = fileURLToPath(new URL('../../../../examples/drivers/toy.mjs', import.meta.url));

driverSuite('plug-in: the toy cloud of the documentation', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'barista-toy-'));
  const file = join(dir, 'toy.json');
  const plugIn = await loadPlugIn({
    module,
    memoryMb: 128,
    from: [],
    limits: usualLimits,
    signal: new AbortController().signal,
    log: () => {},
  });
  const config = { credential: { password: 'open sesame' }, region: { file } };
  await regionIn(plugIn.driver, config);
  return {
    driver: plugIn.driver,
    config,
    image: 'toy-debian-12',
    spec: 'toy-1',
    badCredential: { ...config, credential: { password: 'open barley' } },
    /** The file itself says what the cloud holds. */
    async count() {
      const text = await readFile(file, 'utf8').catch(() => '{}');
      const { next: _next, ...shelves } = JSON.parse(text) as Record<string, object>;
      return Object.fromEntries(
        Object.entries(shelves).map(([name, held]) => [name, Object.keys(held).length]),
      );
    },
    pollMs: 1,
    timeoutMs: 5000,
    async close() {
      await plugIn.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
});
