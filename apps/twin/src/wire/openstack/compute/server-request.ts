/**
 * Reading the body of POST /servers: everything is looked up and checked before anything is made.
 * Source: Compute API, "Create Server"; the errors' words are those of nova.exception.
 */
import { formatAddress, parseAddress } from '@cloud-barista/model/cidr';
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { badRequest, conflict, forbidden } from '../errors.ts';
import { inSubnet } from '../network/addresses.ts';
import { quota } from '../quotas.ts';
import type { Image, KeyPair, Network, Port, SecurityGroup } from '../records.ts';
import type { Site } from '../site.ts';
import { flavorById, type Flavor } from './flavor-list.ts';
import { disksOf, type Disk } from './disks.ts';
import * as input from './input.ts';

export interface Nic {
  network: Network;
  port: Port | undefined;
  address: number | undefined;
}

export interface ServerRequest {
  name: string;
  hostname: string | undefined;
  flavor: Flavor;
  image: Image | undefined;
  /** What is on its disk, be that a volume: its user, its files. */
  system: Image | undefined;
  /** Volumes, the one that it starts from first. */
  disks: readonly Disk[];
  keyPair: KeyPair | undefined;
  nics: Nic[];
  groups: readonly SecurityGroup[];
  /** As the request names them, which is how its answer does. */
  groupWords: readonly string[];
  metadata: Readonly<Record<string, string>>;
  tags: readonly string[];
  userData: string | undefined;
  description: string | null;
  diskConfig: 'MANUAL' | 'AUTO';
  configDrive: string;
  adminPass: string | undefined;
  least: number;
  most: number;
  returnReservation: boolean;
}

const always = new Set([
  'name',
  'imageRef',
  'flavorRef',
  'adminPass',
  'metadata',
  'networks',
  'OS-DCF:diskConfig',
  'accessIPv4',
  'accessIPv6',
  'personality',
  'security_groups',
  'user_data',
  'key_name',
  'availability_zone',
  'config_drive',
  'min_count',
  'max_count',
  'return_reservation_id',
  'block_device_mapping',
  'block_device_mapping_v2',
]);
/** The microversion that brought it. */
const since: Readonly<Record<string, number>> = {
  description: 19,
  tags: 52,
  trusted_image_certificates: 63,
  host: 74,
  hypervisor_hostname: 74,
  hostname: 90,
};

export function readServer(call: SiteCall): ServerRequest {
  const { site, version } = call;
  const server = input.member(jsonBody(call), 'server');
  for (const key of Object.keys(server))
    if (!always.has(key) && version < (Object.hasOwn(since, key) ? (since[key] ?? Infinity) : Infinity))
      throw input.unexpected('server', key, server);
  for (const key of ['name', 'flavorRef'])
    if (server[key] === undefined) throw input.lacking('server', server, key);
  const name = input.name(server['name']);
  const [least, most] = counts(server);
  const flavor = flavorOf(server['flavorRef']);
  const { image, system, disks } = disksOf(call, flavor, server, most);
  checkZone(site, server['availability_zone']);
  const keyName = input.optionalText(server, 'key_name', 255);
  const keyPair = keyName === undefined ? undefined : site.keyPairs.get(keyName);
  if (keyName !== undefined && !keyPair) throw badRequest('Invalid key_name provided.');
  const groups = groupsOf(site, server['security_groups']);
  const nics = nicsOf(call, server['networks'], most);
  const diskConfig = server['OS-DCF:diskConfig'] ?? 'MANUAL';
  if (diskConfig !== 'MANUAL' && diskConfig !== 'AUTO')
    throw input.wrong('OS-DCF:diskConfig', diskConfig, "is not one of ['AUTO', 'MANUAL']");
  const drive = server['config_drive'];
  return {
    name,
    hostname: input.optionalText(server, 'hostname', 255),
    flavor,
    image,
    system,
    disks,
    keyPair,
    nics,
    groups,
    groupWords: groupWords(server['security_groups']),
    metadata: input.metadata(server['metadata'] ?? {}, quota(call.account, 'metadata_items')),
    tags: input.tags(server['tags'] ?? []),
    userData: userDataOf(server),
    description: input.optionalText(server, 'description', 255) ?? (version < 19 ? name : null),
    diskConfig,
    configDrive: drive === true || String(drive).toLowerCase() === 'true' ? 'True' : '',
    adminPass: input.optionalText(server, 'adminPass', 255),
    least,
    most,
    returnReservation: server['return_reservation_id'] === true || server['return_reservation_id'] === 'True',
  };
}

function counts(server: Record<string, unknown>): [least: number, most: number] {
  const read = (key: string) => {
    const value = server[key];
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 1)
      throw input.wrong(key, value, 'is less than the minimum of 1');
    return number;
  };
  const least = read('min_count') ?? 1;
  const most = read('max_count') ?? least;
  if (least > most) throw badRequest('min_count must be <= max_count');
  return [least, most];
}

function flavorOf(ref: unknown): Flavor {
  if (typeof ref !== 'string' && typeof ref !== 'number')
    throw input.wrong('flavorRef', ref, "is not of type 'string', 'integer'");
  const id = String(ref).split('/').at(-1) ?? '';
  const flavor = flavorById.get(id);
  if (!flavor) throw badRequest(`Flavor ${id.slice(0, 64)} could not be found.`);
  return flavor;
}

function checkZone(site: Site, zone: unknown): void {
  if (zone === undefined || zone === null) return;
  if (String(zone).split(':')[0] !== site.zone)
    throw badRequest('The requested availability zone is not available');
}

