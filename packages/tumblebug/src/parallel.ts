/** Work side by side, inside sagas: what it comes to must not depend on who was first. */

/** Runs `work` over `items`, at most `most` at once, begun in their order; all to their ends, then the first failure. */
export async function eachOf<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await settled(Array.from({ length: Math.min(most, items.length) }, lane));
}

/** All of them to their ends, then the first failure in their order. */
export async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
}
