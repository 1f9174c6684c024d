/**
 * Tumblebug groups: namespaces, MCISes over many clouds, commands on their VMs. Functions over this context.
 */
import type { Mcis, Namespace } from '@cloud-barista/model/mcis';
import type { Spider } from '@cloud-barista/spider/spider';
import { collection, type Collection } from '@cloud-barista/store/collection';
import type { Store } from '@cloud-barista/store/store';
import type { McisRecord, VmRecord } from './records.ts';
import { holderOf } from './holder.ts';
import { openSsh, type Ssh } from './ssh.ts';

export interface Tumblebug {
  readonly store: Store;
  readonly spider: Spider;
  readonly ssh: Ssh;
  readonly now: () => number;
  /** Before VMs that failed are ordered again; each next pause is twice as long. */
  readonly retryPauseMs: number;
  readonly namespaces: Collection<Namespace>;
  /** By `<namespace>/<mcis>`. */
  readonly mcises: Collection<McisRecord>;
  /** By `<namespace>/<mcis>/<vm>`. */
  readonly vms: Collection<VmRecord>;
  /** Connection → when its cloud last left us waiting for its VMs' states (milliseconds since 1970). */
  readonly silent: Map<string, number>;
  close(): Promise<void>;
}

export interface TumblebugOptions {
  store: Store;
  spider: Spider;
  now?: () => number;
  /** Default 200. */
  retryPauseMs?: number;
}

export function openTumblebug({
  store,
  spider,
  now = Date.now,
  retryPauseMs = 200,
}: TumblebugOptions): Tumblebug {
  const ssh = openSsh();
  const bug: Tumblebug = {
    store,
    spider,
    ssh,
    now,
    retryPauseMs,
    namespaces: collection(store, '/tumblebug/namespaces/', 'namespace'),
    mcises: collection(store, '/tumblebug/mcis/', 'MCIS'),
    vms: collection(store, '/tumblebug/vms/', 'VM'),
    silent: new Map(),
    close: () => ssh.close(),
  };
  spider.holders.push((connection, kind, name) => holderOf(bug, connection, kind, name));
  return bug;
}

export const mcisKey = (mcis: Pick<Mcis, 'namespace' | 'name'>): string => `${mcis.namespace}/${mcis.name}`;
