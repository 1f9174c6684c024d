import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { VmState } from '@cloud-barista/model/state';
import type { Call, CreateCall, PageCall } from './call.ts';

export interface VmRequest {
  name: string;
  image: CloudId;
  spec: CloudId;
  vpc: CloudId;
  subnet: CloudId;
  /** Guaranteed at least one. */
  securityGroups: CloudId[];
  keyPair: CloudId;
  /** GiB; absent: the image's own. */
  rootDiskGb?: number;
  /** Plain text, at most 16 KiB; the driver encodes it as its cloud wants. */
  userData?: string;
}
export interface CloudVm {
  id: CloudId;
  name: string;
  /** `Undefined` where the cloud says a word that the driver does not know. */
  state: VmState;
  image: CloudId;
  spec: CloudId;
  vpc: CloudId | '';
  subnet: CloudId | '';
  securityGroups: CloudId[];
  keyPair: CloudId | '';
  zone: string;
  /** "" while it has none. */
  publicIp: string;
  privateIp: string;
  /** RFC 3339. */
  created: string;
  /** Where SSH answers, where that is not port 22 (or the region's `sshPort`) of `publicIp`: e.g. a port that a host publishes. */
  ssh?: { host: string; port: number };
  /** The create's token, where the cloud's answer shows it. */
  token?: Token;
}

export interface Vms {
  /**
   * Asks for the VM with a public address and returns as soon as the cloud has taken the order (state Creating is
   * usual). It does not wait for Running. resource_exhausted: quota or capacity; nothing was made.
   */
  create(call: CreateCall, request: VmRequest): Promise<CloudVm>;
  /**
   * What a created VM still needs before it is usable, once Running: e.g. OpenStack's floating IP. The caller calls it
   * for every VM that is Running without a public address; doing it twice does no harm. Absent where the cloud has no such step.
   */
  complete?(call: CreateCall, id: CloudId): Promise<CloudVm>;
  /** Every VM of the account in this region (and zone), ordered by id, paged. Terminated ones may be in it for a while. */
  list(call: PageCall): Promise<Page<CloudVm>>;
  get(call: Call, id: CloudId): Promise<CloudVm>;
  /** In bulk: the VMs of `ids` (at most 1000) that the cloud still knows, in any order; an absent one is left out, no error. */
  getMany(call: Call, ids: CloudId[]): Promise<CloudVm[]>;
  /** Each returns when the cloud has taken the order; failed_precondition where the state forbids it. */
  suspend(call: Call, id: CloudId): Promise<void>;
  resume(call: Call, id: CloudId): Promise<void>;
  reboot(call: Call, id: CloudId): Promise<void>;
  /** Ends the VM and releases what came with it (public address, interface, root disk); disks and public addresses of the user's own stay. Succeeds where absent. */
  terminate(call: Call, id: CloudId): Promise<void>;
}
