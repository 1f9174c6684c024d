/** A remote command: run over SSH on all, some or one of an MCIS's VMs. */
import type { Static } from 'typebox';
import { closed, Name } from './schema.ts';
import { ErrorShape } from './operation.ts';
import { Type } from './type.ts';

export const CommandInput = closed({
  command: Type.String({ minLength: 1, maxLength: 65536 }),
  /** Only these VMs; all where neither vms nor group is given. */
  vms: Type.Optional(Type.Array(Name, { maxItems: 1000 })),
  group: Type.Optional(Name),
  /** Per VM, connecting included; default 60. */
  timeoutSeconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 86400 })),
  /** Login user; the image's where absent. */
  user: Type.Optional(Type.String({ pattern: '^[a-z_][a-z0-9_-]{0,31}$' })),
});
export type CommandInput = Static<typeof CommandInput>;

export const CommandResult = closed({
  vm: Name,
  /** null: it did not get to end (see error). */
  exitCode: Type.Union([Type.Integer(), Type.Null()]),
  /** The signal's name that ended it; "" otherwise. */
  signal: Type.String(),
  stdout: Type.String(),
  stderr: Type.String(),
  /** True where output went past the limit (1 MiB each) and was cut. */
  truncated: Type.Boolean(),
  elapsedMs: Type.Number(),
  error: Type.Optional(ErrorShape),
});
export type CommandResult = Static<typeof CommandResult>;

/** One line of the streamed form: output as it comes, then each VM's result. */
export type CommandEvent =
  | { vm: string; stream: 'stdout' | 'stderr'; data: string }
  | { vm: string; result: CommandResult };
