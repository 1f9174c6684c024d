/** VM states as fresh as can be had without making the reader wait for a cloud that does not answer. */
import { refreshVms, watchOf } from '@cloud-barista/spider/vm-states';
import type { Tumblebug } from './tumblebug.ts';

const freshMs = 5000;
/** A reader waits so long for a cloud; the readers of the next seconds hardly. */
const patienceMs = 5000;
const silentMs = 10_000;
const silentPatienceMs = 250;

async function refresh(bug: Tumblebug, connection: string): Promise<boolean> {
  const { spider, silent } = bug;
  const isFresh = () => spider.now() - watchOf(spider, connection).refreshedAt <= freshMs;
  if (isFresh()) return true;
  const asking = refreshVms(spider, connection, { maxAgeMs: freshMs }).then(
    () => silent.delete(connection),
    () => void silent.set(connection, bug.now()),
  );
  const since = silent.get(connection);
  const wasSilent = since !== undefined && bug.now() - since < silentMs;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => {
      if (!wasSilent) silent.set(connection, bug.now());
      late.resolve();
    },
    wasSilent ? silentPatienceMs : patienceMs,
  );
  await Promise.race([asking, late.promise]).finally(() => clearTimeout(timer));
  return isFresh();
}

/** Refreshes what is known of the VMs of these connections; names those whose cloud did not answer, whose VMs stand as last seen. */
export async function refreshed(bug: Tumblebug, connections: Iterable<string>): Promise<string[]> {
  const names = [...connections];
  const fresh = await Promise.all(names.map(connection => refresh(bug, connection)));
  return names.filter((_, i) => fresh[i] !== true).sort();
}
