/** Network quotas, and the usages that show them. Source: Networking limits; Usages – List. */
import { use, used } from '../account.ts';
import { ok, param, type Call, type Reply } from '../call.ts';
import { badRequest } from '../errors.ts';
import { quota } from '../quotas.ts';
import { plainLocation } from '../regions.ts';

const counted = {
  VirtualNetworks: {
    code: 'VirtualNetworkCountLimitReached',
    words: 'virtual networks',
    shown: 'Virtual Networks',
  },
  NetworkInterfaces: {
    code: 'NetworkInterfaceCountLimitReached',
    words: 'network interfaces',
    shown: 'Network Interfaces',
  },
  NetworkSecurityGroups: {
    code: 'NetworkSecurityGroupCountLimitReached',
    words: 'network security groups',
    shown: 'Network Security Groups',
  },
  PublicIPAddresses: {
    code: 'PublicIPCountLimitReached',
    words: 'public IP addresses',
    shown: 'Public IP Addresses',
  },
} as const;
export type Counted = keyof typeof counted;

/** Takes one of the quota, or refuses. */
export function take(call: Call, location: string, name: Counted): void {
  requireRoom(call, location, name, 1);
  use(call.account, location, name, 1);
}

export function requireRoom(call: Call, location: string, name: Counted, more: number): void {
  const limit = quota(call.account.cloud, name);
  if (used(call.account, location, name) + more <= limit) return;
  const { code, words } = counted[name];
  throw badRequest(code, `Cannot create more than ${limit} ${words} for this subscription in this region.`);
}

export function usages(call: Call): Reply {
  const location = plainLocation(param(call, 1));
  const { account } = call;
  return ok({
    value: Object.entries(counted).map(([name, { shown }]) => ({
      currentValue: used(account, location, name),
      id: `/subscriptions/${account.subscriptionId}/providers/Microsoft.Network/locations/${location}/usages/${name}`,
      limit: quota(account.cloud, name as Counted),
      name: { localizedValue: shown, value: name },
      unit: 'Count',
    })),
  });
}
