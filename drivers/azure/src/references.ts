/** What a VM's order refers to, looked up before the order leaves: a key's public half, a VPC's subnets, groups. */
import type { Call } from '@cloud-barista/driver/call';
import { createShared } from '@cloud-barista/driver/shared';
import { types, type Arm } from './arm.ts';
import type { SshKey } from './key-pairs.ts';
import type { Network } from './vpcs.ts';

/** What an order is checked against is kept so long: 20 orders at once ask once. */
const keepMs = 30_000;

/** What an order refers to; each throws not_found where it is not there. */
export interface References {
  publicKey(call: Call, id: string): Promise<string>;
  subnets(call: Call, vpc: string): Promise<readonly string[]>;
  group(call: Call, id: string): Promise<void>;
  forgetKey(id: string): void;
  forgetVpc(id: string): void;
  forgetGroup(id: string): void;
}

export function createReferences(arm: Arm): References {
  const keys = createShared(keepMs, async (id, signal) => {
    const key = await arm.read<SshKey>({ signal }, types.key, id);
    return key.properties?.publicKey ?? '';
  });
  const networks = createShared(keepMs, async (id, signal) => {
    const network = await arm.read<Network>({ signal }, types.vnet, id);
    return (network.properties?.subnets ?? []).map(subnet => subnet.name);
  });
  const groups = createShared(keepMs, async (id, signal) => {
    await arm.read({ signal }, types.nsg, id);
  });
  return {
    publicKey: (call, id) => keys.get(id, call.signal),
    subnets: (call, vpc) => networks.get(vpc, call.signal),
    group: (call, id) => groups.get(id, call.signal),
    forgetKey: id => keys.forget(id),
    forgetVpc: id => networks.forget(id),
    forgetGroup: id => groups.forget(id),
  };
}
