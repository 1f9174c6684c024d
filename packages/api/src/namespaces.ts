/** Namespaces: what keeps users' groups apart. */
import { Namespace, NamespaceInput } from '@cloud-barista/model/mcis';
import { closed, page } from '@cloud-barista/model/schema';
import { Done, inNamespace, PageQuery } from './common.ts';
import { define } from './define.ts';

const here = closed(inNamespace);

export const namespaces = {
  'namespace.create': define({
    method: 'POST',
    path: '/v1/namespaces',
    summary: 'Make a namespace',
    status: 201,
    body: NamespaceInput,
    output: Namespace,
    errors: ['already_exists'],
  }),
  'namespace.list': define({
    method: 'GET',
    path: '/v1/namespaces',
    summary: 'List namespaces',
    query: PageQuery,
    output: page(Namespace),
  }),
  'namespace.get': define({
    method: 'GET',
    path: '/v1/namespaces/{namespace}',
    summary: 'Show a namespace',
    params: here,
    output: Namespace,
    errors: ['not_found'],
  }),
  'namespace.delete': define({
    method: 'DELETE',
    path: '/v1/namespaces/{namespace}',
    summary: 'Delete an empty namespace',
    status: 204,
    params: here,
    output: Done,
    errors: ['not_found', 'failed_precondition'],
  }),
} as const;
