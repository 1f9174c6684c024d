/** For drivers' authors: what all clouds' errors have in common. Each driver's own table of codes is in its `errors.ts`. */
import { hasCode } from '@cloud-barista/model/errors';

/** undefined where the cloud says `not_found`. */
export async function orAbsent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (hasCode(error, 'not_found')) return undefined;
    throw error;
  }
}

/** `Retry-After` as seconds or as a date (RFC 9110, 10.2.3), in milliseconds from `now`; undefined where it is neither. */
export function retryAfter(header: string | undefined, now: number = Date.now()): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Tags out, white space together, not longer than a paragraph: what stands in front of an API may answer in HTML. */
export const plainText = (text: string): string =>
  text
    .replace(/<(style|script|title)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500);
