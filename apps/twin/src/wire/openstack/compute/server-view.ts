/** A server as Nova shows it, by microversion. Source: Compute API, "Show Server Details", and the version history. */
import { formatAddress } from '@cloud-barista/model/cidr';
import type { SiteCall } from '../call.ts';
import { macAddress } from '../network/ports.ts';
import type { Server } from '../records.ts';
import { micros, seconds, stableHex } from '../text.ts';
import { flavorInServer } from './flavors.ts';
import { isPlaced, stateOf } from './state.ts';

/** `self` with the version, `bookmark` without. */
export const linksTo = (call: SiteCall, kind: string, id: string) => [
  { rel: 'self', href: `${call.endpoint}/v2.1/${kind}/${id}` },
  { rel: 'bookmark', href: `${call.endpoint}/${kind}/${id}` },
];

export const briefView = (call: SiteCall, server: Server) => ({
  id: server.id,
  name: server.name,
  links: linksTo(call, 'servers', server.id),
});

function addressesOf(server: Server): Record<string, unknown[]> {
  const byNetwork: Record<string, unknown[]> = {};
  for (const port of server.ports) {
    const rows = (byNetwork[port.network.name] ??= []);
    const mac = macAddress(port);
    for (const ip of port.fixedIps) {
      rows.push({
        version: 4,
        addr: formatAddress(ip.address),
        'OS-EXT-IPS:type': 'fixed',
        'OS-EXT-IPS-MAC:mac_addr': mac,
      });
      for (const floating of port.floatingIps)
        if (floating.fixedIp === ip.address)
          rows.push({
            version: 4,
            addr: floating.address,
            'OS-EXT-IPS:type': 'floating',
            'OS-EXT-IPS-MAC:mac_addr': mac,
          });
    }
  }
  return byNetwork;
}

function groupNamesOf({ ports }: Server): readonly string[] {
  const [port, ...others] = ports;
  if (others.length === 0) return port ? port.groups.map(group => group.name) : [];
  return [...new Set(ports.flatMap(each => each.groups.map(group => group.name)))];
}

/** nova.virt's instance_name_template. */
export const instanceName = (server: Server): string => `instance-${server.n.toString(16).padStart(8, '0')}`;

export function serverView(call: SiteCall, server: Server): Record<string, unknown> {
  const { account, site, version } = call;
  const state = stateOf(server);
  const { options, machine } = server;
  const placed = isPlaced(server, state);
  const built = state.vm !== 'building' && placed;
  // A reboot changes when the machine booted, not when the server was launched.
  if (server.launchedAt === 0 && machine) server.launchedAt = machine.bootedAt;
  const groupNames = groupNamesOf(server);
  const volumes = options.volumes.map(({ volume, deleteOnTermination }) => ({
    id: volume.id,
    ...(version >= 3 && { delete_on_termination: deleteOnTermination }),
  }));
  return {
    id: server.id,
    name: server.name,
    status: state.status,
    tenant_id: account.projectId,
    user_id: account.userId,
    metadata: server.metadata,
    hostId: placed ? hostId(account.projectId, options.host) : '',
    image:
      server.imageId === undefined
        ? ''
        : { id: server.imageId, links: linksTo(call, 'images', server.imageId).slice(1) },
    flavor: flavorInServer(call, server.flavor),
    created: seconds(server.createdAt),
    updated: seconds(server.updatedAt),
    // They show when the host has set up the network, at the end of the build.
    addresses: built ? addressesOf(server) : {},
    accessIPv4: '',
    accessIPv6: '',
    links: linksTo(call, 'servers', server.id),
    'OS-DCF:diskConfig': options.diskConfig,
    ...(state.status === 'ACTIVE' || state.status === 'BUILD' ? { progress: 0 } : {}),
    'OS-EXT-AZ:availability_zone': placed ? site.zone : '',
    config_drive: options.configDrive,
    key_name: server.keyName ?? null,
    'OS-SRV-USG:launched_at': server.launchedAt > 0 ? micros(server.launchedAt) : null,
    'OS-SRV-USG:terminated_at': state.vm === 'deleted' ? micros(server.since) : null,
    // The host is for operators, which the Twin's user is one of.
    'OS-EXT-SRV-ATTR:host': placed ? options.host : null,
    'OS-EXT-SRV-ATTR:instance_name': instanceName(server),
    'OS-EXT-SRV-ATTR:hypervisor_hostname': placed ? options.host : null,
    ...(version >= 3 && {
      'OS-EXT-SRV-ATTR:reservation_id': server.reservation,
      'OS-EXT-SRV-ATTR:launch_index': server.launchIndex,
      'OS-EXT-SRV-ATTR:hostname': server.hostname,
      'OS-EXT-SRV-ATTR:kernel_id': '',
      'OS-EXT-SRV-ATTR:ramdisk_id': '',
      'OS-EXT-SRV-ATTR:root_device_name': '/dev/vda',
      'OS-EXT-SRV-ATTR:user_data': server.userData ?? null,
    }),
    'OS-EXT-STS:task_state': state.task,
    'OS-EXT-STS:vm_state': state.vm,
    'OS-EXT-STS:power_state': state.power,
    'os-extended-volumes:volumes_attached': volumes,
    // They are read from its ports: before the host has made these there are none.
    ...(placed && groupNames.length > 0 && { security_groups: groupNames.map(name => ({ name })) }),
    ...(version >= 9 && { locked: options.locked }),
    ...(version >= 16 && { host_status: placed ? 'UP' : '' }),
    ...(version >= 19 && { description: options.description }),
    ...(version >= 26 && { tags: server.tags }),
    ...(version >= 63 && { trusted_image_certificates: null }),
    ...(version >= 71 && { server_groups: [] }),
    ...(version >= 73 && { locked_reason: options.lockedReason }),
    ...(server.fault && state.status === 'ERROR'
      ? {
          fault: {
            code: server.fault.code,
            created: seconds(server.fault.at),
            message: server.fault.message,
            details: server.fault.message,
          },
        }
      : {}),
  };
}

const hostIds = new Map<string, string>();
function hostId(project: string, host: string): string {
  const key = `${project}${host}`;
  let id = hostIds.get(key);
  if (id === undefined) {
    id = stableHex(key, 56);
    hostIds.set(key, id);
  }
  return id;
}
