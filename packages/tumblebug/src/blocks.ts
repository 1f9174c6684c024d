/**
 * Blocks: the networks of one namespace never overlap, so that its VMs can be joined later. Which block is whose stands in
 * one record a namespace, changed by compare-and-set together with the MCIS that takes it.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import { contains, formatCidr, nextFree, parseCidr, type Cidr } from '@cloud-barista/model/cidr';
import type { Store } from '@cloud-barista/store/store';

/** Each network has 4,091 addresses for VMs; 10.0.0.0/8 holds 4,096 such networks. */
export const networkPrefix = 20;
export const defaultRange = '10.0.0.0/8';
/** Clouds refuse or route away other blocks. Source: RFC 1918, RFC 6598. */
const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(text =>
  parseCidr(text),
);

export interface Blocks {
  /** Block → `<mcis>/<connection>` that has it. */
  taken: Record<string, string>;
}

export const blocksKey = (namespace: string): string => `/tumblebug/blocks/${namespace}`;

export async function readBlocks(
  store: Store,
  namespace: string,
): Promise<{ blocks: Blocks; revision: number }> {
  const entry = await store.get(blocksKey(namespace));
  return entry
    ? { blocks: JSON.parse(entry.value) as Blocks, revision: entry.revision }
    : { blocks: { taken: {} }, revision: 0 };
}

/** The user's range; invalid_argument where it is foreign (public) or too small. */
export function parseRange(text: string): Cidr {
  const range = parseCidr(text, 'cidr');
  if (!privateBlocks.some(block => contains(block, range)))
    throw new BaristaError('invalid_argument', `${text} is not a private block.`, {
      where: 'cidr',
      next: `Use a part of ${privateBlocks.map(formatCidr).join(', ')}.`,
    });
  if (range.prefix > networkPrefix)
    throw new BaristaError(
      'invalid_argument',
      `${text} is too small: each cloud's network takes a /${networkPrefix}.`,
      {
        where: 'cidr',
        next: `Use a /${networkPrefix} or larger.`,
      },
    );
  return range;
}

/** A free block for each owner, beside those taken. resource_exhausted when the range is full. */
export function takeBlocks(
  range: Cidr,
  taken: readonly string[],
  owners: readonly string[],
): Map<string, string> {
  const used = taken.map(text => parseCidr(text));
  const found = new Map<string, string>();
  for (const owner of owners) {
    const block = nextFree(range, networkPrefix, used);
    if (!block)
      throw new BaristaError(
        'resource_exhausted',
        `${formatCidr(range)} has no free /${networkPrefix} left for ${owner}.`,
        {
          where: 'cidr',
          next: 'Give a larger cidr, or delete MCISes of this namespace.',
        },
      );
    used.push(block);
    found.set(owner, formatCidr(block));
  }
  return found;
}