/** By name or id. */
export function groupNamed(site: Site, name: string): SecurityGroup {
  const byId = site.groups.get(name);
  if (byId) return byId;
  let found: SecurityGroup | undefined;
  for (const group of site.groups.values()) {
    if (group.name !== name) continue;
    if (found)
      throw conflict(`Multiple security groups found matching '${name}'. Use an ID to be more specific.`);
    found = group;
  }
  if (!found) throw badRequest(`Unable to find security_group with name or id '${name.slice(0, 255)}'`);
  return found;
}

function groupsOf(site: Site, given: unknown): readonly SecurityGroup[] {
  if (given === undefined) return [site.defaultGroup];
  if (!Array.isArray(given)) throw input.wrong('security_groups', given, "is not of type 'array'");
  const groups = given.map((each: unknown) => {
    const name = isObject(each) ? each['name'] : undefined;
    if (typeof name !== 'string') throw input.lacking('security_groups', each, 'name');
    return name === 'default' ? site.defaultGroup : groupNamed(site, name);
  });
  return groups.length === 0 ? [site.defaultGroup] : [...new Set(groups)];
}

const groupWords = (given: unknown): readonly string[] =>
  Array.isArray(given) && given.length > 0
    ? given.flatMap((each: unknown) => (isObject(each) ? String(each['name']) : []))
    : ['default'];

/** The one network that the project has, as Nova chooses where the request names none. */
function theNetwork(site: Site): Nic[] {
  const own = [...site.networks.values()].filter(network => !network.external);
  if (own.length > 1)
    throw conflict('Multiple possible networks found, use a Network ID to be more specific.');
  return own.map(network => ({ network: bootable(network), port: undefined, address: undefined }));
}

function bootable(network: Network): Network {
  if (network.subnets.length === 0)
    throw badRequest(`Network ${network.id} requires a subnet in order to boot instances on.`);
  return network;
}

function nicsOf(call: SiteCall, given: unknown, most: number): Nic[] {
  const { site, version } = call;
  if (given === undefined || given === null) {
    if (version >= 37)
      throw badRequest("Invalid input for field/attribute server. 'networks' is a required property");
    return theNetwork(site);
  }
  if (version >= 37 && given === 'none') return [];
  if (version >= 37 && given === 'auto') {
    const nics = theNetwork(site);
    if (nics.length === 0)
      throw badRequest(`Unable to automatically allocate a network for project ${call.account.projectId}`);
    return nics;
  }
  if (!Array.isArray(given))
    throw input.wrong('networks', given, 'is not valid under any of the given schemas');
  if (given.length === 0) return theNetwork(site);
  return given.map((each: unknown) => nicOf(site, each, most));
}

function nicOf(site: Site, given: unknown, most: number): Nic {
  if (!isObject(given)) throw input.wrong('networks', given, "is not of type 'object'");
  for (const key of Object.keys(given))
    if (!['uuid', 'port', 'fixed_ip', 'tag'].includes(key)) throw input.unexpected('networks', key);
  const { uuid, port: portId, fixed_ip: fixed } = given;
  if (typeof portId === 'string') {
    if (most > 1)
      throw badRequest(
        'Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.',
      );
    const port = site.ports.get(portId);
    if (!port) throw badRequest(`Port id ${portId.slice(0, 64)} could not be found.`);
    if (port.deviceId !== '') throw conflict(`Port ${port.id} is still in use.`);
    if (port.fixedIps.length === 0)
      throw badRequest(`Port ${port.id} requires a FixedIP in order to be used.`);
    if (typeof fixed === 'string')
      throw badRequest(
        `Specified Fixed IP '${fixed}' cannot be used with port '${port.id}': the two cannot be specified together.`,
      );
    return { network: port.network, port, address: undefined };
  }
  if (typeof uuid !== 'string') throw badRequest('Bad networks format: network uuid is not in proper format');
  const network = site.networks.get(uuid);
  if (!network) throw badRequest(`Network ${uuid.slice(0, 64)} could not be found.`);
  if (network.external)
    throw forbidden(`It is not allowed to create an interface on external network ${network.id}`);
  bootable(network);
  if (fixed === undefined || fixed === null || fixed === '')
    return { network, port: undefined, address: undefined };
  const address = parseAddress(String(fixed));
  const subnet = address === undefined ? undefined : network.subnets.find(each => inSubnet(each, address));
  if (address === undefined || !subnet)
    throw badRequest(
      `Fixed IP ${String(fixed).slice(0, 64)} is not a valid ip address for network ${network.id}.`,
    );
  if (most > 1) throw badRequest('max_count cannot be greater than 1 if an fixed_ip is specified.');
  if (subnet.used.has(address))
    throw badRequest(`Fixed IP address ${formatAddress(address)} is already in use.`);
  return { network, port: undefined, address };
}

/** As Python's base64 does it: what is not of the alphabet is passed over, and only the padding has to be right. */
function decodes(text: string): boolean {
  const [, data = '', padding = ''] = /^([^=]*)(=*)/.exec(text.replace(/[^A-Za-z0-9+/=]/g, '')) ?? [];
  const rest = data.length % 4;
  return rest === 0 || (rest > 1 && padding.length >= 4 - rest);
}

/** Nova keeps it in base64, at most 65,535 characters. */
function userDataOf(server: Record<string, unknown>): string | undefined {
  const value = server['user_data'];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw input.wrong('user_data', value, "is not of type 'string'");
  if (value.length > 65_535) throw input.wrong('user_data', value, 'is too long');
  if (!decodes(value)) throw input.wrong('user_data', value, "is not a 'base64'");
  return value;
}
