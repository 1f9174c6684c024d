/** Lists in pages: `value`, and `nextLink`, the whole address of the next page. Source: ARM docs, "Request paging". */
import { ok, type Call, type Reply } from './call.ts';
import { badRequest } from './errors.ts';

export const pageSize = 500;

/** `items` in the order of `n`. */
export function page<T extends { readonly n: number }>(
  call: Call,
  items: readonly T[],
  view: (item: T) => unknown,
  { top = false }: { top?: boolean } = {},
): Reply {
  const { query } = call;
  const token = query.get('$skiptoken');
  const after = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isSafeInteger(after))
    throw badRequest('InvalidSkipToken', `The $skipToken '${(token ?? '').slice(0, 100)}' is not valid.`);
  const asked = query.get('$top');
  if (asked !== undefined && !/^[1-9]\d{0,5}$/.test(asked))
    throw badRequest(
      'InvalidTopParameter',
      `The value '${asked}' of $top is not valid: it is a positive number.`,
    );
  const size = top && asked !== undefined ? Math.min(Number(asked), 1000) : pageSize;
  let from = 0;
  // Binary search: the first item behind the token.
  for (let high = items.length; from < high; ) {
    const middle = (from + high) >> 1;
    if ((items[middle]?.n ?? Infinity) > after) high = middle;
    else from = middle + 1;
  }
  const part = items.slice(from, from + size);
  const last = part.at(-1);
  const value = part.map(view);
  if (from + size >= items.length || !last) return ok({ value });
  const next = new URLSearchParams([...query].filter(([name]) => name !== '$skiptoken'));
  next.set('$skiptoken', Buffer.from(String(last.n)).toString('base64url'));
  return ok({ value, nextLink: `${call.root}${call.path}?${next.toString()}` });
}
