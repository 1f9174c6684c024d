/** Lists as the contract wants them – ordered by id, paged – over lists that Azure gives in its own order. The cursor is the last id. */
import type { PageCall } from '@cloud-barista/driver/call';
import type { Page } from '@cloud-barista/model/schema';

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export function pageOf<T extends { id: string }>(everything: readonly T[], call: PageCall): Page<T> {
  const { cursor = '', limit } = call;
  const rest = everything.filter(item => item.id > cursor).sort(byId);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return last !== undefined && rest.length > limit ? { items, next: last.id } : { items };
}
