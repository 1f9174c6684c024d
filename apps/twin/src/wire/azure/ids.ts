/** Resource ids: written in the right letters, read in any. Source: ARM docs, "Resource naming and case". */
import type { Account } from './account.ts';
import { fullType, type Records, type ResourceType, type Subnet, type Tracked } from './records.ts';

export const idOf = (resource: Pick<Tracked, 'group' | 'type' | 'name'>): string =>
  `${resource.group.path}/providers/${fullType(resource.type)}/${resource.name}`;
export const subnetId = (subnet: Subnet): string => `${idOf(subnet.vnet)}/subnets/${subnet.name}`;

/** Takes the resource out of its group; false where it has left already, whoever has its name now. */
export function leave(resource: Tracked): boolean {
  const there: Map<string, Tracked> = resource.group.resources[resource.type];
  const key = resource.name.toLowerCase();
  return there.get(key) === resource && there.delete(key);
}

const form =
  /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/([^/]+\/[^/]+)\/([^/]+)(?:\/([^/]+)\/([^/]+))?$/;

interface Parsed {
  group: string;
  type: string;
  name: string;
  childType: string | undefined;
  child: string | undefined;
}

/** In lower case; undefined where it is no id of this subscription. */
export function parseId(account: Account, id: string): Parsed | undefined {
  const match = form.exec(id.toLowerCase());
  const [, subscription, group = '', type = '', name = '', childType, child] = match ?? [];
  return subscription === account.subscriptionId.toLowerCase()
    ? { group, type, name, childType, child }
    : undefined;
}

/** Undefined where it is no such id, or nothing stands there. */
export function resolve<T extends ResourceType>(
  account: Account,
  id: string,
  type: T,
): Records[T] | undefined {
  const parsed = parseId(account, id);
  if (!parsed || parsed.child !== undefined || parsed.type !== fullType(type).toLowerCase()) return undefined;
  return account.groups.get(parsed.group)?.resources[type].get(parsed.name);
}

export function resolveSubnet(account: Account, id: string): Subnet | undefined {
  const parsed = parseId(account, id);
  if (parsed?.childType !== 'subnets' || parsed.type !== 'microsoft.network/virtualnetworks')
    return undefined;
  return account.groups
    .get(parsed.group)
    ?.resources.virtualNetworks.get(parsed.name)
    ?.subnets.get(parsed.child ?? '');
}
