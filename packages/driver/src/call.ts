/** What every call of the contract carries. */
import type { Token } from '@cloud-barista/model/ids';

export interface Call {
  /** Guaranteed present. A driver passes it to every request it sends and stops soon after it fires. */
  signal: AbortSignal;
}

export interface CreateCall extends Call {
  /**
   * The idempotency token: two creates with one token make one resource. Where the cloud takes a client token the
   * driver hands it on; elsewhere it marks the resource with it (tag, description, metadata) in the very request
   * that creates it, so that no instant exists in which the resource is there without its mark.
   */
  token: Token;
  /**
   * True where an earlier attempt with this token may have reached the cloud. The driver then first looks for the
   * marked resource and returns it (completing what is half made); when false it need not spend that call.
   */
  again: boolean;
}

export interface PageCall extends Call {
  /** The `next` of the page before; absent for the first. Opaque, the driver's own. */
  cursor?: string;
  /** Guaranteed 1 to 1000. The driver may return fewer, never more. */
  limit: number;
}
