/**
 * What became of VMs that were ordered and are not there. Google takes an order before it knows whether it has room: when it then has
 * none (ZONE_RESOURCE_POOL_EXHAUSTED, QUOTA_EXCEEDED) the instance, seen a moment ago, vanishes, and only the insert's operation tells.
 * So whoever asks for such a VM is answered Failed, not with silence, until it is terminated: from the operation that we
 * remember, or – ordered by an earlier process – from the zone's list of operations, which Google keeps for days.
 */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { cloudId } from '@cloud-barista/model/ids';
import { tail, type Api } from './api.ts';
import { failureOf, type Operation } from './errors.ts';
import { utc } from './images.ts';
import { placeOf, vmId } from './instances.ts';

/** Older failures are nobody's news. */
const rememberMs = 60 * 60_000;

interface Ordered {
  operation: Operation;
  vm: CloudVm;
  at: number;
}

export interface Orders {
  taken(operation: Operation, vm: CloudVm): void;
  /** Terminated by us: never reported as failed again. */
  ended(id: string): void;
  /** Was not ended after all. */
  stands(id: string): void;
  isEnding(id: string): boolean;
  /** Those of the absent ids whose order is under way still, or failed. */
  missing(call: Call, ids: readonly string[]): Promise<CloudVm[]>;
}

export function createOrders(api: Api, now: () => number = Date.now): Orders {
  const orders = new Map<string, Ordered>();
  const ends = new Map<string, number>();

  function prune(): void {
    const limit = now() - rememberMs;
    for (const [id, { at }] of orders) if (at < limit) orders.delete(id);
    for (const [id, at] of ends) if (at < limit) ends.delete(id);
  }

  async function ordered({ signal }: Call, { operation, vm }: Ordered): Promise<CloudVm[]> {
    const about = { resource: 'vm', name: vm.name } as const;
    const latest =
      operation.status === 'DONE' ? operation : await orAbsent(api.look(operation, about, signal));
    if (latest === undefined) return [];
    if (failureOf(latest)) return [{ ...vm, state: 'Failed' }];
    return latest.status === 'DONE' ? [] : [vm];
  }

  /** The newest insert of each VM decides: a name may have been ordered again. */
  async function fromList({ signal }: Call, zone: string, ids: readonly string[]): Promise<CloudVm[]> {
    const fields = 'items(name,status,operationType,targetLink,insertTime,error),nextPageToken';
    const query = { filter: 'operationType = "insert"', orderBy: 'creationTimestamp desc', fields };
    // One page, newest first, is 500 orders.
    const operations = await api.all<Operation>(
      'GET projects/{project}/zones/{zone}/operations',
      { resource: 'vm', path: { zone }, query },
      signal,
      () => true,
    );
    const newest = new Map<string, Operation>();
    for (const operation of operations) {
      const { targetLink = '', insertTime = '', operationType } = operation;
      if (operationType !== 'insert' || !targetLink.includes('/instances/')) continue;
      const known = newest.get(tail(targetLink));
      if (known === undefined || Date.parse(known.insertTime ?? '') < Date.parse(insertTime))
        newest.set(tail(targetLink), operation);
    }
    return ids.flatMap(id => {
      const { instance: name } = placeOf(id);
      const operation = newest.get(name);
      if (operation === undefined || failureOf(operation) === undefined) return [];
      const created = utc(operation.insertTime);
      return Date.parse(created) < now() - rememberMs ? [] : [failedVm(zone, name, created)];
    });
  }

  return {
    taken(operation, vm) {
      prune();
      ends.delete(vm.id);
      orders.set(vm.id, { operation, vm, at: now() });
    },
    ended(id) {
      orders.delete(id);
      ends.set(id, now());
    },
    stands: id => void ends.delete(id),
    isEnding: id => ends.has(id),
    async missing(call, ids) {
      const left = ids.filter(id => !ends.has(id));
      const unknown = left.filter(id => !orders.has(id));
      const byZone = Map.groupBy(unknown, id => placeOf(id).zone);
      const found = await together([
        ...left.flatMap(id => {
          const order = orders.get(id);
          return order ? [ordered(call, order)] : [];
        }),
        ...[...byZone].map(([zone, those]) => fromList(call, zone, those)),
      ]);
      return found.flat();
    },
  };
}

const failedVm = (zone: string, name: string, created: string): CloudVm => ({
  id: vmId(zone, name),
  name,
  state: 'Failed',
  image: cloudId(''),
  spec: cloudId(''),
  vpc: '',
  subnet: '',
  securityGroups: [],
  keyPair: '',
  zone,
  publicIp: '',
  privateIp: '',
  created,
});
