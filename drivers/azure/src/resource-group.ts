/**
 * The resource group that all of a connection's resources stand in. One that is not there is made when first needed and tagged
 * as ours; one of ours goes with the last resource in it.
 *
 * Deleting a resource group deletes what is in it, and ARM has no "delete if empty". So it is deleted only where it carries our tag and
 * every list says that nothing is in it – the providers' own lists, for ARM's list of all resources lags behind – and never while
 * this connection makes something. What remains is the moment between the last list and the delete: a VPC, group or
 * key that another process makes in that moment would go with it, and its maker be told not_found.
 */
import { orCancelled, pause } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { hasCode } from '@cloud-barista/model/errors';
import type { Call } from '@cloud-barista/driver/call';
import { same, types, versions, type Arm, type Order, type Type } from './arm.ts';
import { locationOf } from './settings.ts';
import { madeTag, tagOf, type Tags } from './marks.ts';

interface Group {
  location?: string;
  tags?: Tags;
  properties?: { provisioningState?: string };
}

const ours: readonly Type[] = [
  types.vnet,
  types.nsg,
  types.key,
  types.vm,
  types.nic,
  types.address,
  types.disk,
  types.image,
  types.snapshot,
];

export interface ResourceGroup {
  /** Runs what makes a resource, in a group that is there. */
  within<T>(call: Call, make: () => Promise<T>): Promise<T>;
  /** Called behind every delete: takes the group away where it is ours and empty. */
  sweep(call: Call): Promise<void>;
}

export function createResourceGroup(arm: Arm): ResourceGroup {
  const { subscriptionId, group, location } = arm.settings;
  const path = `/subscriptions/${encodeURIComponent(subscriptionId)}/resourceGroups/${encodeURIComponent(group)}`;
  const about = { resource: 'vpc', name: group, path, version: versions.resources } as const;
  let known = false;
  let makers = 0;
  let sweeping: Promise<void> | undefined;

  const read = async (call: Call): Promise<Group | undefined> =>
    (await orAbsent(arm.send(call, { ...about, api: 'ResourceGroups_Get', method: 'GET' })))?.body as
      | Group
      | undefined;

  /** True where it was us who made it. */
  async function ensure(call: Call): Promise<boolean> {
    let found = await read(call);
    for (
      let ms = 250;
      /^deleting$/i.test(found?.properties?.provisioningState ?? '');
      ms = Math.min(ms * 1.5, 5000)
    ) {
      await pause(ms, call.signal);
      found = await read(call);
    }
    known = true;
    if (found) return false;
    const body = { location, tags: { [madeTag]: 'cloud-barista' } };
    await arm.send(call, { ...about, api: 'ResourceGroups_CreateOrUpdate', method: 'PUT', body });
    return true;
  }

  async function isEmpty(call: Call): Promise<boolean> {
    for (const type of ours) if ((await arm.list(call, type)).length > 0) return false;
    const order = { ...about, api: 'Resources_ListByResourceGroup', path: `${path}/resources` };
    const all = (await orAbsent(arm.all<{ type?: string }>(call, order))) ?? [];
    // What is of our types and in no provider's list is gone, and this list has not heard of it yet.
    return all.every(({ type = '' }) => ours.some(one => same(one.path, type)));
  }

  async function removeIfEmpty(call: Call): Promise<void> {
    if (!(await isEmpty(call))) return;
    const found = await read(call);
    if (!found || tagOf(found.tags, madeTag) === undefined || makers > 0) return;
    if (found.location !== undefined && locationOf(found.location) !== location) return;
    known = false;
    const order: Order = { ...about, api: 'ResourceGroups_Delete', method: 'DELETE' };
    // Azure goes on by itself; whoever needs the group meanwhile waits until it is gone.
    await orAbsent(arm.send(call, order));
  }

  return {
    async within<T>(call: Call, make: () => Promise<T>) {
      makers++;
      let fresh = false;
      try {
        // A maker that has been counted stops a sweep before its delete; one that is past that point is waited for.
        if (sweeping)
          await orCancelled(
            sweeping.catch(() => undefined),
            call.signal,
          );
        if (!known) fresh = await ensure(call);
        try {
          return await make();
        } catch (error) {
          if (!isGone(error)) throw error;
          fresh = await ensure(call);
          return await make();
        }
      } catch (error) {
        if (fresh && makers === 1) {
          makers = 0;
          await this.sweep(call).catch(() => undefined);
          makers++;
        }
        throw error;
      } finally {
        makers--;
      }
    },
    async sweep(call) {
      if (makers > 0) return;
      const running = (sweeping ??= removeIfEmpty(call).finally(() => (sweeping = undefined)));
      try {
        await orCancelled(running, call.signal);
      } catch (error) {
        // An empty group costs nothing: that it may not be listed or deleted is no failure of the delete before.
        if (call.signal.aborted || hasCode(error, 'unavailable', 'deadline_exceeded', 'aborted')) throw error;
      }
    },
  };
}

const isGone = (error: unknown): boolean =>
  hasCode(error, 'not_found', 'unavailable') &&
  (error.vendorCode === 'ResourceGroupNotFound' || error.vendorCode === 'ResourceGroupBeingDeleted');
