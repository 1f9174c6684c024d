/** Elastic IP addresses. Source: EC2 API reference, AllocateAddress, AssociateAddress; VPC user guide, "Elastic IP addresses". */
import { commit, type Call } from './call.ts';
import { instanceOf, interfaceId } from './derived.ts';
import { Ec2Error, invalidValue, missing } from './errors.ts';
import { filterAll } from './filters.ts';
import { checkId, lookup, notFound } from './ids.ts';
import { dropPublicIp, givePublicIp, releaseAddress, stateOf } from './instance-life.ts';
import { quota } from './quotas.ts';
import type { Address, Instance } from './records.ts';
import type { AwsSite } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import type { Members } from './xml.ts';

export function allocateAddress(call: Call): Members {
  const { site, world, params } = call;
  const domain = params.text('Domain') ?? 'vpc';
  if (domain !== 'vpc') throw invalidValue(domain, 'domain', 'Expecting vpc.');
  const border = params.text('NetworkBorderGroup');
  if (border !== undefined && border !== site.region)
    throw new Ec2Error('InvalidParameterValue', `The network border group ${border} is not supported.`);
  const pool = params.text('PublicIpv4Pool');
  if (pool !== undefined && pool !== 'amazon')
    throw new Ec2Error('InvalidPublicIpv4PoolID.NotFound', `The pool ID '${pool}' does not exist`);
  // An address once released can be asked for again; here it is never kept for its former owner.
  const wanted = params.text('Address');
  if (wanted !== undefined)
    throw new Ec2Error('InvalidAddress.NotFound', `Address '${wanted}' cannot be recovered.`);
  const tags = specifiedTags(params, 'elastic-ip');
  if (site.addresses.size >= quota(site.cloud, 'addresses'))
    throw new Ec2Error('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
  commit(call);
  const ip = world.addresses.allocate();
  if (ip === undefined)
    throw new Ec2Error('InsufficientAddressCapacity', 'Insufficient public IP addresses in the pool.');
  const address: Address = {
    n: site.next(),
    id: site.newId('eipalloc'),
    tags,
    ip,
    instance: undefined,
    association: '',
  };
  site.addresses.set(address.id, address);
  return {
    publicIp: ip,
    allocationId: address.id,
    publicIpv4Pool: 'amazon',
    networkBorderGroup: site.region,
    domain: 'vpc',
  };
}

function byIp(site: AwsSite, ip: string): Address {
  for (const address of site.addresses.values()) if (address.ip === ip) return address;
  throw new Ec2Error('InvalidAddress.NotFound', `Address '${ip}' not found.`);
}

function named({ site, params }: Call): Address {
  const id = params.text('AllocationId');
  if (id !== undefined && id !== '') return lookup(site.addresses, 'address', id);
  const ip = params.text('PublicIp');
  if (ip === undefined || ip === '') throw missing('AllocationId');
  return byIp(site, ip);
}

function target({ site, params }: Call): Instance {
  const id = params.text('InstanceId');
  const card = params.text('NetworkInterfaceId');
  if (id === undefined && card === undefined) throw missing('InstanceId or NetworkInterfaceId');
  if (id !== undefined) return lookup(site.instances, 'instance', id);
  checkId('interface', card ?? '');
  const instance = site.instances.get(instanceOf(card ?? ''));
  if (!instance || instance.terminatedAt > 0) throw notFound('interface', card ?? '');
  return instance;
}

export function associateAddress(call: Call): Members {
  const { site, world, params } = call;
  const address = named(call);
  const instance = target(call);
  const { machine, subnet } = instance;
  const { name } = stateOf(instance);
  if (name !== 'running' && name !== 'stopped' && name !== 'stopping')
    throw new Ec2Error(
      'InvalidInstanceID',
      `The ${name} instance '${instance.id}' is not in a valid state for this operation.`,
    );
  if (!subnet.vpc.gateway)
    throw new Ec2Error(
      'Gateway.NotAttached',
      `Network ${subnet.vpc.id} is not attached to any internet gateway`,
    );
  const privateIp = params.text('PrivateIpAddress');
  if (privateIp !== undefined && privateIp !== machine.privateIp)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Invalid value for PrivateIpAddress: ${privateIp} is not an address of ${interfaceId(instance.id)}`,
    );
  const again = params.boolean('AllowReassociation') ?? true;
  if (address.instance && address.instance !== instance && !again)
    throw new Ec2Error(
      'Resource.AlreadyAssociated',
      `resource ${address.id} is already associated with associate-id ${address.association}`,
    );
  if (instance.address && instance.address !== address && !again)
    throw new Ec2Error(
      'Resource.AlreadyAssociated',
      `resource ${interfaceId(instance.id)} is already associated with associate-id ${instance.address.association}`,
    );
  commit(call);
  if (address.instance === instance) return { return: true, associationId: address.association };
  if (address.instance) part(call, address);
  if (instance.address) {
    world.machines.detach(machine);
    releaseAddress(instance);
  } else dropPublicIp(world, instance);
  address.instance = instance;
  address.association = site.newId('eipassoc');
  instance.address = address;
  world.machines.attach(machine, address.ip);
  return { return: true, associationId: address.association };
}

/** The instance gets an automatic address again where it had one, as EC2 does for a primary interface that runs. */
function part({ world }: Call, address: Address): void {
  const { instance } = address;
  if (!instance) return;
  world.machines.detach(instance.machine);
  releaseAddress(instance);
  if (stateOf(instance).name === 'running') givePublicIp(world, instance);
}

export function disassociateAddress(call: Call): Members {
  const { site, params } = call;
  const id = params.text('AssociationId');
  let address: Address | undefined;
  if (id === undefined) {
    const ip = params.text('PublicIp');
    if (ip === undefined) throw missing('AssociationId');
    address = byIp(site, ip);
  } else address = [...site.addresses.values()].find(one => one.association === id);
  if (!address || address.association === '')
    throw new Ec2Error('InvalidAssociationID.NotFound', `The association ID '${id ?? ''}' does not exist`);
  commit(call);
  part(call, address);
  return { return: true };
}

export function releaseElasticIp(call: Call): Members {
  const { site, world } = call;
  const address = named(call);
  if (address.instance)
    throw new Ec2Error(
      'InvalidIPAddress.InUse',
      `Address ${address.ip} is in use: it is associated as ${address.association}.`,
    );
  commit(call);
  site.addresses.delete(address.id);
  world.addresses.release(address.ip);
  return { return: true };
}

export function describeAddresses({ site, params }: Call): Members {
  const ids = params.texts('AllocationId');
  const ips = params.texts('PublicIp');
  const asked = new Set([
    ...ids.map(id => lookup(site.addresses, 'address', id)),
    ...ips.map(ip => byIp(site, ip)),
  ]);
  const filters = {
    'allocation-id': (address: Address) => address.id,
    'association-id': (address: Address) => address.association,
    domain: () => 'vpc',
    'instance-id': (address: Address) => address.instance?.id,
    'network-border-group': () => site.region,
    'network-interface-id': (address: Address) => address.instance && interfaceId(address.instance.id),
    'network-interface-owner-id': (address: Address) => address.instance && site.accountId,
    'private-ip-address': (address: Address) => address.instance?.machine.privateIp,
    'public-ip': (address: Address) => address.ip,
  };
  const chosen = asked.size === 0 ? [...site.addresses.values()] : [...asked];
  return {
    addressesSet: filterAll(params, filters, chosen).map(({ ip, id, instance, association, tags }) => ({
      publicIp: ip,
      allocationId: id,
      domain: 'vpc',
      publicIpv4Pool: 'amazon',
      networkBorderGroup: site.region,
      instanceId: instance?.id,
      associationId: association === '' ? undefined : association,
      networkInterfaceId: instance && interfaceId(instance.id),
      networkInterfaceOwnerId: instance && site.accountId,
      privateIpAddress: instance?.machine.privateIp,
      tagSet: tagSet(tags),
    })),
  };
}
