/** IPv4 blocks: parse, contain, overlap, cut. Source: RFC 4632 (CIDR), RFC 1918 (private blocks). */
import { BaristaError } from './errors.ts';

export interface Cidr {
  /** The network address as an unsigned 32-bit number. */
  base: number;
  /** 0 to 32. */
  prefix: number;
}

const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const addressRegExp = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}$`);
const prefixLength = '(3[0-2]|[12]?\\d)';
const prefixRegExp = new RegExp(`^${prefixLength}$`);
export const cidrPattern = `^(${octet}\\.){3}${octet}/${prefixLength}$`;

export const cidrSize = (cidr: Cidr): number => 2 ** (32 - cidr.prefix);

/** `10.0.0.1` as an unsigned number, or undefined. */
export function parseAddress(text: string): number | undefined {
  const match = addressRegExp.exec(text);
  if (!match) return undefined;
  return match.slice(1, 5).reduce((sum, part) => sum * 256 + Number(part), 0);
}

export const formatAddress = (value: number): string =>
  [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.');

export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr.base)}/${cidr.prefix}`;

/** Undefined where `text` is no block, or has bits set behind its prefix (`10.0.0.1/8`). */
export function tryCidr(text: string): Cidr | undefined {
  const [address, length, rest] = text.split('/');
  if (address === undefined || length === undefined || rest !== undefined || !prefixRegExp.test(length))
    return undefined;
  const base = parseAddress(address);
  const prefix = Number(length);
  if (base === undefined) return undefined;
  return base % 2 ** (32 - prefix) === 0 ? { base, prefix } : undefined;
}

/** Throws invalid_argument, naming the block that was probably meant. */
export function parseCidr(text: string, where = 'cidr'): Cidr {
  const cidr = tryCidr(text);
  if (cidr) return cidr;
  const [address = '', length = ''] = text.split('/');
  const base = parseAddress(address);
  const prefix = Number(length || '32');
  const meant =
    base !== undefined && prefix >= 0 && prefix <= 32
      ? `Did you mean ${formatCidr({ base: base - (base % 2 ** (32 - prefix)), prefix })}?`
      : 'Write it as ADDRESS/PREFIX, e.g. 10.0.0.0/16.';
  throw new BaristaError('invalid_argument', `${JSON.stringify(text.slice(0, 64))} is not an IPv4 block.`, {
    next: meant,
    where,
  });
}

export const contains = (outer: Cidr, inner: Cidr): boolean =>
  inner.prefix >= outer.prefix && inner.base >= outer.base && inner.base < outer.base + cidrSize(outer);

export const overlaps = (a: Cidr, b: Cidr): boolean => contains(a, b) || contains(b, a);

/** The first block of `prefix` inside `outer` that overlaps none of `taken`, or undefined when it is full. */
export function nextFree(outer: Cidr, prefix: number, taken: readonly Cidr[]): Cidr | undefined {
  const step = 2 ** (32 - prefix);
  const end = outer.base + cidrSize(outer);
  let base = outer.base;
  while (base + step <= end) {
    const hit = taken.find(block => overlaps(block, { base, prefix }));
    if (!hit) return { base, prefix };
    // Jump behind the block in the way, to the next multiple of our own size.
    base = Math.max(base + step, Math.ceil((hit.base + cidrSize(hit)) / step) * step);
  }
  return undefined;
}
