import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { Call, CreateCall, PageCall } from './call.ts';

export interface KeyPairRequest {
  name: string;
  /** Guaranteed OpenSSH form, ed25519 or RSA. Pairs are made by the caller: no private key crosses the contract. */
  publicKey: string;
}
export interface CloudKeyPair {
  id: CloudId;
  name: string;
  /** The create's token, where the cloud's answer shows it. */
  token?: Token;
}

export interface KeyPairs {
  create(call: CreateCall, request: KeyPairRequest): Promise<CloudKeyPair>;
  list(call: PageCall): Promise<Page<CloudKeyPair>>;
  get(call: Call, id: CloudId): Promise<CloudKeyPair>;
  /** Succeeds where absent. */
  delete(call: Call, id: CloudId): Promise<void>;
}
