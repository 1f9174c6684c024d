/**
 * A VM's way to a public address: the access configuration of its first card, one at most. Its address can't be changed
 * ("instances.updateAccessConfig"): the configuration is deleted, by which an address that came with the VM goes back to Google,
 * and another is added.
 */
import type { Call } from '@cloud-barista/driver/call';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Api } from './api.ts';
import { placeOf, readInstance } from './instances.ts';
import { change } from './pending.ts';

const instances = 'projects/{project}/zones/{zone}/instances/{instance}';
const fields = 'networkInterfaces(name,accessConfigs(name,natIP))';

/** The first card of a VM as it stands. */
export interface Card {
  vm: string;
  card: string;
  /** undefined while it has no public address. */
  config: { name?: string; natIP?: string } | undefined;
}

export async function readCard(api: Api, call: Call, vm: string): Promise<Card> {
  const [card] = (await readInstance(api, call, placeOf(vm), fields)).networkInterfaces ?? [];
  return { vm, card: card?.name ?? 'nic0', config: card?.accessConfigs?.[0] };
}

/** `name` is of the address that it is about, for the call history. */
const about = (vm: string, name: string) => ({ resource: 'public-ip', name, path: placeOf(vm) }) as const;

/** Absent already, or gone when this returns. */
export async function dropConfig(
  api: Api,
  call: Call,
  { vm, card, config }: Card,
  name: string,
): Promise<void> {
  if (config === undefined) return;
  const query = { accessConfig: config.name ?? 'External NAT', networkInterface: card };
  await orAbsent(change(api, call, `POST ${instances}/deleteAccessConfig`, { ...about(vm, name), query }));
}

/** Without `address` Google gives one of its own choice. The tier must be the address's own, whatever the project's is by now. */
export const addConfig = (
  api: Api,
  call: Call,
  { vm, card }: Card,
  name: string,
  address?: { natIP: string; networkTier?: string },
): Promise<void> =>
  change(api, call, `POST ${instances}/addAccessConfig`, {
    ...about(vm, name),
    query: { networkInterface: card },
    body: { type: 'ONE_TO_ONE_NAT', name: 'External NAT', ...address },
  });
