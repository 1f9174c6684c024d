/**
 * The installation's mark: the first letters of every token that it gives out. What stands in a cloud with such a token was made here,
 * by whichever server of the installation, and by no other installation that works in the same account.
 */
import { newSuffix, type Token } from '@cloud-barista/model/ids';
import type { Store } from '@cloud-barista/store/store';

const key = '/spider/installation';
const length = 6;

/** The installation that gave a token out; "" where there is none, or it is none of ours. */
export const makerOf = (token: Token | undefined): string =>
  new RegExp(`^tok_([a-z2-9]{${length}})`).exec(token ?? '')?.[1] ?? '';

export async function installationOf(store: Store): Promise<string> {
  for (;;) {
    const entry = await store.get(key);
    if (entry) return (JSON.parse(entry.value) as { id: string }).id;
    const id = newSuffix(length);
    const made = await store.txn({
      if: [{ key, revision: 0 }],
      then: [{ put: key, value: JSON.stringify({ id }) }],
    });
    if (made.ok) return id;
  }
}
