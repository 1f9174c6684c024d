/**
 * Nova's server record as our VM (Compute API v2.1, "Show Server Details"; "Server Concepts: server status"). Spoken at
 * microversion 2.1, which every cloud has, and where a server still carries its flavor's id (from 2.47 on it does not).
 */
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import type { CloudVm, VmRequest } from '@cloud-barista/driver/vms';
import { asToken } from './api.ts';

interface Address {
  addr: string;
  version: number;
  'OS-EXT-IPS:type'?: string;
}
export interface Server {
  id: string;
  name: string;
  status: string;
  'OS-EXT-STS:task_state'?: string | null;
  'OS-EXT-AZ:availability_zone'?: string;
  created: string;
  /** By the networks' names. */
  addresses?: Record<string, Address[]>;
  metadata?: Record<string, string>;
  flavor?: { id?: string };
  /** "" where it boots from a volume. */
  image?: '' | { id: string };
  key_name?: string | null;
  'os-extended-volumes:volumes_attached'?: { id: string }[];
}

const byStatus: Record<string, VmState> = {
  BUILD: 'Creating',
  ACTIVE: 'Running',
  SHUTOFF: 'Suspended',
  REBOOT: 'Rebooting',
  HARD_REBOOT: 'Rebooting',
  ERROR: 'Failed',
  DELETED: 'Terminated',
  SOFT_DELETED: 'Terminated',
};
/** What is under way tells more than the status, which changes only when it has ended. */
const byTask: Record<string, VmState> = {
  deleting: 'Terminating',
  'soft-deleting': 'Terminating',
  'powering-off': 'Suspending',
  'powering-on': 'Resuming',
  rebooting: 'Rebooting',
  reboot_pending: 'Rebooting',
  reboot_started: 'Rebooting',
  rebooting_hard: 'Rebooting',
  reboot_pending_hard: 'Rebooting',
  reboot_started_hard: 'Rebooting',
};

export function stateOf(status: string, task: string | null | undefined): VmState {
  const now = byStatus[status] ?? 'Undefined';
  if (now === 'Terminated') return now;
  const becoming = byTask[task ?? ''];
  return becoming ?? now;
}

/** What a server carries of ours from its first instant: its mark, and what Nova would not tell of it or only Neutron knows. */
const keys = {
  token: 'cb-token',
  vpc: 'cb-vpc',
  subnet: 'cb-subnet',
  groups: 'cb-groups',
  image: 'cb-image',
  port: 'cb-port',
} as const;
/** A value holds 255 characters: six UUIDs with their commas. */
const groupsPerKey = 6;

export function metadataFor(
  token: Token,
  request: VmRequest,
  image: string,
  port: string | undefined,
): Record<string, string> {
  const metadata: Record<string, string> = {
    [keys.token]: token,
    [keys.vpc]: request.vpc,
    [keys.subnet]: request.subnet,
    [keys.image]: image,
    ...(port !== undefined && { [keys.port]: port }),
  };
  for (let at = 0; at < request.securityGroups.length; at += groupsPerKey)
    metadata[`${keys.groups}${at === 0 ? '' : `-${at}`}`] = request.securityGroups
      .slice(at, at + groupsPerKey)
      .join(',');
  return metadata;
}

export const tokenOf = (server: Server): string | undefined => server.metadata?.[keys.token];
export const vpcOf = (server: Server): string | undefined => server.metadata?.[keys.vpc];
/** The port that we made for it, and that Nova therefore leaves behind. */
export const ownPortOf = (server: Server): string | undefined => server.metadata?.[keys.port];

function groupsOf(metadata: Record<string, string>): CloudId[] {
  const found: string[] = [];
  for (let at = 0; ; at += groupsPerKey) {
    const value = metadata[`${keys.groups}${at === 0 ? '' : `-${at}`}`];
    if (value === undefined) return found.map(cloudId);
    found.push(...value.split(',').filter(Boolean));
  }
}

const addressOf = (server: Server, type: 'fixed' | 'floating'): string =>
  Object.values(server.addresses ?? {})
    .flat()
    .find(address => address.version === 4 && (address['OS-EXT-IPS:type'] ?? 'fixed') === type)?.addr ?? '';

export function readServer(server: Server): CloudVm {
  const metadata = server.metadata ?? {};
  const image =
    server.image === '' || server.image === undefined ? (metadata[keys.image] ?? '') : server.image.id;
  return {
    id: cloudId(server.id),
    name: server.name,
    state: stateOf(server.status, server['OS-EXT-STS:task_state']),
    image: cloudId(image),
    spec: cloudId(server.flavor?.id ?? ''),
    vpc: cloudId(metadata[keys.vpc] ?? ''),
    subnet: cloudId(metadata[keys.subnet] ?? ''),
    securityGroups: groupsOf(metadata),
    keyPair: cloudId(server.key_name ?? ''),
    zone: server['OS-EXT-AZ:availability_zone'] ?? '',
    publicIp: addressOf(server, 'floating'),
    privateIp: addressOf(server, 'fixed'),
    created: server.created,
    ...asToken(tokenOf(server)),
  };
}
