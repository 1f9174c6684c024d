/**
 * Blocks: the networks of one namespace never overlap, so that its VMs can be joined later. Which block is whose stands in
 * one record a namespace, changed by compare-and-set together with the MCIS that takes it. Every transaction that makes an
 * MCIS writes that record, so a namespace that is being deleted sees it change.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import { cidrSize, contains, formatCidr, parseCidr, type Cidr } from '@cloud-barista/model/cidr';
import type { Store, Write } from '@cloud-barista/store/store';
import type { NetworkPlan } from './records.ts';

/** Each network has 4,091 addresses for VMs; 10.0.0.0/8 holds 4,096 such networks. */
export const networkPrefix = 20;
/** AWS keeps five of each subnet for itself ("Subnet sizing" in its VPC guide), OpenStack fewer. */
export const networkRoom = 2 ** (32 - networkPrefix) - 5;
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
export const writeBlocks = (namespace: string, taken: Blocks['taken']): Write => ({
  put: blocksKey(namespace),
  value: JSON.stringify({ taken } satisfies Blocks),
});

export async function readBlocks(
  store: Store,
  namespace: string,
): Promise<{ taken: Blocks['taken']; revision: number }> {
  const entry = await store.get(blocksKey(namespace));
  return entry
    ? { taken: (JSON.parse(entry.value) as Blocks).taken, revision: entry.revision }
    : { taken: {}, revision: 0 };
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

/** The lowest free block for each owner, beside those taken. resource_exhausted when the range is full. One sweep, however many are taken. */
export function takeBlocks(
  range: Cidr,
  taken: readonly string[],
  owners: readonly string[],
): Map<string, string> {
  const used = taken.map(text => parseCidr(text)).sort((a, b) => a.base - b.base);
  const size = cidrSize({ base: 0, prefix: networkPrefix });
  const found = new Map<string, string>();
  let at = 0;
  let { base } = range;
  for (const owner of owners) {
    for (let block = used[at]; block && block.base < base + size; block = used[++at])
      if (block.base + cidrSize(block) > base) base = Math.ceil((block.base + cidrSize(block)) / size) * size;
    if (base + size > range.base + cidrSize(range))
      throw new BaristaError(
        'resource_exhausted',
        `${formatCidr(range)} has no free /${networkPrefix} left for ${owner}.`,
        {
          where: 'cidr',
          next: 'Give a larger cidr, or delete MCISes of this namespace.',
        },
      );
    found.set(owner, formatCidr({ base, prefix: networkPrefix }));
    base += size;
  }
  return found;
}

/** Where networks may lie: the range, and the blocks in it that are no free ones though nobody here took them (of VPCs that were found). */
export interface Room {
  range: string;
  avoid: readonly string[];
}

/** The networks, each that is to be made with a block; and what is taken then. */
export function giveBlocks(
  mcis: string,
  networks: readonly NetworkPlan[],
  room: Room,
  taken: Blocks['taken'],
): { networks: NetworkPlan[]; taken: Blocks['taken'] } {
  const lacking = networks.filter(network => network.vpc !== '' && network.cidr === '');
  const found = takeBlocks(
    parseCidr(room.range),
    [...Object.keys(taken), ...room.avoid],
    lacking.map(network => network.connection),
  );
  const given = networks.map(network => ({
    ...network,
    cidr: network.cidr || (found.get(network.connection) ?? ''),
  }));
  const mine = given.filter(network => network.cidr !== '');
  return {
    networks: given,
    taken: {
      ...taken,
      ...Object.fromEntries(mine.map(({ cidr, connection }) => [cidr, `${mcis}/${connection}`])),
    },
  };
}

/** What is left when an MCIS gives back its blocks; with `keep`, but those. */
export const withoutBlocks = (
  taken: Blocks['taken'],
  mcis: string,
  keep: ReadonlySet<string> = new Set(),
): Blocks['taken'] =>
  Object.fromEntries(
    Object.entries(taken).filter(([cidr, owner]) => !owner.startsWith(`${mcis}/`) || keep.has(cidr)),
  );
