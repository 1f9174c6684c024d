import type { CloudId } from '@cloud-barista/model/ids';
import type { Price } from '@cloud-barista/model/spec';
import type { Call } from './call.ts';

export interface CloudPrice extends Price {
  spec: CloudId;
}

export interface Prices {
  /**
   * On-demand prices for Linux in this region of these specs, in any order; those that the cloud names no price for are left out. A
   * cloud that answers in bulk may give more than was asked for, and callers keep it; where each spec costs a request, callers ask for few.
   */
  get(call: Call, specs: readonly CloudId[]): Promise<CloudPrice[]>;
}
