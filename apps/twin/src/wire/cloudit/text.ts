/** Small spellings: times, ids by hash, MAC addresses. */
import { createHash } from 'node:crypto';

/** 2020-05-21 04:12:33, in UTC: the public driver makes RFC 3339 of it by a T and a Z. */
export const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** What exists in every tenant has the same id after each start: an RFC 9562 form by hash. */
export function stableUuid(text: string): string {
  const h = createHash('sha256').update(`cloudit/${text}`).digest('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
}

/** 52:54:00 is QEMU's prefix. */
export function macOf(text: string): string {
  const h = createHash('sha256').update(`cloudit/mac/${text}`).digest('hex');
  return `52:54:00:${h.slice(0, 2)}:${h.slice(2, 4)}:${h.slice(4, 6)}`;
}
