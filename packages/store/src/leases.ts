/** The leases of an embedded store: they live as long as its process, which nobody else shares the store with. */
import { randomUUID } from 'node:crypto';
import { BaristaError } from '@cloud-barista/model/errors';
import type { LeaseId } from './store.ts';

export interface Leases {
  grant(seconds: number): LeaseId;
  /** not_found where it has run out. */
  keepAlive(lease: LeaseId): void;
  /** Throws not_found where there is no such lease. */
  require(lease: LeaseId): void;
  /** Forgets the lease. */
  drop(lease: LeaseId): void;
  /** Lets run out what is due. To be called before the store is read or written. */
  sweep(): void;
  close(): void;
}

/** `expire` is called with the lease when its time is over, and has to drop it. `now` in milliseconds, monotonic. */
export function openLeases(now: () => number, expire: (lease: LeaseId) => void): Leases {
  interface Lease {
    span: number;
    deadline: number;
    timer: NodeJS.Timeout;
  }
  const leases = new Map<LeaseId, Lease>();
  let due = Infinity;

  function requireLease(id: LeaseId): Lease {
    const lease = leases.get(id);
    if (lease) return lease;
    throw new BaristaError('not_found', `The lease ${id} has run out.`, {
      where: 'store',
      next: 'Take a new lease.',
    });
  }
  function check(id: LeaseId): void {
    const lease = leases.get(id);
    if (!lease) return;
    if (lease.deadline <= now()) expire(id);
    else lease.timer = arm(id, lease.deadline - now());
  }
  const arm = (id: LeaseId, span: number) => setTimeout(check, Math.max(span, 1), id).unref();

  function sweep(): void {
    const time = now();
    if (time < due) return;
    due = Infinity;
    for (const [id, lease] of leases)
      if (lease.deadline <= time) expire(id);
      else due = Math.min(due, lease.deadline);
  }

  return {
    sweep,
    grant(seconds) {
      if (!(seconds > 0))
        throw new BaristaError('invalid_argument', `A lease of ${seconds} seconds can't be granted.`, {
          where: 'store',
        });
      const id = randomUUID();
      const span = seconds * 1000;
      leases.set(id, { span, deadline: now() + span, timer: arm(id, span) });
      due = Math.min(due, now() + span);
      return id;
    },
    keepAlive(id) {
      sweep();
      const lease = requireLease(id);
      lease.deadline = now() + lease.span;
    },
    require(id) {
      requireLease(id);
    },
    drop(id) {
      clearTimeout(leases.get(id)?.timer);
      leases.delete(id);
    },
    close() {
      for (const lease of leases.values()) clearTimeout(lease.timer);
      leases.clear();
    },
  };
}
