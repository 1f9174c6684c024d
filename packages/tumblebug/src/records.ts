/** What the store holds of an MCIS. States of VMs are not in it: the connector below knows them. */
import type { FailurePolicy, Group } from '@cloud-barista/model/mcis';

/** Where a group's VMs are made, all choices made: a function of the input and the clouds' offers at planning. */
export interface GroupPlan {
  name: string;
  size: number;
  connection: string;
  provider: string;
  region: string;
  /** The cloud's id of the spec, and what the cloud calls it. */
  spec: string;
  specName: string;
  cpu: number;
  memoryMib: number;
  image: string;
  imageName: string;
  user: string;
  because: string[];
  /** Name of the vpc and subnet at the connection; `made`: by and for this MCIS. */
  vpc: string;
  subnet: string;
  vpcMade: boolean;
  securityGroups: string[];
  securityGroupMade: boolean;
  keyPair: string;
  keyPairMade: boolean;
}

/** What the MCIS makes at a connection for its VMs to stand on. */
export interface NetworkPlan {
  connection: string;
  /** "" where all groups use a vpc that was there. */
  vpc: string;
  subnet: string;
  /** "" until its block is taken. */
  cidr: string;
  /** "" where all groups use a key pair that was there. */
  keyPair: string;
}

export interface McisRecord {
  namespace: string;
  name: string;
  description: string;
  labels: Record<string, string>;
  onFailure: FailurePolicy;
  groups: Group[];
  plans: GroupPlan[];
  networks: NetworkPlan[];
  /** The block that its networks are cut from. */
  range: string;
  phase: 'Preparing' | 'Ready' | 'Deleting';
  /** The operation that is changing it; "" when none, and the mark by which that operation knows itself. */
  operation: string;
  holder: string;
  created: string;
  updated: string;
}

export interface VmRecord {
  namespace: string;
  mcis: string;
  name: string;
  group: string;
  connection: string;
  /** Its name at the connection. */
  vmName: string;
  /** Why it could not be made; "" otherwise. */
  problem: string;
  /** Terminated by its users; its clouds hold nothing of it. */
  ended: boolean;
  created: string;
}
