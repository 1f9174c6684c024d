/** What cases say of a cloud's answers: the code of an error, a state that comes to be, a whole list read page by page. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PageCall } from '@cloud-barista/driver/call';
import type { Driver } from '@cloud-barista/driver/driver';
import type { BaristaError, ErrorCode } from '@cloud-barista/model/errors';
import type { Page } from '@cloud-barista/model/schema';
import { classified } from './road.ts';

/** The error that `deed` rejects with; fails unless its code is one of `codes`. */
export async function rejects(
  driver: Pick<Driver, 'name' | 'classify'>,
  deed: Promise<unknown>,
  ...codes: [ErrorCode, ...ErrorCode[]]
): Promise<BaristaError> {
  const error = await deed.then(
    answer =>
      assert.fail(
        `Must fail with ${codes.join(' or ')}, but answered ${JSON.stringify(answer)?.slice(0, 200)}`,
      ),
    (thrown: unknown) => classified(driver, thrown),
  );
  assert.ok(
    codes.includes(error.code),
    `Must fail with ${codes.join(' or ')}, not with ${error.code} (${error.vendorCode ?? ''}): ${error.message}`,
  );
  assert.ok(error.message !== '', 'an error says what happened');
  return error;
}

/** Asks until the answer is as wanted; fails after `timeoutMs` with the last answer. */
export async function until<T>(
  limits: { pollMs: number; timeoutMs: number },
  what: string,
  probe: () => Promise<T>,
  wanted: (answer: T) => boolean,
): Promise<T> {
  const end = Date.now() + limits.timeoutMs;
  for (;;) {
    const answer = await probe();
    if (wanted(answer)) return answer;
    if (Date.now() >= end)
      assert.fail(
        `Waited ${limits.timeoutMs} ms for ${what}; the last answer: ${JSON.stringify(answer)?.slice(0, 400)}`,
      );
    await sleep(limits.pollMs);
  }
}

export interface Walk<T> {
  items: T[];
  pages: number;
  /** False where the walk stopped at `maxPages`. */
  whole: boolean;
}

/** Reads a list page by page and checks what holds for each: no page over the limit, ordered by id, each item once, an end. */
export async function walk<T extends { id: string }>(
  list: (page: Pick<PageCall, 'limit' | 'cursor'>) => Promise<Page<T>>,
  limit: number,
  maxPages = 5000,
): Promise<Walk<T>> {
  const items: T[] = [];
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let pages = 1; pages <= maxPages; pages++) {
    const page = await list({ limit, ...(cursor !== undefined && { cursor }) });
    assert.ok(page.items.length <= limit, `a page of ${page.items.length} where at most ${limit} were asked`);
    for (const item of page.items) {
      const last = items.at(-1);
      assert.ok(
        last === undefined || last.id < item.id,
        `ordered by id, each once: ${item.id} comes after ${last?.id} (limit ${limit})`,
      );
      items.push(item);
    }
    if (page.next === undefined) return { items, pages, whole: true };
    assert.ok(page.next !== '' && !cursors.has(page.next), `the cursor ${page.next} leads round in a circle`);
    cursors.add(page.next);
    cursor = page.next;
  }
  return { items, pages: maxPages, whole: false };
}

const rings = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'];
function nextLetter(letter: string): string {
  const ring = rings.find(ring => ring.includes(letter)) ?? letter;
  return ring[(ring.indexOf(letter) + 1) % ring.length] ?? letter;
}

/** An id of the same form that (very likely) names nothing: the last three of its letters and digits moved on by one. */
export function strangerOf(id: string): string {
  let left = 3;
  let stranger = '';
  for (let at = id.length - 1; at >= 0; at--) {
    const letter = id.charAt(at);
    stranger = (/[0-9a-zA-Z]/.test(letter) && left-- > 0 ? nextLetter(letter) : letter) + stranger;
  }
  // A short id's neighbour may well be another resource: m1.small is `2` where m1.medium is `3`.
  return id.length < 6 ? `${stranger}${'9'.repeat(6 - id.length)}` : stranger;
}
