/**
 * What takes a while: an order is answered with where to ask after it, `Azure-AsyncOperation` (its status) and `Location` (its
 * result). Source: ARM docs, "Track asynchronous Azure operations".
 */
import { param, type Call, type Reply } from './call.ts';
import type { Account } from './account.ts';
import { ArmError } from './errors.ts';
import { route, type Route } from './router.ts';

export interface Operation {
  readonly id: string;
  /** Undefined: Resource Manager's own, asked after at /operationresults. */
  readonly namespace: string | undefined;
  readonly location: string;
  readonly startedAt: number;
  /** When it is expected to end, for Retry-After. */
  readonly dueAt: number;
  endedAt: number;
  status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  error: { readonly code: string; readonly message: string } | undefined;
}

/** How long the outcome can be asked after. */
const keptMs = 60 * 60_000;

export function begin(call: Call, namespace: string | undefined, location: string, ms: number): Operation {
  const { account, world } = call;
  const now = world.now();
  for (const [id, { startedAt }] of account.operations) {
    if (startedAt + keptMs > now) break;
    account.operations.delete(id);
  }
  const operation: Operation = {
    id: world.random.uuid(`${account.cloud.name}/operation`),
    namespace,
    location,
    startedAt: now,
    dueAt: now + ms,
    endedAt: 0,
    status: 'InProgress',
    error: undefined,
  };
  account.operations.set(operation.id, operation);
  return operation;
}

export function end(call: Call, operation: Operation, error?: { code: string; message: string }): void {
  if (operation.status !== 'InProgress') return;
  operation.status = error ? 'Failed' : 'Succeeded';
  operation.error = error;
  operation.endedAt = call.world.now();
}

const retryAfter = (call: Call, { dueAt }: Operation): string =>
  String(Math.max(0, Math.ceil((dueAt - call.world.now()) / 1000)));

/** The headers of an order that was taken. `result`: also where its result will be, as for DELETE and POST. */
export function under(call: Call, operation: Operation, result: boolean): Record<string, string> {
  const { namespace, location, id } = operation;
  const version = `api-version=${call.apiVersion}`;
  const base = `${call.root}/subscriptions/${call.account.subscriptionId}`;
  if (namespace === undefined)
    return {
      location: `${base}/operationresults/${id}?${version}`,
      'retry-after': retryAfter(call, operation),
    };
  const place = `${base}/providers/${namespace}/locations/${location}`;
  const results = namespace === 'Microsoft.Network' ? 'operationResults' : 'operations';
  const monitor = namespace === 'Microsoft.Network' ? '' : '&monitor=true';
  return {
    'azure-asyncoperation': `${place}/operations/${id}?${version}`,
    ...(result && { location: `${place}/${results}/${id}?${version}${monitor}` }),
    'retry-after': retryAfter(call, operation),
  };
}

function operationOf(account: Account, id: string): Operation {
  const operation = account.operations.get(id.toLowerCase());
  if (operation) return operation;
  throw new ArmError(404, 'NotFound', `The operation '${id}' was not found. It may have ended too long ago.`);
}

/** 202 until it has ended. */
function result(call: Call, operation: Operation): Reply {
  if (operation.status === 'InProgress') return { status: 202, headers: under(call, operation, true) };
  if (operation.error) throw new ArmError(409, operation.error.code, operation.error.message);
  return { status: 200 };
}

function status(call: Call): Reply {
  const operation = operationOf(call.account, param(call, 2));
  if (call.query.get('monitor') === 'true') return result(call, operation);
  const { startedAt, endedAt, id, error } = operation;
  const running = operation.status === 'InProgress';
  return {
    status: 200,
    ...(running && { headers: { 'retry-after': retryAfter(call, operation) } }),
    body: {
      startTime: new Date(startedAt).toISOString(),
      ...(!running && { endTime: new Date(endedAt).toISOString() }),
      status: operation.status,
      ...(error && { error }),
      name: id,
    },
  };
}

const results = (call: Call): Reply => result(call, operationOf(call.account, call.params.at(-1) ?? ''));

export const operationRoutes: readonly Route[] = [
  route(
    'Operations_Get',
    'GET /subscriptions/{}/providers/Microsoft.Compute/locations/{}/operations/{}',
    status,
  ),
  route(
    'Operations_Get',
    'GET /subscriptions/{}/providers/Microsoft.Network/locations/{}/operations/{}',
    status,
  ),
  route(
    'Operations_Result',
    'GET /subscriptions/{}/providers/Microsoft.Network/locations/{}/operationResults/{}',
    results,
  ),
  route('Operations_Result', 'GET /subscriptions/{}/operationresults/{}', results),
];
