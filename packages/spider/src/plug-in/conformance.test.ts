/** The whole suite of drivers, on the in-process cloud loaded as a plug-in: the process between changes nothing that a caller can see. */
import { fileURLToPath } from 'node:url';
import { newSuffix } from '@cloud-barista/model/ids';
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import type { Truth } from '../../test/memory-plug-in.ts';
import { loadPlugIn, regionIn } from './plug-in.ts';
import { usualLimits } from './child.ts';

const road: Parameters<Awaited<ReturnType<typeof loadPlugIn>>['driver']['open']>[1] = {
  send: (_request, signal, send) => send(signal),
};

driverSuite('plug-in: the in-process cloud in a process of its own', async () => {
  const plugIn = await loadPlugIn({
    module: fileURLToPath(new URL('../../test/memory-plug-in.ts', import.meta.url)),
    memoryMb: 256,
    from: [],
    limits: usualLimits,
    signal: new AbortController().signal,
    log: () => {},
  });
  const config = { credential: { mockName: `suite-${newSuffix()}` }, region: {} };
  await regionIn(plugIn.driver, config);
  const { truth } = (await plugIn.driver.open(config, road)) as unknown as { truth: Truth };
  return {
    driver: plugIn.driver,
    config,
    image: 'mock-vmimage-01',
    spec: 'mock-vmspec-01',
    count: () => truth.count(),
    fault: rule => truth.fault(rule),
    pollMs: 1,
    timeoutMs: 5000,
    close: () => plugIn.close(),
  };
});
