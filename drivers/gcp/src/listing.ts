/**
 * Lists as the contract wants them – ordered by id, each once, any page size – over lists that come from several places and in no
 * order. The first page reads all and sorts it; those behind it are cut from that copy, kept for a minute. A cursor names the copy
 * and the last id given, so that reading goes on rightly from a new copy when the old one is gone.
 */
import type { PageCall } from '@cloud-barista/driver/call';
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
    for (const [number, { read }] of copies)
      if (now() - read > keptMs || copies.size >= keptCopies) copies.delete(number);
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
      const found = after === undefined ? 0 : items.findIndex(item => item.id > after.id);
      const start = found < 0 ? items.length : found;
      const page = items.slice(start, start + call.limit);
      const last = page.at(-1);
      if (last === undefined || start + call.limit >= items.length) {
        copies.delete(number);
        return { items: page };
      }
      number ||= keep({ kind, items, read: now() });
      return { items: page, next: `${number}~${last.id}` };
    },
  };
}

function parse(cursor: string): { number: number; id: string } {
  const [, number, id = ''] = /^(\d+)~(.+)$/.exec(cursor) ?? [];
  if (number === undefined)
    throw new BaristaError('invalid_argument', 'The cursor is not one of this list.', {
      next: 'Read the list again from its beginning.',
      where: 'cursor',
    });
  return { number: Number(number), id };
}
