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
export const Spec = closed({
  id: Type.String(),
  name: Type.String(),
  cpu: Type.Integer({ description: 'virtual CPUs' }),
  memoryMib: Type.Integer(),
  /** GiB; 0 where disks are separate. */
  diskGb: Type.Number(),
  architecture: Type.Union([Type.Literal('x86_64'), Type.Literal('arm64'), Type.Literal('')]),
  gpus: Type.Array(Gpu),
});
export type Spec = Static<typeof Spec>;

/** Smallest first: memory and CPUs weighed as clouds price them (1 vCPU ≈ 4 GiB), then the name. */
export const bySize = (a: Spec, b: Spec): number =>
  a.cpu * 4096 + a.memoryMib - (b.cpu * 4096 + b.memoryMib) || (a.name < b.name ? -1 : 1);
