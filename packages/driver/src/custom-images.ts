import type { CustomImageState } from '@cloud-barista/model/custom-image';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { Call, CreateCall, PageCall } from './call.ts';

export interface CustomImageRequest {
  name: string;
  /** Guaranteed Running or Suspended. */
  vm: CloudId;
}

export interface CloudCustomImage {
  /** What `vms.create` takes as `image`, and `images.get` knows. */
  id: CloudId;
  name: string;
  state: CustomImageState;
  /** GiB; 0 where the cloud does not say. */
  sizeGb: number;
  /** RFC 3339; "" where the cloud does not say. */
  created: string;
  /** The create's token, where the cloud's answer shows it. */
  token?: Token;
}

/** Images that the account made of its own VMs. */
export interface CustomImages {
  /**
   * Of the VM's root disk as it is. The VM stays usable and ends in the state it had, though it may pause or reboot on the way.
   * Returns as soon as the cloud has taken the order. What the cloud makes beside the image (snapshots) belongs to it: `delete` removes that too.
   */
  create(call: CreateCall, request: CustomImageRequest): Promise<CloudCustomImage>;
  list(call: PageCall): Promise<Page<CloudCustomImage>>;
  /** not_found where absent. */
  get(call: Call, id: CloudId): Promise<CloudCustomImage>;
  /** Succeeds where absent. VMs made of it stay. */
  delete(call: Call, id: CloudId): Promise<void>;
}
