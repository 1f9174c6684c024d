/**
 * A collection of one kind, ordered by id and paged. Ids are numbered upwards, so adding is appending and the order needs no sorting;
 * a cursor is the last id of the page before, so a page costs a binary search wherever it begins.
 */
import type { PageCall } from '@cloud-barista/driver/call';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import { MemoryCloudError } from './errors.ts';

export interface Shelf<T extends { id: CloudId }> {
  readonly size: number;
  nextId(): CloudId;
  /** Ids must be added in the order in which `nextId` gave them, or as they stand in a fixed list. */
  add(item: T): void;
  get(id: string): T | undefined;
  delete(id: CloudId): void;
  values(): IterableIterator<T>;
  page<View>(
    call: Pick<PageCall, 'limit' | 'cursor'>,
    view: (item: T) => View,
    wanted?: (item: T) => boolean,
  ): Page<View>;
}

const encode = (id: string): string => Buffer.from(`after ${id}`).toString('base64url');
function decode(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith('after '))
    throw new MemoryCloudError('InvalidCursor', 'The cursor is none of this list.');
  return text.slice('after '.length);
}

export function createShelf<T extends { id: CloudId }>(prefix: string): Shelf<T> {
  const byId = new Map<string, T>();
  const ordered: T[] = [];
  let last = 0;

  /** The place of the first item whose id is above `id`. */
  function above(id: string): number {
    let low = 0;
    let high = ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ordered[middle]?.id ?? '') <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    get size() {
      return byId.size;
    },
    nextId: () => cloudId(`${prefix}-${(++last).toString(16).padStart(10, '0')}`),
    add(item) {
      byId.set(item.id, item);
      ordered.push(item);
    },
    get: id => byId.get(id),
    delete(id) {
      if (byId.delete(id)) ordered.splice(above(id) - 1, 1);
    },
    values: () => byId.values(),
    page({ limit, cursor }, view, wanted = () => true) {
      const items: ReturnType<typeof view>[] = [];
      let lastId = '';
      let at = cursor === undefined ? 0 : above(decode(cursor));
      for (; at < ordered.length; at++) {
        const item = ordered[at];
        if (item === undefined || !wanted(item)) continue;
        // One more than the page holds: there is a next page, and it is not empty.
        if (items.length === limit) return { items, next: encode(lastId) };
        items.push(view(item));
        lastId = item.id;
      }
      return { items };
    },
  };
}
