/**
 * What specs cost, asked of the cloud once a day. A price is news about a spec, never a condition for using it: where it can't be had, the
 * spec is shown without.
 */
import { cloudId } from '@cloud-barista/model/ids';
import type { Price, Spec } from '@cloud-barista/model/spec';
import { cloudOf, guarded } from './clouds.ts';
import type { Spider } from './context.ts';
import { raced } from './signals.ts';

export interface PriceShelf {
  prices: Map<string, Price>;
  /** Spec to the time (milliseconds since 1970) at which its price was asked for. */
  asked: Map<string, number>;
  reading: Promise<void> | undefined;
}

const ttlMs = 24 * 3_600_000;
/** After a cloud that could not tell. */
const retryMs = 60_000;
const readingMs = 60_000;

/** The specs with their prices, as far as they can be had in `patienceMs`; what comes later is there for the next who asks. */
export async function priced(
  spider: Spider,
  connection: string,
  specs: readonly Spec[],
  call: { signal: AbortSignal },
  patienceMs = 10_000,
): Promise<Spec[]> {
  const open = await cloudOf(spider, connection, call.signal);
  const { prices } = open.cloud;
  if (!prices) return [...specs];
  let shelf = spider.prices.get(connection);
  if (!shelf)
    spider.prices.set(connection, (shelf = { prices: new Map(), asked: new Map(), reading: undefined }));
  const patience = AbortSignal.any([call.signal, AbortSignal.timeout(patienceMs)]);
  const mine = shelf;
  const missing = () =>
    specs
      .filter(spec => spider.now() - (mine.asked.get(spec.id) ?? -Infinity) > ttlMs)
      .map(spec => cloudId(spec.id));
  try {
    // One reading at a time: it may well bring what the next was to ask for.
    while (mine.reading) await raced(mine.reading, patience);
    const ids = missing();
    if (ids.length === 0) spider.calls.saved(connection, 'price');
    else {
      const signal = AbortSignal.any([spider.signal, AbortSignal.timeout(readingMs)]);
      mine.reading = guarded(open, () => prices.get({ signal }, ids))
        .then(
          answer => {
            const now = spider.now();
            for (const { spec, hourly, currency } of answer) {
              mine.prices.set(spec, { hourly, currency });
              mine.asked.set(spec, now);
            }
            for (const id of ids) mine.asked.set(id, now);
          },
          (error: unknown) => {
            for (const id of ids) mine.asked.set(id, spider.now() - ttlMs + retryMs);
            spider.log({
              level: 'warn',
              message: 'The prices could not be read.',
              connection,
              error: String(error),
            });
          },
        )
        .finally(() => void (mine.reading = undefined));
      await raced(mine.reading, patience);
    }
  } catch (error) {
    if (call.signal.aborted) throw error;
  }
  return specs.map(spec => {
    const price = mine.prices.get(spec.id);
    return price ? { ...spec, price } : spec;
  });
}
