import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { Call, CreateCall, PageCall } from './call.ts';

export interface SubnetRequest {
  /** Guaranteed to fit the driver's name rule for subnets and unique in the VPC. */
  name: string;
  /** Guaranteed inside the VPC's block, overlapping no other subnet of the request. */
  cidr: string;
  /** "" lets the driver choose: the connection's zone, else the cloud's choice. */
  zone: string;
}
export interface VpcRequest {
  /** Guaranteed to fit the driver's name rule. */
  name: string;
  cidr: string;
  subnets: SubnetRequest[];
}
export interface CloudSubnet {
  id: CloudId;
  name: string;
  cidr: string;
  /** "" where subnets span zones. */
  zone: string;
}
export interface CloudVpc {
  id: CloudId;
  name: string;
  cidr: string;
  /** Ordered by name. */
  subnets: CloudSubnet[];
  /** The create's token, where the cloud's answer shows it. */
  token?: Token;
}

export interface Vpcs {
  /**
   * Makes the VPC, its subnets and all that a VM in it needs to reach the internet and be reached from it (gateway,
   * routes, router). Returns when VMs can be made in it. When it fails half way it leaves what stands: the caller either calls
   * again with the same token (`again: true`; the driver completes it) or finds it by `findMarked` and deletes it.
   */
  create(call: CreateCall, request: VpcRequest): Promise<CloudVpc>;
  list(call: PageCall): Promise<Page<CloudVpc>>;
  /** not_found where absent. */
  get(call: Call, id: CloudId): Promise<CloudVpc>;
  /**
   * Removes the VPC with all that `create` made for it. Succeeds where it is absent already.
   * failed_precondition where VMs or groups still use it.
   */
  delete(call: Call, id: CloudId): Promise<void>;
  addSubnet(call: CreateCall, vpc: CloudId, request: SubnetRequest): Promise<CloudSubnet>;
  /** Succeeds where it is absent already; failed_precondition while in use. */
  removeSubnet(call: Call, vpc: CloudId, subnet: CloudId): Promise<void>;
}
