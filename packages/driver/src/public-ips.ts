import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { Call, CreateCall, PageCall } from './call.ts';

export interface CloudPublicIp {
  id: CloudId;
  name: string;
  address: string;
  /** The VM that carries it; "" while none does. */
  vm: CloudId | '';
  /** The create's token, where the cloud's answer shows it. */
  token?: Token;
}

/** Public addresses of one's own; those that VMs are made with, which come and go with them, are none and not listed. */
export interface PublicIps {
  /** Returns when the address is known. */
  create(call: CreateCall, request: { name: string }): Promise<CloudPublicIp>;
  list(call: PageCall): Promise<Page<CloudPublicIp>>;
  /** not_found where absent. */
  get(call: Call, id: CloudId): Promise<CloudPublicIp>;
  /** Gives it back. Succeeds where absent; failed_precondition while a VM carries it. */
  delete(call: Call, id: CloudId): Promise<void>;
  /**
   * The VM, guaranteed Running, is reached at this address from now on; the one it was made with is given back where the cloud can't
   * keep both. Returns when the VM shows it. Doing it twice succeeds; failed_precondition where another VM carries it.
   * Terminating the VM leaves the address, carried by none.
   */
  associate(call: Call, id: CloudId, vm: CloudId): Promise<void>;
  /** Succeeds where `vm` does not carry it. The VM may be left without a public address. */
  dissociate(call: Call, id: CloudId, vm: CloudId): Promise<void>;
}
