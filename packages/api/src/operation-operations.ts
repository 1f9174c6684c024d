/** Long operations, and the stream of changes. */
import { Operation, OperationEvent } from '@cloud-barista/model/operation';
import { closed, oneOf, page } from '@cloud-barista/model/schema';
import { PageQuery } from './common.ts';
import { define } from './define.ts';
import { Type } from '@cloud-barista/model/type';

const one = closed({ operation: Type.String({ pattern: '^op_[a-z0-9]{8,40}$' }) });

export const watchKinds = ['namespace', 'mcis', 'vm', 'connection', 'operation'] as const;
/** A change of one object. `name` is its path, e.g. `default/video-conference/web-1`. */
export const ChangeEvent = closed({
  type: oneOf(['put', 'delete']),
  kind: oneOf(watchKinds),
  name: Type.String(),
  /** Pass the last seen + 1 as `from` to miss nothing after a cut. */
  revision: Type.Integer(),
  object: Type.Optional(Type.Unknown()),
});

export const operationOperations = {
  'operation.list': define({
    method: 'GET',
    path: '/v1/operations',
    summary: 'List long operations, newest first',
    query: PageQuery,
    output: page(Operation),
  }),
  'operation.get': define({
    method: 'GET',
    path: '/v1/operations/{operation}',
    summary: 'Show a long operation',
    params: one,
    output: Operation,
    errors: ['not_found'],
  }),
  'operation.cancel': define({
    method: 'POST',
    path: '/v1/operations/{operation}/cancel',
    summary: 'Stop an operation and undo what it did',
    params: one,
    output: Operation,
    errors: ['not_found', 'failed_precondition'],
  }),
  'operation.events': define({
    method: 'GET',
    path: '/v1/operations/{operation}/events',
    summary: 'Progress as it happens; ends with the operation',
    answer: 'stream',
    params: one,
    output: OperationEvent,
    errors: ['not_found'],
  }),
  'watch.stream': define({
    method: 'GET',
    path: '/v1/watch',
    summary: 'Changes of objects as they happen',
    answer: 'stream',
    query: closed({
      kind: oneOf(watchKinds),
      prefix: Type.Optional(
        Type.String({ maxLength: 256, description: 'Only names that start with it, e.g. `default/`' }),
      ),
      from: Type.Optional(
        Type.Integer({ minimum: 1, description: 'Revision to start at; default: from now' }),
      ),
    }),
    output: ChangeEvent,
    errors: ['out_of_range'],
  }),
} as const;
