/**
 * The fields that are read of Cloudit's records. Their spelling varies over its versions (`ID`, `id`; `TemplateID`, `templateId`),
 * so answers are brought to the one spelling used here.
 */
export interface Cluster {
  id: string;
  name: string;
}
export interface Template {
  id: string;
  name: string;
  state?: string;
  enabled?: number;
  /** GB. */
  size?: number;
  os?: string;
  arch?: string;
  clusterName?: string;
  createdAt?: string;
}
export interface SpecRecord {
  id: string;
  name: string;
  cpu: number;
  /** GB. */
  mem: number;
  /** GB. */
  disk?: number;
  gpu?: number;
  enabled?: number;
}
export interface SubnetRecord {
  id: string;
  name: string;
  addr: string;
  prefix: string | number;
  description?: string;
  nicCount?: number;
}
export interface Rule {
  id: string;
  name: string;
  type: string;
  port: string | number;
  target: string;
  protocol: string;
}
export interface Group {
  id: string;
  name: string;
  description?: string;
  rulesCount?: number;
  rules?: Rule[];
}
export interface Server {
  id: string;
  name: string;
  state?: string;
  description?: string;
  createdAt?: string;
  templateId?: string;
  specId?: string;
  privateIp?: string;
  adaptiveIp?: string;
  volumeId?: string;
  secgroups?: { id: string }[] | null;
}
export interface Nic {
  mac: string;
  ip?: string;
  secgroupMapInfo?: { secgroup_id: string }[] | null;
}
export interface AdaptiveIp {
  ip: string;
  privateIp?: string;
}
export interface Volume {
  id: string;
  name: string;
  state?: string;
  size?: number;
  bootable?: string;
  createdAt?: string;
  dev?: string;
}
export interface Snapshot {
  id: string;
  name: string;
  state?: string;
  size?: number;
  bootable?: string;
  createdAt?: string;
  templateId?: string;
}

const spelled = new Map(
  [
    'id name state enabled size os arch clusterName createdAt cpu mem disk gpu addr prefix description nicCount',
    'type port target protocol rulesCount rules templateId specId privateIp adaptiveIp volumeId secgroups mac ip',
    'secgroupMapInfo secgroup_id bootable dev vmId',
  ]
    .join(' ')
    .split(' ')
    .map(name => [name.toLowerCase(), name] as const),
);

export function named(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [spelled.get(key.toLowerCase()) ?? key, named(part)]),
  );
}

/** `YYYY-MM-DD HH:MM:SS`, in UTC, as RFC 3339; "" where it is none. */
export function timeOf(text = ''): string {
  const time = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}
