/** The in-process cloud before the judge: at once, and with states that take time. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { newSuffix } from '@cloud-barista/model/ids';
import { openMemoryCloud } from '../src/open.ts';

const open = (region: Record<string, string>) => async () => {
  const cloud = openMemoryCloud(`suite-${newSuffix()}`, { region });
  return {
    driver: cloud.driver,
    config: cloud.config,
    image: 'mock-vmimage-01',
    spec: 'mock-vmspec-01',
    count: async () => cloud.count(),
    fault: async (rule: Parameters<typeof cloud.fault>[0]) => cloud.fault(rule),
    pollMs: 1,
    timeoutMs: 5000,
    close: async () => {},
  };
};

driverSuite('memory', open({}));
driverSuite('memory, with states that take 20 ms', open({ region: 'venus', createMs: '20' }));
