/** The one network interface of each instance. */
import type { Call } from './call.ts';
import { instanceOf, interfaceAttachmentId, interfaceId, macAddress } from './derived.ts';
import { filterAll, page } from './filters.ts';
import { checkId, notFound } from './ids.ts';
import { shownPublicIp } from './instance-life.ts';
import { associationView, groupSet, iso, privateDnsName } from './instance-view.ts';
import type { Instance } from './records.ts';
import type { AwsSite } from './site.ts';
import { tagSet } from './tags.ts';
import type { Members } from './xml.ts';

const interfaceFilters = {
  'addresses.private-ip-address': (instance: Instance) => instance.machine.privateIp,
  'addresses.association.public-ip': shownPublicIp,
  'association.allocation-id': (instance: Instance) => instance.address?.id,
  'association.association-id': (instance: Instance) => instance.address?.association,
  'association.public-ip': shownPublicIp,
  'attachment.attachment-id': (instance: Instance) => interfaceAttachmentId(instance.id),
  'attachment.device-index': () => 0,
  'attachment.instance-id': (instance: Instance) => instance.id,
  'attachment.status': () => 'attached',
  'availability-zone': (instance: Instance) => instance.subnet.zone.name,
  description: () => '',
  'group-id': (instance: Instance) => instance.groups.map(group => group.id),
  'group-name': (instance: Instance) => instance.groups.map(group => group.name),
  'interface-type': () => 'interface',
  'mac-address': (instance: Instance) => macAddress(instance.id),
  'network-interface-id': (instance: Instance) => interfaceId(instance.id),
  'private-ip-address': (instance: Instance) => instance.machine.privateIp,
  'requester-managed': () => false,
  'source-dest-check': (instance: Instance) => instance.options.sourceDestCheck,
  status: () => 'in-use',
  'subnet-id': (instance: Instance) => instance.subnet.id,
  'vpc-id': (instance: Instance) => instance.subnet.vpc.id,
};

function view(site: AwsSite, instance: Instance): Members {
  const { privateIp } = instance.machine;
  const ip = shownPublicIp(instance);
  const shown = associationView(site, instance, ip);
  const association =
    shown && instance.address
      ? { ...shown, allocationId: instance.address.id, associationId: instance.address.association }
      : shown;
  const privateName = privateDnsName(site, instance);
  return {
    networkInterfaceId: interfaceId(instance.id),
    subnetId: instance.subnet.id,
    vpcId: instance.subnet.vpc.id,
    availabilityZone: instance.subnet.zone.name,
    description: '',
    ownerId: site.accountId,
    requesterManaged: false,
    status: 'in-use',
    macAddress: macAddress(instance.id),
    privateIpAddress: privateIp,
    privateDnsName: privateName,
    sourceDestCheck: instance.options.sourceDestCheck,
    groupSet: groupSet(instance),
    attachment: {
      attachmentId: interfaceAttachmentId(instance.id),
      instanceId: instance.id,
      instanceOwnerId: site.accountId,
      deviceIndex: 0,
      networkCardIndex: 0,
      status: 'attached',
      attachTime: iso(instance.launchedAt),
      deleteOnTermination: true,
    },
    association,
    tagSet: tagSet(instance.interfaceTags),
    privateIpAddressesSet: [
      { privateIpAddress: privateIp, privateDnsName: privateName, primary: true, association },
    ],
    ipv6AddressesSet: [],
    interfaceType: 'interface',
  };
}

/** What the filters see of an interface's tags is the interface's, not the instance's. */
type Row = Instance & { readonly owner: Instance };
const row = (owner: Instance): Row => ({ ...owner, tags: owner.interfaceTags, owner });

export function describeNetworkInterfaces({ site, params }: Call): Members {
  const ids = params.texts('NetworkInterfaceId');
  const standing = [...site.instances.values()].filter(instance => instance.machine.state !== 'terminated');
  const wanted = new Set(ids.map(instanceOf));
  for (const id of ids) {
    checkId('interface', id);
    if (!standing.some(instance => instance.id === instanceOf(id))) throw notFound('interface', id);
  }
  const rows = standing.filter(instance => ids.length === 0 || wanted.has(instance.id)).map(row);
  const found = filterAll(params, interfaceFilters, rows);
  const rule = { least: 5, most: 1000, not: 'NetworkInterfaceId' };
  const { records, nextToken } = page(params, 'DescribeNetworkInterfaces', found, rule);
  return { networkInterfaceSet: records.map(({ owner }) => view(site, owner)), nextToken };
}
