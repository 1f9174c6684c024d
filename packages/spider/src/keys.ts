/** Where the records of this package stand in the store. */
import type { IdKind } from './context.ts';

export const drivers = '/spider/drivers/';
export const credentials = '/spider/credentials/';
export const regions = '/spider/regions/';
export const connections = '/spider/connections/';
export const ids = '/spider/ids/';
/** Tokens of what was made here and unregistered since: no orphans. */
export const released = '/spider/released/';
export const strays = '/spider/strays/';
export const processes = '/spider/processes/';
export const hostKeys = '/spider/host-keys/';

export const driverKey = (name: string) => drivers + name;
export const credentialKey = (name: string) => credentials + name;
export const regionKey = (name: string) => regions + name;
export const connectionKey = (name: string) => connections + name;
export const idFolder = (connection: string, kind: IdKind) => `${ids}${connection}/${kind}/`;
export const idKey = (connection: string, kind: IdKind, name: string) =>
  `${ids}${connection}/${kind}/${name}`;
export const strayFolder = (connection: string) => `${strays}${connection}/`;
export const hostKeyKey = (connection: string, vm: string) => `${hostKeys}${connection}/${vm}`;
