/** The interfaces of a new VM: those that stood, and those that its order describes, with their public addresses; all or none. */
import { newGuid } from '../account.ts';
import type { Call } from '../call.ts';
import { dropInterface, makeInterface } from '../network/interfaces.ts';
import { dropPublicIp, makePublicIp } from '../network/public-ips.ts';
import { requireRoom } from '../network/quota.ts';
import type { NetworkInterface, NicLink } from '../records.ts';
import type { Order } from '../tracked.ts';
import type { NewNic, NicRequest } from './vm-nic-request.ts';

const suffixed = (call: Call, name: string): string =>
  `${name}-${newGuid(call.world, call.account, 'suffix').slice(0, 8)}`;

function makeNic(
  call: Call,
  order: Order<'virtualMachines'>,
  { name, tags, nsg, configurations }: NewNic,
  zones: readonly string[],
): NetworkInterface {
  const { group, location } = order;
  const requests = configurations.map(({ publicIp, ...rest }) => ({
    ...rest,
    publicIp:
      publicIp &&
      makePublicIp(
        call,
        { group, name: suffixed(call, publicIp.name), location, tags: publicIp.tags },
        publicIp,
        publicIp.sku === 'Standard' ? zones : [],
      ),
  }));
  try {
    return makeInterface(call, { group, name: suffixed(call, name), location, tags }, requests, nsg);
  } catch (error) {
    for (const { publicIp } of requests) if (publicIp) dropPublicIp(call.world, publicIp);
    throw error;
  }
}

export function makeNics(
  call: Call,
  order: Order<'virtualMachines'>,
  requests: readonly NicRequest[],
  zones: readonly string[],
): NicLink[] {
  const links: NicLink[] = [];
  const addresses = requests
    .flatMap(each => ('make' in each ? each.make.configurations : []))
    .filter(each => each.publicIp);
  requireRoom(call, order.location, 'PublicIPAddresses', addresses.length);
  try {
    for (const request of requests) {
      const { primary, deleteOption } = request;
      const nic = 'nic' in request ? request.nic : makeNic(call, order, request.make, zones);
      links.push({ nic, primary, deleteOption });
    }
  } catch (error) {
    links.forEach(({ nic }, index) => {
      const request = requests[index];
      if (!request || 'nic' in request) return;
      const ips = nic.configurations.map(each => each.publicIp).filter(ip => ip !== undefined);
      dropInterface(call.world, nic);
      for (const ip of ips) dropPublicIp(call.world, ip);
    });
    throw error;
  }
  return links;
}
