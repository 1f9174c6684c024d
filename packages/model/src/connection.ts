/**
 * How a cloud is reached: driver + credential + region = connection (CB-Spider's words).
 * A credential's values go in and never come out.
 */
import type { Static } from 'typebox';
import { DiskType } from './disk.ts';
import { closed, Name, Time, oneOf } from './schema.ts';
import { Type } from './type.ts';

/** Key to value, both the driver's to name (`accessKeyId`, `region`, `endpoint` …). */
export const KeyValues = Type.Record(
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' }),
  Type.String({ maxLength: 16384 }),
  { additionalProperties: false },
);

/** One key that a driver takes in a credential or a region. */
export const KeySpec = closed({
  key: Type.String(),
  required: Type.Boolean(),
  description: Type.String(),
});
export type KeySpec = Static<typeof KeySpec>;

/** A driver that is named at run time: it is loaded into a process of its own, under the name that it gives itself. */
export const DriverInput = closed({
  module: Type.String({
    minLength: 1,
    maxLength: 4096,
    description:
      "the absolute path, on the server's machine, of an ES module or a package directory; or the name of a package installed in the data directory or the working directory",
  }),
  /** What its process may use before it is ended and started again; default 256. */
  memoryMb: Type.Optional(Type.Integer({ minimum: 32, maximum: 65536, description: 'MB' })),
});
export type DriverInput = Static<typeof DriverInput>;

export const plugInStates = ['ready', 'starting', 'failed'] as const;
export type PlugInState = (typeof plugInStates)[number];

export const Driver = closed({
  name: Name,
  kind: oneOf(['built-in', 'plug-in']),
  state: oneOf(plugInStates, 'a plug-in that failed is started again by itself'),
  /** Why it can't be used now. */
  problem: Type.Optional(Type.String()),
  plugIn: Type.Optional(
    closed({
      module: Type.String(),
      memoryMb: Type.Integer(),
      created: Time,
      restarts: Type.Integer({ description: 'since this server started' }),
      lastFailure: Type.Optional(closed({ at: Time, reason: Type.String() })),
    }),
  ),
  provider: Type.String({ description: 'The cloud, e.g. AWS, OPENSTACK, MOCK' }),
  contract: Type.Integer({ description: 'Version of the driver contract that it implements' }),
  credentialKeys: Type.Array(KeySpec),
  regionKeys: Type.Array(KeySpec),
  /** Where the driver itself knows them. */
  diskTypes: Type.Optional(Type.Array(DiskType)),
  /** true, or why the cloud can't. */
  capabilities: Type.Record(Type.String(), Type.Union([Type.Literal(true), Type.String()])),
});
export type Driver = Static<typeof Driver>;

export const CredentialInput = closed({ name: Name, driver: Name, values: KeyValues });
export type CredentialInput = Static<typeof CredentialInput>;
export const Credential = closed({
  name: Name,
  driver: Name,
  keys: Type.Array(Type.String(), { description: 'Which keys are set; the values are never shown' }),
  created: Time,
});
export type Credential = Static<typeof Credential>;

export const RegionInput = closed({ name: Name, driver: Name, values: KeyValues });
export type RegionInput = Static<typeof RegionInput>;
/**
 * Beside the driver's own keys, every region may carry `endpoint` (another address than the cloud's own),
 * `sshPort` (the port on which its VMs answer SSH, default 22) and `sshVia` (`HOST:PORT`, where a VM at address A is
 * reached at HOST, port PORT + the low 15 bits of A: a Twin on a host whose loopback has one address only).
 */
export const Region = closed({ name: Name, driver: Name, values: KeyValues, created: Time });
export type Region = Static<typeof Region>;

export const ConnectionInput = closed({ name: Name, driver: Name, credential: Name, region: Name });
export type ConnectionInput = Static<typeof ConnectionInput>;
export const Connection = closed({
  name: Name,
  driver: Name,
  credential: Name,
  region: Name,
  provider: Type.String(),
  created: Time,
});
export type Connection = Static<typeof Connection>;
