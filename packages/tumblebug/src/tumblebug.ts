/**
 * Tumblebug groups: namespaces, MCISes over many clouds, commands on their VMs. Functions over this context.
 */
import type { Mcis, Namespace } from '@cloud-barista/model/mcis';
import type { Spider } from '@cloud-barista/spider/spider';
import { collection, type Collection } from '@cloud-barista/store/collection';
import type { Store } from '@cloud-barista/store/store';
import type { McisRecord, VmRecord } from './records.ts';
import { openSsh, type Ssh } from './ssh.ts';

export interface Tumblebug {
  readonly store: Store;
  readonly spider: Spider;
  readonly ssh: Ssh;
  readonly now: () => number;
  readonly namespaces: Collection<Namespace>;
  /** By `<namespace>/<mcis>`. */
  readonly mcises: Collection<McisRecord>;
  /** By `<namespace>/<mcis>/<vm>`. */
  readonly vms: Collection<VmRecord>;
  close(): Promise<void>;
}

export interface TumblebugOptions {
  store: Store;
  spider: Spider;
  now?: () => number;
}

export function openTumblebug({ store, spider, now = Date.now }: TumblebugOptions): Tumblebug {
  const ssh = openSsh();
  return {
    store,
    spider,
    ssh,
    now,
    namespaces: collection(store, '/tumblebug/namespaces/', 'namespace'),
    mcises: collection(store, '/tumblebug/mcis/', 'MCIS'),
    vms: collection(store, '/tumblebug/vms/', 'VM'),
    close: () => ssh.close(),
  };
}

export const mcisKey = (mcis: Pick<Mcis, 'namespace' | 'name'>): string => `${mcis.namespace}/${mcis.name}`;
