/**
 * Seeded chance. Each draw is a function of the seed, a stream's name and the how-manieth draw of that stream it is, so that a
 * run can be replayed whatever order concurrent calls of other streams come in.
 */
import { createHash } from 'node:crypto';

export interface Random {
  /** The next number of `stream`, 0 ≤ x < 1. */
  next(stream: string): number;
  /** A hex id of `digits` digits. */
  hex(stream: string, digits: number): string;
  /** An RFC 9562 version 4 form UUID. */
  uuid(stream: string): string;
}

export function seededRandom(seed: string): Random {
  const drawn = new Map<string, number>();
  const digest = (stream: string): Buffer => {
    const n = drawn.get(stream) ?? 0;
    drawn.set(stream, n + 1);
    return createHash('sha256').update(`${seed}\0${stream}\0${n}`).digest();
  };
  return {
    next: stream => digest(stream).readUIntBE(0, 6) / 2 ** 48,
    hex: (stream, digits) => digest(stream).toString('hex').slice(0, digits),
    uuid: stream => {
      const h = digest(stream).toString('hex');
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
    },
  };
}
