/** What the world tells about a VM at the moment it is needed. Nothing of it is kept here between two uses. */
export interface GuestSpec {
  /** Stable over the VM's life, e.g. `aws/123/i-0abc`. */
  id: string;
  hostname: string;
  /** The login user of its image, e.g. `ubuntu`. */
  user: string;
  /** OpenSSH public keys, as in authorized_keys. */
  authorizedKeys: string[];
  /** Of the login user, where the cloud lets in by password. */
  password?: string | undefined;
  /** Both are shown inside; the VM answers SSH at its public one. */
  privateIp: string;
  publicIp: string;
  cpus: number;
  memoryMib: number;
  /** e.g. `Ubuntu 22.04`. */
  osName: string;
  /** Milliseconds since 1970. */
  bootedAt: number;
  /** False: not running, cut off, or port 22 closed. A connection then meets silence, as on a real network. */
  reachable: boolean;
  /** The captured disk that its files begin with. */
  disk?: string | undefined;
}
