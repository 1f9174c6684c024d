/**
 * Operations: every change answers one, and is done when it is. Nothing here runs on a timer: `sweep` looks at what is due
 * when the next request comes. Source: API reference, zoneOperations, regionOperations, globalOperations.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../../world/world.ts';
import type { Account } from './account.ts';
import type { Json } from './body.ts';
import { link, own, type Call, type Result } from './call.ts';
import { invalid, notFound, notReady } from './errors.ts';
import { entries, listOf } from './listing.ts';
import type { Operation, OperationError, Resource } from './records.ts';
import { route } from './router.ts';
import { time } from './text.ts';

/** Google keeps them for 14 days; a Twin that makes thousands of VMs need not. */
const keepMs = 3600_000;
const keepAtMost = 20_000;
const waitMs = 120_000;

export interface Begin {
  type: string;
  scope: string;
  /** Relative to the project, e.g. zones/z/instances/x. */
  path: string;
  target: Pick<Resource, 'id'> & Partial<Pick<Resource, 'busy'>>;
  /** What is busy meanwhile, where that isn't the target. */
  works?: Resource;
  /** Milliseconds; what a change of anything but a VM takes where absent. */
  takes?: number;
  arrived?: () => boolean;
  finish?: () => void;
  error?: OperationError | undefined;
}

/** Not a resource that another operation is still at work on. */
export function ready<T extends Resource>(call: Call, resource: T, path: string): T {
  if (resource.busy) throw notReady(own(call, path));
  return resource;
}

export function begin(call: Call, input: Begin): Operation {
  const { world, account } = call;
  const now = world.now();
  const stream = `${account.cloud.name}/operation`;
  const hex = world.random.hex(stream, 29);
  const operation: Operation = {
    id: account.newId('operation'),
    name: `operation-${now}-${hex.slice(0, 13)}-${hex.slice(13, 21)}-${hex.slice(21)}`,
    type: input.type,
    scope: input.scope,
    target: input.path,
    targetId: input.target.id,
    insertedAt: now,
    dueAt: now + (input.takes ?? account.cloud.delays.create / 10),
    endedAt: 0,
    done: false,
    told: false,
    error: input.error,
    clientId: call.query.get('requestId') ?? '',
    arrived: input.arrived,
    finish: undefined,
  };
  const { finish, works = input.target } = input;
  if ('busy' in works) works.busy = operation;
  operation.finish = () => {
    if (works.busy === operation) works.busy = undefined;
    finish?.();
  };
  account.operations.set(operation.name, operation);
  account.pending.add(operation);
  if (operation.clientId !== '') account.requests.set(operation.clientId, operation);
  return operation;
}

/** Ends what is due, and forgets what ended long ago. */
export function sweep(world: World, account: Account): void {
  const now = world.now();
  for (const operation of account.pending) {
    if (operation.dueAt > now || operation.arrived?.() === false) continue;
    operation.done = true;
    operation.endedAt = now;
    account.pending.delete(operation);
    operation.finish?.();
    operation.finish = undefined;
    operation.arrived = undefined;
  }
  for (const operation of account.operations.values()) {
    if (!operation.done) break;
    if (operation.endedAt > now - keepMs && account.operations.size <= keepAtMost) break;
    account.operations.delete(operation.name);
    if (account.requests.get(operation.clientId) === operation) account.requests.delete(operation.clientId);
  }
}

const uuidRegExp = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The operation that an earlier call with the same requestId began. 400 where it is no UUID. */
export function repeated(call: Call): Operation | undefined {
  const id = call.query.get('requestId');
  if (id === null || id === '') return undefined;
  if (!uuidRegExp.test(id) || /^[0-]+$/.test(id))
    throw invalid('requestId', id, 'The request ID must be a valid UUID; the zero UUID is not supported.');
  return call.account.requests.get(id);
}

export function operationView(call: Call, operation: Operation): Json {
  const { scope, done, insertedAt, dueAt, error } = operation;
  // The answer to the order itself is given before any work has begun, however short the work and slow the machine.
  const pending = !done && (!operation.told || call.world.now() - insertedAt <= (dueAt - insertedAt) / 4);
  operation.told = true;
  const [kind, place = ''] = scope.split('/');
  return {
    kind: 'compute#operation',
    id: operation.id,
    name: operation.name,
    ...(kind === 'zones' && { zone: link(call, own(call, scope)) }),
    ...(kind === 'regions' && { region: link(call, own(call, `regions/${place}`)) }),
    ...(operation.clientId !== '' && { clientOperationId: operation.clientId }),
    operationType: operation.type,
    targetLink: link(call, own(call, operation.target).replace(/\/$/, '')),
    targetId: operation.targetId,
    status: done ? 'DONE' : pending ? 'PENDING' : 'RUNNING',
    user: call.account.clientEmail,
    progress: done ? 100 : 0,
    insertTime: time(insertedAt),
    ...(!pending && { startTime: time(insertedAt) }),
    ...(done && { endTime: time(operation.endedAt) }),
    ...(done &&
      error && {
        error: { errors: [{ code: error.code, message: error.message }] },
        httpErrorStatusCode: error.status,
        httpErrorMessage: error.text,
      }),
    selfLink: link(call, own(call, `${scope}/operations/${operation.name}`)),
  };
}

function find(call: Call, scope: string): Operation {
  const operation =
    call.account.operations.get(call.name) ??
    [...call.account.operations.values()].find(each => each.id === call.name);
  if (!operation || operation.scope !== scope) throw notFound(own(call, `${scope}/operations/${call.name}`));
  return operation;
}

async function wait(call: Call, scope: string): Promise<Result> {
  const operation = find(call, scope);
  const until = Date.now() + waitMs;
  while (!operation.done && Date.now() < until) {
    await sleep(Math.min(Math.max(operation.dueAt - call.world.now(), 2), 1000));
    sweep(call.world, call.account);
  }
  return { view: operationView(call, operation) };
}

const scopes = [
  ['zoneOperations', 'zones/{zone}/operations', (call: Call) => `zones/${call.zone}`],
  ['regionOperations', 'regions/{region}/operations', (call: Call) => `regions/${call.region}`],
  ['globalOperations', 'global/operations', () => 'global'],
] as const;

export const operationRoutes = scopes.flatMap(([noun, path, scopeOf]) => [
  route(`${noun}.list`, `GET ${path}`, call => {
    const scope = scopeOf(call);
    const all = [...call.account.operations.values()].filter(each => each.scope === scope);
    const list = entries(
      all.map(each => ({ ...each, createdAt: each.insertedAt, operation: each })),
      ({ operation }) => operationView(call, operation),
    );
    return listOf(call, 'operation', scope, list);
  }),
  route(`${noun}.get`, `GET ${path}/{name}`, call => ({
    view: operationView(call, find(call, scopeOf(call))),
  })),
  route(`${noun}.wait`, `POST ${path}/{name}/wait`, call => wait(call, scopeOf(call)), { reads: true }),
  route(`${noun}.delete`, `DELETE ${path}/{name}`, call => {
    const operation = find(call, scopeOf(call));
    call.account.operations.delete(operation.name);
    return { view: {} };
  }),
]);
