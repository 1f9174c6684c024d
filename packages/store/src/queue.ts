/** A queue between one writer and one reader: bounded, so that a reader that lags can't make memory grow. */

export interface Queue<T> {
  readonly push: (item: T) => void;
  /** The reader gets what is queued, then the end. */
  readonly end: () => void;
  /** The reader gets the end now. */
  readonly stop: () => void;
  /** The reader gets the error now. */
  readonly fail: (error: unknown) => void;
  /** Undefined at the end. One reader at a time. */
  take(): Promise<T | undefined>;
}

/** `full` is called instead of queueing where `limit` items wait: return true to drop the oldest, or call `fail`. */
export function queue<T>(limit: number, full: (self: Queue<T>) => boolean): Queue<T> {
  let items: T[] = [];
  let head = 0;
  let state: { open: true } | { open: false; error?: unknown; failed: boolean } = { open: true };
  let waiting: PromiseWithResolvers<T | undefined> | undefined;

  function close(failed: boolean, error?: unknown): void {
    if (!state.open) return;
    state = { open: false, failed, error };
    if (!waiting) return;
    if (failed) waiting.reject(error);
    else waiting.resolve(undefined);
    waiting = undefined;
  }
  const clear = () => {
    items = [];
    head = 0;
  };
  const self: Queue<T> = {
    push(item) {
      if (!state.open) return;
      if (waiting) {
        waiting.resolve(item);
        waiting = undefined;
        return;
      }
      if (items.length - head >= limit) {
        if (!full(self)) return;
        head++;
      }
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      items.push(item);
    },
    end: () => close(false),
    stop() {
      clear();
      close(false);
    },
    fail(error) {
      clear();
      close(true, error);
    },
    async take() {
      const item = items[head];
      if (head < items.length) {
        head++;
        if (head === items.length) clear();
        return item;
      }
      if (state.open) {
        waiting = Promise.withResolvers();
        return waiting.promise;
      }
      if (state.failed) throw state.error;
      return undefined;
    },
  };
  return self;
}
