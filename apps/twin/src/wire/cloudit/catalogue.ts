/**
 * What an installation comes with: specs, templates and clusters. Names as the public driver's tests use them (small-2, micro-1,
 * CentOS-7, Ubuntu 18.04, cluster CL); an installation's administrator makes its own.
 */
import { stableUuid } from './text.ts';

export interface Spec {
  readonly id: string;
  readonly name: string;
  readonly cpu: number;
  /** GB. */
  readonly mem: number;
  /** GB. */
  readonly disk: number;
  readonly gpu: number;
  readonly enabled: 0 | 1;
}

type Row = [name: string, cpu: number, mem: number, disk: number, gpu?: number, enabled?: 0 | 1];
const rows: readonly Row[] = [
  ['micro-1', 1, 1, 50],
  ['micro-2', 1, 2, 50],
  ['small-1', 2, 2, 50],
  ['small-2', 2, 4, 50],
  ['small-3', 2, 8, 50],
  ['medium-1', 4, 4, 100],
  ['medium-2', 4, 8, 100],
  ['medium-3', 4, 16, 100],
  ['large-1', 8, 8, 100],
  ['large-2', 8, 16, 100],
  ['large-3', 8, 32, 100],
  ['xlarge-1', 16, 16, 200],
  ['xlarge-2', 16, 32, 200],
  ['xlarge-3', 16, 64, 200],
  ['gpu-1', 8, 64, 200, 1],
  ['gpu-2', 16, 128, 200, 2],
  ['legacy-1', 1, 1, 20, 0, 0],
];
export const specs: readonly Spec[] = rows.map(([name, cpu, mem, disk, gpu = 0, enabled = 1]) => ({
  id: stableUuid(`spec/${name}`),
  name,
  cpu,
  mem,
  disk,
  gpu,
  enabled,
}));
export const specById: ReadonlyMap<string, Spec> = new Map(specs.map(each => [each.id, each]));

export interface System {
  readonly id: string;
  readonly name: string;
  readonly os: string;
  /** GB. */
  readonly size: number;
  readonly windows: boolean;
}

const systemNames: readonly [name: string, os: string, size?: number, id?: string][] = [
  ['CentOS-7', 'CentOS 7', 50, 'a846af3b-5d80-4182-b38e-5501ad9f78f4'],
  ['CentOS-8', 'CentOS 8'],
  ['Debian 11', 'Debian 11'],
  ['Debian 12', 'Debian 12'],
  ['Rocky Linux 8', 'Rocky Linux 8'],
  ['Rocky Linux 9', 'Rocky Linux 9'],
  ['Ubuntu 16.04', 'Ubuntu 16.04'],
  ['Ubuntu 18.04', 'Ubuntu 18.04', 50, 'ee441331-0872-49c3-886c-1873a6e32e09'],
  ['Ubuntu 20.04', 'Ubuntu 20.04'],
  ['Ubuntu 22.04', 'Ubuntu 22.04'],
  ['Ubuntu 24.04', 'Ubuntu 24.04'],
  ['Windows Server 2016', 'Windows Server 2016', 100],
  ['Windows Server 2019', 'Windows Server 2019', 100],
];
export const systems: readonly System[] = systemNames.map(([name, os, size = 50, id]) => ({
  id: id ?? stableUuid(`template/${name}`),
  name,
  os,
  size,
  windows: os.startsWith('Windows'),
}));

export interface Cluster {
  readonly id: string;
  readonly name: string;
}
export const cluster: Cluster = { id: stableUuid('cluster/CL'), name: 'CL' };
export const pool: Cluster = { id: stableUuid('pool/main'), name: 'main' };
