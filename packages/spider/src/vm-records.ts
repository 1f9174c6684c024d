/** A VM's record, what an answer of its cloud changes in it, and the record as people see it. */
import type { CloudVm } from '@cloud-barista/driver/vms';
import { parseAddress } from '@cloud-barista/model/cidr';
import type { Region } from '@cloud-barista/model/connection';
import { gone, type VmState } from '@cloud-barista/model/state';
import type { Vm } from '@cloud-barista/model/vm';
import type { HeldId, IdRecord } from './claims.ts';
import type { StoredConnection } from './connections.ts';
import type { Spider } from './context.ts';
import { connectionKey, idKey, regionKey } from './keys.ts';

export interface VmData {
  /** In our names and the cloud's image and spec ids, as ordered. */
  image: string;
  spec: string;
  vpc: string;
  subnet: string;
  securityGroups: string[];
  keyPair: string;
  /** The image's login user. */
  user: string;
  region: string;
  /** As last observed. */
  state: VmState;
  zone: string;
  publicIp: string;
  privateIp: string;
  /** Where SSH answers, where the cloud says another place than the public address. */
  ssh?: { host: string; port: number };
  /** Milliseconds since 1970 at which the cloud took the order. */
  ordered: number;
}
export type HeldVm = HeldId<VmData>;

/** A cloud may not know yet what it has just been told to make (AWS: eventual consistency of the EC2 API). */
const unknownMs = 15_000;

export const vmKey = (connection: string, name: string): string => idKey(connection, 'vm', name);
export const heldVm = (spider: Spider, connection: string, name: string): HeldVm | undefined =>
  spider.mirror.get<IdRecord<VmData>>(vmKey(connection, name));

/** The record after the cloud's answer (undefined: it does not know the VM); the same object where nothing changed. */
export function observed(record: IdRecord<VmData>, vm: CloudVm | undefined, now: number): IdRecord<VmData> {
  const before = record.data;
  let state: VmState = vm?.state ?? 'NotExist';
  if (!vm && record.state === 'bound' && now - before.ordered < unknownMs && !gone.has(before.state))
    return record;
  // Ordered to end, and not ended: it is ending, whatever a lagging answer says.
  if (record.state === 'deleting' && !gone.has(state)) state = 'Terminating';
  const zone = vm?.zone || before.zone;
  const publicIp = vm?.publicIp ?? '';
  const privateIp = vm?.privateIp || before.privateIp;
  const ssh = vm?.ssh ?? before.ssh;
  if (
    state === before.state &&
    zone === before.zone &&
    publicIp === before.publicIp &&
    privateIp === before.privateIp &&
    ssh?.host === before.ssh?.host &&
    ssh?.port === before.ssh?.port
  )
    return record;
  return { ...record, data: { ...before, state, zone, publicIp, privateIp, ...(ssh && { ssh }) } };
}

/** Where SSH answers: the region may say another port, or one host that stands for all (model/connection.ts). */
function access(spider: Spider, connection: string, data: VmData): Vm['ssh'] {
  const { user, publicIp, ssh } = data;
  if (ssh) return { user, ...ssh };
  const record = spider.mirror.get<StoredConnection>(connectionKey(connection))?.value;
  const values = record && spider.mirror.get<Region>(regionKey(record.region))?.value.values;
  const [host = '', port = ''] = (values?.['sshVia'] ?? '').split(':');
  const address = parseAddress(publicIp);
  if (host !== '' && address !== undefined) return { user, host, port: Number(port) + (address & 0x7fff) };
  return { user, host: publicIp, port: Number(values?.['sshPort'] ?? 22) };
}

/** Made once a revision: reading the same VM again costs a map's look-up. */
export function vmOf(spider: Spider, connection: string, held: HeldVm): Vm {
  if (held.view !== undefined) return held.view as Vm;
  const { value } = held;
  const { data } = value;
  const vm: Vm = {
    name: value.name,
    connection,
    id: value.id,
    state: data.state,
    image: data.image,
    spec: data.spec,
    vpc: data.vpc,
    subnet: data.subnet,
    securityGroups: data.securityGroups,
    keyPair: data.keyPair,
    region: data.region,
    zone: data.zone,
    publicIp: data.publicIp,
    privateIp: data.privateIp,
    ssh: access(spider, connection, data),
    created: value.created,
  };
  held.view = vm;
  return vm;
}
