/** What of the suite's stands in a cloud, of this run or of an earlier one that was killed. */
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

/** Quiet where the cloud can't be read: what stood in the way has failed the cases before. */
export async function leftIn(driver: Driver, config: CloudConfig, timeoutMs: number): Promise<Leftover[]> {
  const cloud = await driver.open(config, createRoad(driver, timeoutMs)).catch(() => undefined);
  if (!cloud) return [];
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
      const page = await list?.({ signal, limit: 1000, ...(cursor !== undefined && { cursor }) }).catch(
        () => undefined,
      );
      for (const { id, name, state } of page?.items ?? [])
        if (name.startsWith(suitePrefix) && !gone.has(state as VmState)) left.push({ kind, id, name });
      cursor = page?.next;
    } while (cursor !== undefined);
  }
  await cloud.close();
  return left;
}
