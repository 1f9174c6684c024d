/** VMs' interfaces, as far as public addresses go: who carries one, and its being replaced. */
import { hasCode } from '@cloud-barista/model/errors';
import type { Call } from '@cloud-barista/driver/call';
import { types, type Arm } from './arm.ts';
import { configOf, type AddressReference, type Nic, type PublicAddress } from './vm-view.ts';

/** `…/networkInterfaces/NIC/ipConfigurations/NAME`: the interface that carries it; "" where nothing does, or none of a VM. */
export const carrierOf = ({ properties }: PublicAddress): string =>
  /\/networkInterfaces\/([^/]+)\/ipConfigurations\//i.exec(properties?.ipConfiguration?.id ?? '')?.[1] ?? '';

/**
 * Reads the interface, has `choose` see what address its first configuration has, and replaces it: by another, by none (null), or not
 * at all (undefined). Again where another writer was between (If-Match, 412).
 */
export async function replaceAddress(
  arm: Arm,
  call: Call,
  name: string,
  choose: (current: AddressReference | undefined) => Promise<AddressReference | null | undefined>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const nic = await arm.read<Nic>(call, types.nic, name);
    const config = configOf(nic);
    const chosen = config && (await choose(config.publicIPAddress ?? undefined));
    if (!config || chosen === undefined) return;
    if (chosen === null) delete config.publicIPAddress;
    else config.publicIPAddress = chosen;
    const headers: Record<string, string> = nic.etag === undefined ? {} : { 'if-match': nic.etag };
    try {
      await arm.put<Nic>(call, types.nic, name, nic, headers);
      return;
    } catch (error) {
      if (attempt >= 5 || !hasCode(error, 'aborted')) throw error;
    }
  }
}
