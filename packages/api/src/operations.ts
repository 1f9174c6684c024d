/**
 * THE ONE LIST OF OPERATIONS. What is not here does not exist; what is here has a route, a page in the OpenAPI document, a
 * method of the typed client, a CLI verb, an authorisation case and a test.
 */
import { connections } from './connections.ts';
import { calls } from './calls.ts';
import { conformance } from './conformance.ts';
import { disks } from './disks.ts';
import { inventory } from './inventory.ts';
import { mcis } from './mcis.ts';
import { namespaces } from './namespaces.ts';
import { operationOperations } from './operation-operations.ts';
import { resources } from './resources.ts';
import { system } from './system.ts';
import { vms } from './vms.ts';
import type { InputOf, OutputOf } from './define.ts';

export const operations = {
  ...system,
  ...connections,
  ...resources,
  ...vms,
  ...disks,
  ...inventory,
  ...conformance,
  ...calls,
  ...namespaces,
  ...mcis,
  ...operationOperations,
} as const;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export type Input<Name extends OperationName> = InputOf<Operations[Name]>;
export type Output<Name extends OperationName> = OutputOf<Operations[Name]>;
export const operationNames = Object.keys(operations) as OperationName[];
