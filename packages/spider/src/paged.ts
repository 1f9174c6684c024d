/** Pages of a sorted list that stands in memory. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Page } from '@cloud-barista/model/schema';

export interface PageOptions {
  cursor?: string | undefined;
  limit?: number | undefined;
}

/** `sorted` is in ascending order of `keyOf`, which is the cursor: items may come and go between pages. */
export function paged<T>(
  sorted: readonly T[],
  keyOf: (item: T) => string,
  { cursor, limit = 100 }: PageOptions,
): Page<T> {
  let from = 0;
  if (cursor !== undefined) {
    let to = sorted.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (keyOf(sorted[middle] as T) > cursor) to = middle;
      else from = middle + 1;
    }
  }
  const items = sorted.slice(from, from + limit);
  const last = items.at(-1);
  return last !== undefined && from + limit < sorted.length ? { items, next: keyOf(last) } : { items };
}

/** For lists that are not in the order of a key and do not change under the reader: the cursor is the place. */
export function pagedByPlace<T>(list: readonly T[], { cursor, limit = 100 }: PageOptions): Page<T> {
  const from = cursor === undefined ? 0 : Number(cursor);
  if (!Number.isInteger(from) || from < 0)
    throw new BaristaError(
      'invalid_argument',
      `${JSON.stringify(String(cursor).slice(0, 40))} is no cursor of this list.`,
      {
        next: 'Use the `next` of the page before.',
        where: 'cursor',
      },
    );
  const items = list.slice(from, from + limit);
  return from + limit < list.length ? { items, next: String(from + limit) } : { items };
}
