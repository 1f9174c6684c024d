/**
 * What all backends hold a key and a transaction to, and the one order of keys. Keys are ordered as their UTF-8 is
 * (etcd and SQLite compare bytes), which JavaScript's `<` is not where surrogates meet U+E000 to U+FFFF.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Txn } from './store.ts';

/** etcd's limit on the operations of one transaction (`--max-txn-ops`). */
export const maxWrites = 128;
/** Keys and values of one transaction together, in bytes; below etcd's 1.5 MiB (`--max-request-bytes`). */
export const maxTxnBytes = 1 << 20;

const bad = (message: string, next: string) =>
  new BaristaError('invalid_argument', message, { where: 'store', next });

export function checkKey(key: string): void {
  if (key !== '' && !key.includes('\0') && key.isWellFormed()) return;
  throw bad(
    `The store key ${JSON.stringify(key.slice(0, 200))} can't be stored.`,
    'Use a key that is not empty, has no NUL and no half of a surrogate pair.',
  );
}

/** Bytes of UTF-8, counted only where the text is long enough to matter. */
export const sizeOf = (text: string): number => (text.length < 256 ? text.length : Buffer.byteLength(text));

/** Throws invalid_argument for what not every backend could do; returns its size in bytes. */
export function checkTxn(txn: Txn): number {
  const seen = new Set<string>();
  let bytes = 0;
  for (const write of txn.then) {
    const key = 'put' in write ? write.put : write.delete;
    checkKey(key);
    if (seen.has(key))
      throw bad(`A transaction writes the key ${JSON.stringify(key)} twice.`, 'Write each key at most once.');
    seen.add(key);
    bytes += sizeOf(key);
    if (!('put' in write)) continue;
    if (!write.value.isWellFormed())
      throw bad(
        `The value of ${JSON.stringify(key)} has half of a surrogate pair.`,
        'Store well-formed text.',
      );
    bytes += sizeOf(write.value);
  }
  for (const compare of txn.if ?? []) checkKey(compare.key);
  if (seen.size > maxWrites || (txn.if?.length ?? 0) > maxWrites)
    throw bad(
      `A transaction of ${seen.size} writes is too large.`,
      `Write at most ${maxWrites} keys in one.`,
    );
  if (bytes > maxTxnBytes)
    throw bad(
      `A transaction of ${bytes} bytes is too large${seen.size === 1 ? ` (key ${JSON.stringify([...seen][0])})` : ''}.`,
      `Store at most ${maxTxnBytes} bytes in one.`,
    );
  return bytes;
}

const exotic = /[\ud800-\uffff]/;

/** A text that `<` orders as the key's UTF-8 is ordered: the surrogates moved behind U+FFFF (Unicode's code point order fix-up). */
export function rank(key: string): string {
  if (!exotic.test(key)) return key;
  let text = '';
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    text += String.fromCharCode(unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);
  }
  return text;
}

/** The first text behind all that start with `prefix`; undefined where there is none. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, character => character.codePointAt(0) ?? 0);
  for (let point = points.pop(); point !== undefined; point = points.pop()) {
    if (point === 0x10ffff) continue;
    return String.fromCodePoint(...points, point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
}

/** Any text as one segment of a path: no slash, and two texts never the same. */
export const segment = (text: string): string => encodeURIComponent(text);
