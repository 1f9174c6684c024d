/** At most `width` deeds at once, the rest in order of arrival. */
export function queue(width: number): <T>(deed: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async deed => {
    if (running >= width) await new Promise<void>(resolve => waiting.push(resolve));
    else running++;
    try {
      return await deed();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
