import type { CloudId } from '@cloud-barista/model/ids';
import type { Image } from '@cloud-barista/model/image';
import type { Page } from '@cloud-barista/model/schema';
import type { Call, PageCall } from './call.ts';

export interface Images {
  /**
   * The images that a VM can be started from, ordered by id, paged. `search`, where given, is a case-insensitive part of
   * the name: the driver narrows the cloud's answer by it as early as the cloud allows; the caller filters again.
   * The same list, read page by page, holds each image once.
   */
  list(call: PageCall, search?: string): Promise<Page<Image>>;
  /** not_found where the cloud has no such image. */
  get(call: Call, id: CloudId): Promise<Image>;
}
