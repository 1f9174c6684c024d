/** A server and a NIC as Cloudit shows them. Field names are those that the public client decodes. */
import { formatAddress } from '@cloud-barista/model/cidr';
import { cluster, pool } from './catalogue.ts';
import type { Group, Nic, Server } from './records.ts';
import { stateOf } from './server-life.ts';
import type { Site } from './site.ts';
import { stamp } from './text.ts';

/** No address before the server has booted for the first time. */
export function privateIpOf(server: Server): string {
  const [first] = server.nics;
  return first && stateOf(server) !== 'CREATING' ? formatAddress(first.address) : '';
}

const groupView = (site: Site, nic: Nic, group: Group) => ({
  secgroup_id: group.id,
  name: group.name,
  tenant_id: site.tenantId,
  state: 'AVAILABLE',
  mac: nic.mac,
  protection: group.protection,
});

export function nicView(site: Site, nic: Nic) {
  const { server, subnet, adaptive } = nic;
  return {
    tenantId: site.tenantId,
    vmId: server.id,
    type: nic.type,
    mac: nic.mac,
    dev: nic.dev,
    ip: formatAddress(nic.address),
    subnetAddr: formatAddress(subnet.block.base),
    creator: site.username,
    createdAt: stamp(nic.createdAt),
    vmName: server.name,
    networkName: subnet.name,
    adaptiveIp: adaptive?.address ?? '',
    state: stateOf(server),
    template: server.template.name,
    specName: server.spec.name,
    cpuNum: String(server.spec.cpu),
    memSize: String(server.spec.mem),
    volumeSize: String(server.root.size),
    qos: 0,
    secgroupMapInfo: nic.groups.map(group => groupView(site, nic, group)),
    adaptiveMapInfo: adaptive ? [{ ip: adaptive.address, private_ip: formatAddress(nic.address) }] : [],
  };
}

export function serverView(site: Site, server: Server) {
  const { spec, template, root, nics } = server;
  const [first] = nics;
  const volumes = [root, ...server.volumes];
  return {
    id: server.id,
    tenantId: site.tenantId,
    name: server.name,
    hostName: server.hostname,
    state: stateOf(server),
    description: server.description,
    protection: server.protection,
    createdAt: stamp(server.createdAt),
    creator: site.username,
    cpuNum: spec.cpu,
    memSize: spec.mem,
    spec: spec.name,
    specId: spec.id,
    template: template.name,
    templateId: template.id,
    templateOwnership: template.ownership,
    templateType: template.templateType,
    osType: template.windows ? 'windows' : 'linux',
    // Write-only.
    rootPassword: '',
    privateIp: privateIpOf(server),
    ip: privateIpOf(server),
    adaptiveIp: nics.find(nic => nic.adaptive)?.adaptive?.address ?? '',
    macAddr: first?.mac ?? '',
    nicType: first?.type ?? '',
    // The subnet's name, not its address: the public driver looks the subnet up by name with it.
    subnetAddr: first?.subnet.name ?? '',
    nicMapInfo: nics.map(nic => ({
      name: nic.subnet.name,
      count: 1,
      addr: formatAddress(nic.subnet.block.base),
    })),
    poolMapInfo: [{ name: pool.name, count: volumes.length, pool_id: pool.id, filesystem: 'nfs' }],
    adaptiveIpMapInfo: nics.flatMap(nic =>
      nic.adaptive ? [{ ip: nic.adaptive.address, count: 1, private_ip: formatAddress(nic.address) }] : [],
    ),
    secgroups: (first?.groups ?? []).map(group => ({
      id: group.id,
      name: group.name,
      tenantId: site.tenantId,
    })),
    volumeId: root.id,
    volumeSize: root.size,
    volumeMode: root.mode,
    diskCount: volumes.length,
    diskSize: volumes.reduce((sum, volume) => sum + volume.size, 0),
    pool: pool.name,
    poolId: pool.id,
    clusterId: cluster.id,
    clusterName: cluster.name,
    gpu: '',
    gpuCount: spec.gpu,
    gpuId: '',
    cloudinit: false,
    deleteVolume: true,
    sshKeyName: '',
    sshPublicKey: '',
  };
}
