/** A cloud's list, read to its end. */
import type { PageCall } from '@cloud-barista/driver/call';
import type { Page } from '@cloud-barista/model/schema';
import { guarded } from './clouds.ts';
import type { OpenCloud } from './context.ts';

export async function readWhole<T>(
  open: OpenCloud,
  list: (part: PageCall) => Promise<Page<T>>,
  signal: AbortSignal,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await guarded(open, () =>
      list({ signal, limit: 1000, ...(cursor !== undefined && { cursor }) }),
    );
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return items;
}
