/** The nouns of `get`, `describe` and `delete`: which operations serve each, and the columns of its table. */
import type { Connection, Credential, Driver, Region } from '@cloud-barista/model/connection';
import type { CloudRegion } from '@cloud-barista/model/cloud-region';
import type { CustomImage } from '@cloud-barista/model/custom-image';
import type { Disk } from '@cloud-barista/model/disk';
import type { Image } from '@cloud-barista/model/image';
import type { InventoryItem } from '@cloud-barista/model/inventory';
import type { KeyPair } from '@cloud-barista/model/key-pair';
import type { McisSummary, McisVm, Namespace } from '@cloud-barista/model/mcis';
import type { Operation } from '@cloud-barista/model/operation';
import type { PublicIp } from '@cloud-barista/model/public-ip';
import type { SecurityGroup } from '@cloud-barista/model/security-group';
import type { Spec } from '@cloud-barista/model/spec';
import type { Vm } from '@cloud-barista/model/vm';
import type { Vpc } from '@cloud-barista/model/vpc';
import type { OperationName } from '@cloud-barista/api/operations';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import { age, column, type Column } from './output.ts';

export interface Noun {
  /** First the one to show; then what else people write. */
  names: readonly [string, ...string[]];
  about: string;
  /** What must be known beside the name: a connection (--connection), an MCIS (--mcis), a namespace (always known). */
  needs: readonly ('connection' | 'mcis' | 'namespace')[];
  /** The path value that its own name fills, e.g. securityGroup. */
  key: string;
  list: OperationName;
  get?: OperationName;
  delete?: OperationName;
  columns: readonly Column[];
}

