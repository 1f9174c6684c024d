/**
 * Upstream's names and ours. A name that can be ours is ours, on both APIs. Any other (upper case, underscores, dots, a digit
 * in front, more than 63 characters) becomes a readable part and ten letters of its digest: a function of the name alone, so that it
 * is found again without a look-up. What the digest stands for is kept in one dictionary beside the records, and every answer
 * of this API shows the name as it was given.
 */
import { createHash } from 'node:crypto';
import { BaristaError } from '@cloud-barista/model/errors';
import { isName } from '@cloud-barista/model/names';
import type { Spider } from '@cloud-barista/spider/context';

const dictionary = '/spider/upstream/names/';
const letters = 'abcdefghijklmnopqrstuvwxyz234567';
const digestLetters = 10;
const longest = 512;
const inText = /\b[a-z][a-z0-9-]*-[a-z2-7]{10}\b/g;

function digest(text: string): string {
  let word = '';
  for (const byte of createHash('sha256').update(text).digest().subarray(0, digestLetters))
    word += letters[byte & 31];
  return word;
}

/** The last ones asked for, both ways: a digest costs more than all else of a read, and an error may name what was never made. */
const recent = { ours: new Map<string, string>(), theirs: new Map<string, string>() };
const most = 4096;

function remember(name: string, own: string): void {
  if (recent.ours.size >= most) {
    recent.ours.clear();
    recent.theirs.clear();
  }
  recent.ours.set(name, own);
  recent.theirs.set(own, name);
}

/** Our name for what upstream calls `name`. */
export function ours(name: string): string {
  if (isName(name)) return name;
  const known = recent.ours.get(name);
  if (known !== undefined) return known;
  const made = inOurs(name);
  if (name.length <= longest) remember(name, made);
  return made;
}

function inOurs(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 50)
    .replace(/-+$/, '');
  return `${plain === '' ? 'n' : plain}-${digest(name)}`;
}

/** As `ours`, for what is about to be made: the name can be shown again. */
export async function taken(spider: Spider, name: string): Promise<string> {
  if (isName(name)) return name;
  if (name.length > longest)
    throw new BaristaError('invalid_argument', `A name has at most ${longest} characters.`, {
      where: 'Name',
    });
  const own = ours(name);
  const key = dictionary + own;
  if (!spider.mirror.get(key)) await spider.mirror.commit({ put: [{ key, value: { name } }] });
  return own;
}

/** As upstream's client gave it; our own where it was made here. */
export function theirs(spider: Spider, own: string): string {
  return spider.mirror.get<{ name: string }>(dictionary + own)?.value.name ?? recent.theirs.get(own) ?? own;
}

/** A text of ours that speaks of resources, with their names as upstream's client knows them. */
export const inTheirWords = (spider: Spider, text: string): string =>
  text.replaceAll(inText, word => theirs(spider, word));
