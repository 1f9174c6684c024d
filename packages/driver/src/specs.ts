import type { CloudId } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { Spec } from '@cloud-barista/model/spec';
import type { Call, PageCall } from './call.ts';

export interface Specs {
  /** The sizes that this region (and zone, where one is set) offers, ordered by id, paged. */
  list(call: PageCall): Promise<Page<Spec>>;
  /** not_found where the region does not offer it. */
  get(call: Call, id: CloudId): Promise<Spec>;
}
