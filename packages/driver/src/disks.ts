import type { DiskState } from '@cloud-barista/model/disk';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { Call, CreateCall, PageCall } from './call.ts';

export interface DiskRequest {
  name: string;
  /** GiB; guaranteed within the limits of its type, where the driver tells its types. */
  sizeGb: number;
  /** Guaranteed one of the driver's, where it tells them; "" lets the driver choose (its first). */
  type: string;
  /** "" lets the driver choose: the connection's zone, else the cloud's choice. */
  zone: string;
}

export interface CloudDisk {
  id: CloudId;
  name: string;
  /** `Undefined` where the cloud says a word that the driver does not know. */
  state: DiskState;
  type: string;
  sizeGb: number;
  /** "" where disks span zones. */
  zone: string;
  /** "" while it is attached to none. */
  vm: CloudId | '';
  /** e.g. /dev/sdf; "" where the cloud does not say. */
  device: string;
  /** RFC 3339; "" where the cloud does not say. */
  created: string;
  /** The create's token, where the cloud's answer shows it. */
  token?: Token;
}

/** Data disks; VMs' own root disks, which come and go with them, are none and not listed. */
export interface Disks {
  /** Returns as soon as the cloud has taken the order: state Creating is usual. resource_exhausted: quota or capacity; nothing was made. */
  create(call: CreateCall, request: DiskRequest): Promise<CloudDisk>;
  list(call: PageCall): Promise<Page<CloudDisk>>;
  /** not_found where absent. */
  get(call: Call, id: CloudId): Promise<CloudDisk>;
  /** Succeeds where absent; failed_precondition while it is attached. */
  delete(call: Call, id: CloudId): Promise<void>;
  /**
   * To a VM that is Running or Suspended. Returns when the cloud has taken the order. Attaching to the VM that it is
   * attached to succeeds; failed_precondition where it is attached to another, or still being made. The disk stays when the VM is terminated.
   */
  attach(call: Call, id: CloudId, vm: CloudId): Promise<void>;
  /** Returns when the cloud has taken the order; succeeds where it is not attached to `vm`. */
  detach(call: Call, id: CloudId, vm: CloudId): Promise<void>;
  /** Guaranteed to grow. While attached: as the cloud allows, else failed_precondition. Capability disk.resize. */
  resize(call: Call, id: CloudId, sizeGb: number): Promise<void>;
}
