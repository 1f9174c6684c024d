/**
 * For drivers' authors. Lists as the contract wants them – ordered by id, each once – over a cloud that pages in no order. The first page reads
 * the whole list and sorts it; the pages behind it are cut from that copy, which is kept for a minute. A cursor
 * names the copy and the last id given, so that reading goes on rightly from a new copy when the old one is gone.
 */
import type { PageCall } from './call.ts';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Page } from '@cloud-barista/model/schema';

const keptMs = 60_000;
const keptCopies = 8;

interface Copy {
  kind: string;
  items: readonly { id: string }[];
  read: number;
}

export interface Listings {
  /** `kind` names what is listed (and by which search), so that a cursor of one list opens no other. */
  page<Item extends { id: string }>(
    kind: string,
    call: PageCall,
    read: () => Promise<Item[]>,
  ): Promise<Page<Item>>;
}

export function createListings(now: () => number = () => performance.now()): Listings {
  const copies = new Map<number, Copy>();
  let numbers = 0;

  function keep(copy: Copy): number {
    for (const [number, { read }] of copies) if (now() - read > keptMs) copies.delete(number);
    for (const number of copies.keys()) if (copies.size >= keptCopies) copies.delete(number);
    copies.set(++numbers, copy);
    return numbers;
  }

  return {
    async page<Item extends { id: string }>(kind: string, call: PageCall, read: () => Promise<Item[]>) {
      const after = call.cursor === undefined ? undefined : parse(call.cursor);
      let number = after?.number ?? 0;
      const copy = copies.get(number);
      let items = copy?.kind === kind ? (copy.items as readonly Item[]) : undefined;
      if (items === undefined) {
        items = (await read()).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
        number = 0;
      }
      const start = after === undefined ? 0 : firstBehind(items, after.id);
      const end = start + call.limit;
      const page = items.slice(start, end);
      const last = page.at(-1);
      if (last === undefined || end >= items.length) {
        copies.delete(number);
        return { items: page };
      }
      number ||= keep({ kind, items, read: now() });
      return { items: page, next: `${number}~${last.id}` };
    },
  };
}

function parse(cursor: string): { number: number; id: string } {
  const match = /^(\d+)~(.+)$/.exec(cursor);
  if (!match)
    throw new BaristaError('invalid_argument', 'The cursor is not one of this list.', {
      next: 'Read the list again from its beginning.',
      where: 'cursor',
    });
  return { number: Number(match[1]), id: match[2] ?? '' };
}

/** The index of the first item whose id comes after `id`. */
function firstBehind(items: readonly { id: string }[], id: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.id ?? '') > id) high = middle;
    else low = middle + 1;
  }
  return low;
}