export const nouns: readonly Noun[] = [
  {
    names: ['mcis', 'mcises', 'infra'],
    about: 'groups of VMs over several clouds',
    needs: ['namespace'],
    key: 'mcis',
    list: 'mcis.list',
    get: 'mcis.get',
    delete: 'mcis.delete',
    columns: [
      column<McisSummary>('NAME', m => m.name),
      column<McisSummary>('STATUS', m => m.status),
      column<McisSummary>('ON FAILURE', m => m.onFailure, true),
      column<McisSummary>('OPERATION', m => m.operation, true),
      column<McisSummary>('AGE', m => age(m.created)),
    ],
  },
  {
    names: ['vms', 'vm'],
    about: 'VMs of an MCIS (--mcis) or of a connection (--connection)',
    needs: ['namespace', 'mcis'],
    key: 'vm',
    list: 'mcis-vm.list',
    get: 'mcis-vm.get',
    delete: 'mcis-vm.remove',
    columns: [
      column<McisVm>('NAME', v => v.name),
      column<McisVm>('GROUP', v => v.group, true),
      column<McisVm>('CLOUD', v => v.provider),
      column<McisVm>('REGION', v => v.region),
      column<McisVm>('SPEC', v => v.specName),
      column<McisVm>('STATE', v => v.state),
      column<McisVm>('PUBLIC IP', v => v.publicIp),
      column<McisVm>('PRIVATE IP', v => v.privateIp),
      column<McisVm>('CONNECTION', v => v.connection, true),
      column<McisVm>('ZONE', v => v.zone, true),
      column<McisVm>('CLOUD ID', v => v.id, true),
      column<McisVm>('PROBLEM', v => v.problem, true),
    ],
  },
  {
    names: ['cloud-vms', 'cloud-vm'],
    about: 'VMs of a connection',
    needs: ['connection'],
    key: 'vm',
    list: 'vm.list',
    get: 'vm.get',
    delete: 'vm.terminate',
    columns: [
      column<Vm>('NAME', v => v.name),
      column<Vm>('STATE', v => v.state),
      column<Vm>('SPEC', v => v.spec),
      column<Vm>('PUBLIC IP', v => v.publicIp),
      column<Vm>('PRIVATE IP', v => v.privateIp),
      column<Vm>('ZONE', v => v.zone),
      column<Vm>('CLOUD ID', v => v.id, true),
      column<Vm>('IMAGE', v => v.image, true),
      column<Vm>('AGE', v => age(v.created)),
    ],
  },
  {
    names: ['connections', 'connection', 'conn'],
    about: 'clouds that are connected',
    needs: [],
    key: 'connection',
    list: 'connection.list',
    get: 'connection.get',
    delete: 'connection.delete',
    columns: [
      column<Connection>('NAME', c => c.name),
      column<Connection>('CLOUD', c => c.provider),
      column<Connection>('DRIVER', c => c.driver),
      column<Connection>('CREDENTIAL', c => c.credential),
      column<Connection>('REGION', c => c.region),
      column<Connection>('AGE', c => age(c.created)),
    ],
  },
  {
    names: ['credentials', 'credential', 'cred'],
    about: 'credentials (never their values)',
    needs: [],
    key: 'credential',
    list: 'credential.list',
    get: 'credential.get',
    delete: 'credential.delete',
    columns: [
      column<Credential>('NAME', c => c.name),
      column<Credential>('DRIVER', c => c.driver),
      column<Credential>('KEYS', c => c.keys),
      column<Credential>('AGE', c => age(c.created)),
    ],
  },
  {
    names: ['regions', 'region'],
    about: 'regions of clouds',
    needs: [],
    key: 'region',
    list: 'region.list',
    get: 'region.get',
    delete: 'region.delete',
    columns: [
      column<Region>('NAME', r => r.name),
      column<Region>('DRIVER', r => r.driver),
      column<Region>('VALUES', r => Object.entries(r.values).map(([key, value]) => `${key}=${value}`)),
      column<Region>('AGE', r => age(r.created)),
    ],
  },
  {
    names: ['drivers', 'driver'],
    about: 'drivers, what each needs and can',
    needs: [],
    key: 'driver',
    list: 'driver.list',
    get: 'driver.get',
    delete: 'driver.delete',
    columns: [
      column<Driver>('NAME', d => d.name),
      column<Driver>('CLOUD', d => d.provider),
      column<Driver>('KIND', d => d.kind),
      column<Driver>('STATE', d => d.state),
      column<Driver>('RESTARTS', d => d.plugIn?.restarts, true),
      column<Driver>('MODULE', d => d.plugIn?.module, true),
      column<Driver>('PROBLEM', d => d.problem, true),
      column<Driver>('CREDENTIAL KEYS', d =>
        d.credentialKeys.filter(key => key.required).map(key => key.key),
      ),
      column<Driver>('REGION KEYS', d => d.regionKeys.filter(key => key.required).map(key => key.key)),
    ],
  },
  {
    names: ['namespaces', 'namespace', 'ns'],
    about: 'namespaces',
    needs: [],
    key: 'namespace',
    list: 'namespace.list',
    get: 'namespace.get',
    delete: 'namespace.delete',
    columns: [
      column<Namespace>('NAME', n => n.name),
      column<Namespace>('DESCRIPTION', n => n.description),
      column<Namespace>('AGE', n => age(n.created)),
    ],
  },
  {
    names: ['images', 'image'],
    about: "a cloud's images (--connection, --search)",
    needs: ['connection'],
    key: 'image',
    list: 'image.list',
    get: 'image.get',
    columns: [
      column<Image>('ID', i => i.id),
      column<Image>('NAME', i => i.name),
      column<Image>('SYSTEM', i => `${i.os} ${i.osVersion}`.trim()),
      column<Image>('ARCH', i => i.architecture),
      column<Image>('USER', i => i.user),
      column<Image>('CREATED', i => i.created, true),
    ],
  },
  {
    names: ['specs', 'spec'],
    about: "a cloud's VM sizes (--connection)",
    needs: ['connection'],
    key: 'spec',
    list: 'spec.list',
    get: 'spec.get',
    columns: [
      column<Spec>('NAME', s => s.name),
      column<Spec>('CPU', s => s.cpu),
      column<Spec>('MEMORY GiB', s => Math.round((s.memoryMib / 1024) * 10) / 10),
      column<Spec>('DISK GiB', s => s.diskGb),
      column<Spec>('ARCH', s => s.architecture),
      column<Spec>('PRICE/h', s => s.price && `${Number(s.price.hourly.toPrecision(4))} ${s.price.currency}`),
      column<Spec>('GPU', s => s.gpus.map(gpu => `${gpu.count}× ${gpu.vendor} ${gpu.model}`)),
      column<Spec>('ID', s => s.id, true),
    ],
  },
  {
    names: ['vpcs', 'vpc', 'vnet', 'vnets'],
    about: 'VPCs of a connection',
    needs: ['connection'],
    key: 'vpc',
    list: 'vpc.list',
    get: 'vpc.get',
    delete: 'vpc.delete',
    columns: [
      column<Vpc>('NAME', v => v.name),
      column<Vpc>('CIDR', v => v.cidr),
      column<Vpc>('SUBNETS', v => v.subnets.map(s => `${s.name} ${s.cidr}`)),
      column<Vpc>('CLOUD ID', v => v.id),
      column<Vpc>('AGE', v => age(v.created)),
    ],
  },
  {
    names: ['security-groups', 'security-group', 'sg'],
    about: 'security groups of a connection',
    needs: ['connection'],
    key: 'securityGroup',
    list: 'security-group.list',
    get: 'security-group.get',
    delete: 'security-group.delete',
    columns: [
      column<SecurityGroup>('NAME', g => g.name),
      column<SecurityGroup>('VPC', g => g.vpc),
      column<SecurityGroup>('RULES', g => g.rules.length),
      column<SecurityGroup>('CLOUD ID', g => g.id),
      column<SecurityGroup>('AGE', g => age(g.created)),
    ],
  },
  {
    names: ['key-pairs', 'key-pair', 'keys', 'key'],
    about: 'SSH key pairs of a connection',
    needs: ['connection'],
    key: 'keyPair',
    list: 'key-pair.list',
    get: 'key-pair.get',
    delete: 'key-pair.delete',
    columns: [
      column<KeyPair>('NAME', k => k.name),
      column<KeyPair>('FINGERPRINT', k => k.fingerprint),
      column<KeyPair>('CLOUD ID', k => k.id),
      column<KeyPair>('AGE', k => age(k.created)),
    ],
  },
  {
    names: ['disks', 'disk'],
    about: 'data disks of a connection',
    needs: ['connection'],
    key: 'disk',
    list: 'disk.list',
    get: 'disk.get',
    delete: 'disk.delete',
    columns: [
      column<Disk>('NAME', d => d.name),
      column<Disk>('STATE', d => d.state),
      column<Disk>('GiB', d => d.sizeGb),
      column<Disk>('TYPE', d => d.type),
      column<Disk>('ZONE', d => d.zone),
      column<Disk>('VM', d => d.vm),
      column<Disk>('DEVICE', d => d.device, true),
      column<Disk>('CLOUD ID', d => d.id, true),
      column<Disk>('AGE', d => age(d.created)),
    ],
  },
  {
    names: ['custom-images', 'custom-image', 'my-images', 'my-image'],
    about: 'images made of VMs of a connection',
    needs: ['connection'],
    key: 'customImage',
    list: 'custom-image.list',
    get: 'custom-image.get',
    delete: 'custom-image.delete',
    columns: [
      column<CustomImage>('NAME', i => i.name),
      column<CustomImage>('STATE', i => i.state),
      column<CustomImage>('OF VM', i => i.vm),
      column<CustomImage>('GiB', i => i.sizeGb || undefined),
      column<CustomImage>('USER', i => i.user),
      column<CustomImage>('CLOUD ID', i => i.id),
      column<CustomImage>('AGE', i => age(i.created)),
    ],
  },
  {
    names: ['public-ips', 'public-ip', 'ips', 'ip'],
    about: 'reserved public addresses of a connection',
    needs: ['connection'],
    key: 'publicIp',
    list: 'public-ip.list',
    get: 'public-ip.get',
    delete: 'public-ip.delete',
    columns: [
      column<PublicIp>('NAME', i => i.name),
      column<PublicIp>('ADDRESS', i => i.address),
      column<PublicIp>('VM', i => i.vm),
      column<PublicIp>('CLOUD ID', i => i.id),
      column<PublicIp>('AGE', i => age(i.created)),
    ],
  },
  {
    names: ['cloud-regions', 'cloud-region'],
    about: 'regions and zones that a cloud has (--connection)',
    needs: ['connection'],
    key: 'cloudRegion',
    list: 'cloud-region.list',
    columns: [
      column<CloudRegion>('ID', r => r.id),
      column<CloudRegion>('NAME', r => r.name),
      column<CloudRegion>('AVAILABLE', r => (r.available ? 'yes' : 'no')),
      column<CloudRegion>('ZONES', r => r.zones.map(zone => zone.id)),
    ],
  },
  {
    names: ['inventory'],
    about: 'what our records and a cloud hold: mapped, ours, cloud, orphans (--connection)',
    needs: ['connection'],
    key: 'name',
    list: 'inventory.list',
    columns: [
      column<InventoryItem>('KIND', i => i.kind),
      column<InventoryItem>('WHERE', i => (i.orphan ? `${i.where} (orphan)` : i.where)),
      column<InventoryItem>('NAME', i => i.name),
      column<InventoryItem>('CLOUD NAME', i => i.cloudName),
      column<InventoryItem>('CLOUD ID', i => i.id),
      column<InventoryItem>('INSTALLATION', i => i.installation, true),
    ],
  },
  {
    names: ['operations', 'operation', 'op', 'ops'],
    about: 'long operations',
    needs: [],
    key: 'operation',
    list: 'operation.list',
    get: 'operation.get',
    columns: [
      column<Operation>('ID', o => o.id),
      column<Operation>('KIND', o => o.kind),
      column<Operation>('TARGET', o => o.target),
      column<Operation>('STATE', o => o.state),
      column<Operation>('DONE', o => `${o.done}/${o.total}`),
      column<Operation>('ERROR', o => cut(o.error?.message)),
      column<Operation>('AGE', o => age(o.created)),
    ],
  },
  {
    names: ['tokens', 'token'],
    about: 'access tokens (never their values)',
    needs: [],
    key: 'token',
    list: 'token.list',
    delete: 'token.delete',
    columns: [
      column<{ name: string }>('NAME', t => t.name),
      column<{ role: string }>('ROLE', t => t.role),
      column<{ created: string }>('AGE', t => age(t.created)),
    ],
  },
];

/** A table's row is a line; `describe` shows the whole. */
function cut(text: string | undefined): string | undefined {
  return text !== undefined && text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

export const nounNames = nouns.map(noun => noun.names[0]);

export function nounOf(word: string): Noun {
  const noun = nouns.find(candidate => candidate.names.includes(word.toLowerCase()));
  if (noun) return noun;
  throw new BaristaError('invalid_argument', `There is no noun ${JSON.stringify(word)}.`, {
    where: 'noun',
    next: suggest(
      word,
      nouns.flatMap(candidate => [...candidate.names]),
      `Known are ${nounNames.join(', ')}.`,
    ),
  });
}
