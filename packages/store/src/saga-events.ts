/** The live events of operations that run in this process. A listener that lags loses the oldest, never the end. */
import type { OperationEvent } from '@cloud-barista/model/operation';
import { queue, type Queue } from './queue.ts';

const listenerLimit = 1000;

export interface Events {
  emit(id: string, event: OperationEvent): void;
  /** The operation has ended, or is run here no more. */
  end(id: string): void;
  listen(id: string, signal: AbortSignal): AsyncIterable<OperationEvent>;
}

export function openEvents(): Events {
  const listeners = new Map<string, Set<Queue<OperationEvent>>>();

  return {
    emit(id, event) {
      for (const listener of listeners.get(id) ?? []) listener.push(event);
    },
    end(id) {
      for (const listener of listeners.get(id) ?? []) listener.end();
      listeners.delete(id);
    },
    listen(id, signal) {
      const live = queue<OperationEvent>(listenerLimit, () => true);
      const all = listeners.get(id) ?? new Set();
      listeners.set(id, all.add(live));
      const leave = () => {
        live.stop();
        all.delete(live);
        if (all.size === 0 && listeners.get(id) === all) listeners.delete(id);
      };
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
      async function* events(): AsyncGenerator<OperationEvent> {
        try {
          for (let event = await live.take(); event; event = await live.take()) yield event;
        } finally {
          signal.removeEventListener('abort', leave);
          leave();
        }
      }
      return events();
    },
  };
}
