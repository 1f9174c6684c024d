/** A spec: the size of a VM (instance type, flavor, machine type). */
import type { Static } from 'typebox';
import { closed } from './schema.ts';
import { Type } from './type.ts';

export const Gpu = closed({
  count: Type.Integer(),
  vendor: Type.String(),
  model: Type.String(),
  memoryMib: Type.Integer(),
});
/** On demand, for Linux. */
export const Price = closed({
  hourly: Type.Number({ description: 'for each hour that the VM runs' }),
  currency: Type.String({ description: 'ISO 4217, e.g. USD' }),
});
export type Price = Static<typeof Price>;
export const Spec = closed({
  id: Type.String(),
  name: Type.String(),
  cpu: Type.Integer({ description: 'virtual CPUs' }),
  memoryMib: Type.Integer(),
  /** GiB; 0 where disks are separate. */
  diskGb: Type.Number(),
  architecture: Type.Union([Type.Literal('x86_64'), Type.Literal('arm64'), Type.Literal('')]),
  gpus: Type.Array(Gpu),
  /** Absent where the cloud publishes none, or has not been asked. */
  price: Type.Optional(Price),
});
export type Spec = Static<typeof Spec>;

/** Smallest first: memory and CPUs weighed as clouds price them (1 vCPU ≈ 4 GiB), then the name. */
export const bySize = (a: Spec, b: Spec): number =>
  a.cpu * 4096 + a.memoryMib - (b.cpu * 4096 + b.memoryMib) || (a.name < b.name ? -1 : 1);
