/**
 * A set of texts in order: sorted blocks of at most 512, so that adding one among a million moves a few hundred
 * places and a prefix is found by two binary searches.
 */

const blockSize = 512;

export interface SortedSet {
  readonly size: number;
  /** `text` must not be in it. */
  add(text: string): void;
  delete(text: string): void;
  /** From `start` (inclusive) to `end` (exclusive; undefined: to the last). */
  range(start: string, end: string | undefined): Iterable<string>;
  count(start: string, end: string | undefined): number;
}

/** The index of the first of `length` places for which `behind` holds. */
export function search(length: number, behind: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (behind(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function sortedSet(): SortedSet {
  const blocks: string[][] = [];
  let size = 0;

  /** Where `text` stands, or would: the first block whose last is not before it, and the place in it. */
  function find(text: string): { at: number; index: number } {
    const at = search(blocks.length, index => (blocks[index]?.at(-1) ?? '') >= text);
    const block = blocks[at] ?? [];
    return { at, index: search(block.length, index => (block[index] ?? '') >= text) };
  }

  return {
    get size() {
      return size;
    },
    add(text) {
      size++;
      let { at, index } = find(text);
      if (at === blocks.length && at > 0) index = (blocks[--at] ?? []).length;
      const block = blocks[at];
      if (!block) {
        blocks.push([text]);
        return;
      }
      block.splice(index, 0, text);
      if (block.length <= blockSize) return;
      // Keys mostly come in order: leave a full block behind instead of two half ones.
      const cut =
        at === blocks.length - 1 && index === block.length - 1 ? block.length - 1 : block.length >>> 1;
      blocks.splice(at + 1, 0, block.splice(cut));
    },
    delete(text) {
      const { at, index } = find(text);
      const block = blocks[at];
      if (block?.[index] !== text) return;
      size--;
      block.splice(index, 1);
      if (block.length === 0) blocks.splice(at, 1);
    },
    *range(start, end) {
      let { at, index } = find(start);
      for (let block = blocks[at]; block; block = blocks[++at], index = 0)
        for (; index < block.length; index++) {
          const text = block[index] ?? '';
          if (end !== undefined && text >= end) return;
          yield text;
        }
    },
    count(start, end) {
      const from = find(start);
      const to = end === undefined ? { at: blocks.length, index: 0 } : find(end);
      if (to.at < from.at || (to.at === from.at && to.index < from.index)) return 0;
      let total = to.index - from.index;
      for (let at = from.at; at < to.at; at++) total += blocks[at]?.length ?? 0;
      return total;
    },
  };
}
