/**
 * The guarded road: every request that a driver sends to its cloud goes through `road.send`, which waits for the rate limit of
 * that cloud and region, times the request, records it in the call history, classifies its error, and
 * repeats it where that can't double anything. Given to `Driver.open`; drivers never retry by themselves.
 */
import type { ResourceKind } from '@cloud-barista/model/call';

export interface Request {
  /** The cloud's own name of the call, e.g. `RunInstances`, `POST /servers`. */
  api: string;
  resource: ResourceKind;
  /** The resource's name or id, where the call is about one. */
  name?: string;
  /**
   * May be sent twice without harm: reads, deletes, and creates that carry a client token. The road repeats these
   * after `unavailable`. Throttled requests were not performed and are repeated whatever this says.
   */
  idempotent: boolean;
}

export interface Road {
  /** `send` gets a signal that also fires at the request's own deadline; it must pass it on. Throws BaristaError. */
  send<T>(request: Request, signal: AbortSignal, send: (signal: AbortSignal) => Promise<T>): Promise<T>;
}
