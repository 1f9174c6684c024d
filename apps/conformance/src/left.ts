/** What of the suite's stands in a cloud, of this run or of an earlier one that was killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudConfig, Driver } from '@cloud-barista/driver/driver';
import type { PageCall } from '@cloud-barista/driver/call';
import type { Leftover } from '@cloud-barista/model/conformance';
import type { Page } from '@cloud-barista/model/schema';
import { gone, type VmState } from '@cloud-barista/model/state';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { suitePrefix } from '@cloud-barista/suite/driver/stage';

interface Item {
  id: string;
  name: string;
  state?: string;
}
type List = (call: PageCall) => Promise<Page<Item>>;

const tries = 4;
const unreadable = Symbol('unreadable');
/** Throttled just after the last case, a cloud answers a moment later. */
async function tried<T>(read: () => Promise<T> | undefined): Promise<T | undefined | typeof unreadable> {
  for (let round = 1; round <= tries; round++) {
    try {
      return await read();
    } catch {
      if (round < tries) await sleep(round * 1000);
    }
  }
  return unreadable;
}

/** A list that can't be read, tried a few times, counts as left: nobody knows what stands there. */
export async function leftIn(driver: Driver, config: CloudConfig, timeoutMs: number): Promise<Leftover[]> {
  const cloud = await driver.open(config, createRoad(driver, timeoutMs));
  const lists: [kind: string, list: List | undefined][] = [
    ['vm', call => cloud.vms.list(call)],
    ['disk', cloud.disks && (call => cloud.disks?.list(call) ?? Promise.resolve({ items: [] }))],
    [
      'custom-image',
      cloud.customImages && (call => cloud.customImages?.list(call) ?? Promise.resolve({ items: [] })),
    ],
    ['public-ip', cloud.publicIps && (call => cloud.publicIps?.list(call) ?? Promise.resolve({ items: [] }))],
    ['security-group', call => cloud.securityGroups.list(call)],
    ['key-pair', call => cloud.keyPairs.list(call)],
    ['vpc', call => cloud.vpcs.list(call)],
  ];
  const left: Leftover[] = [];
  for (const [kind, list] of lists) {
    let cursor: string | undefined;
    do {
      const signal = AbortSignal.timeout(timeoutMs);
      const page = await tried(() =>
        list?.({ signal, limit: 1000, ...(cursor !== undefined && { cursor }) }),
      );
      if (page === unreadable) left.push({ kind, id: '', name: 'could not be looked at' });
      if (page === undefined || page === unreadable) break;
      for (const { id, name, state } of page.items)
        if (name.startsWith(suitePrefix) && !gone.has(state as VmState)) left.push({ kind, id, name });
      cursor = page.next;
    } while (cursor !== undefined);
  }
  await cloud.close();
  return left;
}
