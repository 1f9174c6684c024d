/** Reading the network profile of a VM's order. Source: Compute REST API, NetworkProfile. */
import type { Call, Json } from '../call.ts';
import { badRequest, conflict, invalidParameter, missingParameter, resourceNotFound } from '../errors.ts';
import { booleanAt, nothing, objectAt, objectsAt, textAt, wordAt } from '../fields.ts';
import { idOf, parseId, resolve } from '../ids.ts';
import { checkNetworkName, readTags } from '../names.ts';
import { readSecurityGroup, readSubnetReference, type ConfigurationRequest } from '../network/interfaces.ts';
import { readPublicIp, type PublicIpRequest } from '../network/public-ips.ts';
import {
  noTags,
  type DeleteOption,
  type NetworkInterface,
  type SecurityGroup,
  type Tags,
} from '../records.ts';
import type { Order } from '../tracked.ts';
import type { Size } from './sizes.ts';

export const readDeleteOption = (from: Json): DeleteOption | undefined =>
  wordAt(from, 'deleteOption', ['Delete', 'Detach']);

export interface NewNic {
  name: string;
  tags: Tags;
  nsg: SecurityGroup | undefined;
  configurations: readonly (Omit<ConfigurationRequest, 'publicIp'> & {
    publicIp: (PublicIpRequest & { name: string; tags: Tags }) | undefined;
  })[];
}
export type NicRequest = { primary: boolean; deleteOption: DeleteOption } & (
  | { nic: NetworkInterface }
  | { make: NewNic }
);

function readNewNic(
  call: Call,
  body: Json,
  order: Pick<Order<'virtualMachines'>, 'group' | 'location'>,
): NewNic {
  const { location } = order;
  const name = textAt(body, 'name') ?? '';
  checkNetworkName(name);
  const properties = objectAt(body, 'properties') ?? nothing;
  const id = idOf({ group: order.group, type: 'networkInterfaces', name });
  const bodies = objectsAt(properties, 'ipConfigurations', 'properties.') ?? [];
  if (bodies.length === 0) throw missingParameter('networkInterfaceConfiguration.ipConfigurations');
  return {
    name,
    tags: readTags(body) ?? noTags,
    nsg: readSecurityGroup(call, properties, id, location),
    configurations: bodies.map((each, index) => {
      const own = objectAt(each, 'properties') ?? nothing;
      const ip = objectAt(own, 'publicIPAddressConfiguration', 'properties.');
      const ipName = ip && (textAt(ip, 'name') ?? '');
      if (ipName !== undefined) checkNetworkName(ipName);
      const configurationName = textAt(each, 'name') ?? '';
      checkNetworkName(configurationName);
      return {
        name: configurationName,
        primary: booleanAt(own, 'primary') ?? index === 0,
        subnet: readSubnetReference(call, own, id, location),
        address: undefined,
        allocation: 'Dynamic',
        publicIp:
          ip && ipName !== undefined
            ? { ...readPublicIp(ip, ipName), name: ipName, tags: readTags(ip) ?? noTags }
            : undefined,
      };
    }),
  };
}

export function readNics(
  call: Call,
  properties: Json,
  order: Order<'virtualMachines'>,
  size: Size,
): NicRequest[] {
  const network = objectAt(properties, 'networkProfile', 'properties.');
  if (!network) throw missingParameter('networkProfile');
  const inside = 'properties.networkProfile.';
  const references = objectsAt(network, 'networkInterfaces', inside) ?? [];
  const bodies = objectsAt(network, 'networkInterfaceConfigurations', inside) ?? [];
  if (references.length + bodies.length === 0) throw missingParameter('networkProfile.networkInterfaces');
  if (bodies.length > 0 && references.length > 0)
    throw invalidParameter(
      'networkProfile',
      'networkInterfaces and networkInterfaceConfigurations cannot be given together.',
    );
  if (bodies.length > 0 && textAt(network, 'networkApiVersion', inside) === undefined)
    throw missingParameter('networkProfile.networkApiVersion');
  if (references.length + bodies.length > size.maxNics)
    throw badRequest(
      'NetworkInterfaceCountExceeded',
      `The number of network interfaces for virtual machine ${order.name} exceeds the maximum allowed for the virtual machine size ${size.name}. The number of network interfaces is ${references.length + bodies.length} and the maximum allowed is ${size.maxNics}.`,
    );
  const single = references.length + bodies.length === 1;
  const common = (body: Json) => {
    const own = objectAt(body, 'properties') ?? nothing;
    return { primary: booleanAt(own, 'primary') ?? single, deleteOption: readDeleteOption(own) ?? 'Detach' };
  };
  const nics: NicRequest[] =
    bodies.length > 0
      ? bodies.map(body => ({ ...common(body), make: readNewNic(call, body, order) }))
      : references.map(body => ({ ...common(body), nic: readNicReference(call, body, order) }));
  if (nics.filter(each => each.primary).length !== 1)
    throw badRequest(
      'VirtualMachineMustHaveOneNetworkInterfaceAsPrimary',
      `Virtual machine ${order.name} must have one network interface set as the primary.`,
    );
  return nics;
}

function readNicReference(call: Call, body: Json, order: Order<'virtualMachines'>): NetworkInterface {
  const id = textAt(body, 'id') ?? '';
  const nic = resolve(call.account, id, 'networkInterfaces');
  const vm = idOf({ group: order.group, type: 'virtualMachines', name: order.name });
  if (!nic) {
    const parsed = parseId(call.account, id);
    throw parsed
      ? resourceNotFound('Microsoft.Network/networkInterfaces', id.split('/').at(-1) ?? '', parsed.group)
      : invalidParameter(
          'networkInterface',
          `The value '${id}' is not the id of a network interface of this subscription.`,
        );
  }
  if (nic.location !== order.location)
    throw badRequest(
      'InvalidResourceReference',
      `Resource ${idOf(nic)} referenced by resource ${vm} is in another region. Both resources must be in the same region.`,
    );
  if (nic.state === 'Deleting')
    throw conflict(
      'ReferencedResourceNotProvisioned',
      `Cannot proceed with operation because resource ${idOf(nic)} used by resource ${vm} is being deleted.`,
    );
  if (nic.vm)
    throw badRequest(
      'NicInUse',
      `Network Interface ${idOf(nic)} is used by existing resource ${idOf(nic.vm)}. In order to use the network interface, it must be dissociated from the resource.`,
    );
  return nic;
}
