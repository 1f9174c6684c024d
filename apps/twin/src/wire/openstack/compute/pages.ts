/** Nova's pages: limit and marker, at most 1,000 (nova.conf [api] max_limit), with a link to the next. */
import type { Call } from '../call.ts';
import { badRequest } from '../errors.ts';

export const mostPerPage = 1000;

export interface Pages {
  limit: number;
  marker: string | undefined;
}

export function pagesOf(call: Call): Pages {
  const text = call.query.get('limit');
  if (text !== null && !/^\d+$/.test(text))
    throw badRequest(
      `Invalid input for query parameters limit. Value: ${text.slice(0, 64)}. '${text.slice(0, 64)}' does not match '^[0-9]*$'`,
    );
  const asked = text === null ? mostPerPage : Number(text);
  return { limit: Math.min(asked, mostPerPage), marker: call.query.get('marker') ?? undefined };
}

/** Rows behind the marker, and whether more follow. A marker that is not there is 400 in Nova. */
export function cut<T>(
  rows: readonly T[],
  { limit, marker }: Pages,
  idOf: (row: T) => string,
): { page: T[]; more: boolean } {
  let from = 0;
  if (marker !== undefined) {
    const at = rows.findIndex(row => idOf(row) === marker);
    if (at < 0) throw badRequest(`marker [${marker.slice(0, 64)}] not found`);
    from = at + 1;
  }
  const page = rows.slice(from, from + limit);
  return { page, more: limit > 0 && from + limit < rows.length };
}

export function nextLink(call: Call, path: string, last: string): { rel: 'next'; href: string }[] {
  const params = new URLSearchParams(call.query);
  params.set('marker', last);
  return [{ rel: 'next', href: `${call.endpoint}/v2.1${path}?${params.toString()}` }];
}
