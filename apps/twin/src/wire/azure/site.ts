/** One region of the account, as machines know it: whether the internet reaches one of them. */
import type { Machine, Site as WorldSite } from '../../world/machines.ts';
import type { Account } from './account.ts';
import { opens } from './network/reach.ts';

export type Site = WorldSite;

export const createSite = (account: Account, region: string): Site => ({
  cloud: account.cloud,
  region,
  reachable(machine: Machine, port: number) {
    const vm = account.vms.get(machine.id);
    if (!vm || machine.publicIp === '') return false;
    for (const { nic } of vm.nics)
      for (const configuration of nic.configurations)
        if (configuration.publicIp?.address === machine.publicIp) return opens(configuration, port);
    return false;
  },
});
