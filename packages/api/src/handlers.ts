/** The type of what serves the operations: one function each. */
import type { Operation } from '@cloud-barista/model/operation';
import type { Operations, OperationName, Input, Output } from './operations.ts';

export interface CallContext {
  /** Fires when the client has gone. */
  signal: AbortSignal;
  idempotencyKey?: string | undefined;
}

/** `long` answers with the Operation (its result, once succeeded, is the output); `stream` with the outputs as they come. */
export type Answered<Name extends OperationName> = Operations[Name]['answer'] extends 'long'
  ? Operation
  : Operations[Name]['answer'] extends 'stream'
    ? AsyncIterable<Output<Name>>
    : Output<Name>;

export type Handlers = {
  [Name in OperationName]: (input: Input<Name>, context: CallContext) => Promise<Answered<Name>>;
};
