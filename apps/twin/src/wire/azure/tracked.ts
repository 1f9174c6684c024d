/** What all resources have in common: being found, made, changed, listed, tagged and deleted. */
import { jsonBody, ok, param, noContent, type Call, type Json, type Reply } from './call.ts';
import { newGuid } from './account.ts';
import { ArmError, badRequest, conflict, groupNotFound, resourceNotFound } from './errors.ts';
import { textAt } from './fields.ts';
import { idOf } from './ids.ts';
import { later } from './later.ts';
import { checkName, readTags } from './names.ts';
import { begin, end, under, type Operation } from './operations.ts';
import { page } from './pages.ts';
import {
  fullType,
  namespaces,
  noTags,
  type Group,
  type Records,
  type ResourceType,
  type Tags,
  type Tracked,
} from './records.ts';
import { plainLocation } from './regions.ts';
import { route, type Route } from './router.ts';

/** The group that the path names: /subscriptions/{}/resourceGroups/{}/… */
export function groupOf(call: Call): Group {
  const name = param(call, 1);
  const group = call.account.groups.get(name.toLowerCase());
  if (!group) throw groupNotFound(name);
  return group;
}

/** The resource that the path names behind its group. */
export function find<T extends ResourceType>(call: Call, type: T): Records[T] {
  const group = groupOf(call);
  const name = param(call, 2);
  const found = group.resources[type].get(name.toLowerCase());
  if (!found) throw resourceNotFound(fullType(type), name, group.name);
  return found;
}

export const etagOf = ({ guid, version }: Pick<Tracked, 'guid' | 'version'>): string =>
  `W/"${guid.slice(0, 24)}${version.toString(16).padStart(12, '0')}"`;

/** RFC 9110, If-Match and If-None-Match. */
function checkConditions(call: Call, existing: Tracked | undefined): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = call.headers;
  const fails =
    (match !== undefined && (match === '*' ? !existing : !existing || match !== etagOf(existing))) ||
    (noneMatch === '*' && existing !== undefined);
  if (fails)
    throw new ArmError(
      412,
      'PreconditionFailed',
      `The condition '${match ?? noneMatch ?? ''}' in the ${match === undefined ? 'If-None-Match' : 'If-Match'} header was not satisfied. The current etag was '${existing ? etagOf(existing) : ''}'.`,
    );
}

export function requireLocation(call: Call, body: Json, type: string): string {
  const given = textAt(body, 'location');
  if (given === undefined || given === '')
    throw badRequest('LocationRequired', 'The location property is required for this definition.');
  const location = plainLocation(given);
  const known = call.account.cloud.regions;
  if (known.includes(location)) return location;
  throw badRequest(
    'LocationNotAvailableForResourceType',
    `The provided location '${given}' is not available for resource type '${type}'. List of available regions for the resource type is '${known.join(',')}'.`,
  );
}

/** Network resources take one change at a time. */
export function requireIdle(call: Call, resource: Tracked): void {
  const { operation } = resource;
  if (operation?.status !== 'InProgress') return;
  const place = under(call, operation, false)['azure-asyncoperation'] ?? '';
  throw new ArmError(
    429,
    'AnotherOperationInProgress',
    `Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: ${place}.`,
    { headers: { 'retry-after': '1' } },
  );
}

/** Compute resources too, but in other words. */
export function requireFree(resource: Pick<Tracked, 'state' | 'operation'>): void {
  if (resource.operation?.status === 'InProgress' || resource.state === 'Deleting')
    throw conflict(
      'Conflict',
      'The request failed due to conflict with a concurrent request. To resolve it, please refer to https://aka.ms/activitylog to get more details on the conflicting requests.',
    );
}

/** What another resource points at has to be there and settled. */
export function requireSettled(resource: Tracked, by: string): void {
  if (resource.state !== 'Updating' && resource.state !== 'Deleting') return;
  throw conflict(
    'ReferencedResourceNotProvisioned',
    `Cannot proceed with operation because resource ${idOf(resource)} used by resource ${by} is not in Succeeded state. Resource is in ${resource.state} state.`,
  );
}

export const badReference = (id: string, by: string): ArmError =>
  badRequest(
    'InvalidResourceReference',
    `Resource ${id} referenced by resource ${by} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
  );

export interface Order<T extends ResourceType> {
  readonly group: Group;
  readonly name: string;
  readonly body: Json;
  readonly existing: Records[T] | undefined;
  readonly location: string;
  readonly tags: Tags;
}

export function requireLiving(group: Group): void {
  if (group.state === 'Deleting')
    throw conflict(
      'ResourceGroupBeingDeleted',
      `The resource group '${group.name}' is in deprovisioning state and cannot perform this operation.`,
    );
}

/** What every PUT of a tracked resource begins with. */
export function orderOf<T extends ResourceType>(call: Call, type: T): Order<T> {
  const group = groupOf(call);
  requireLiving(group);
  const name = param(call, 2);
  const existing = group.resources[type].get(name.toLowerCase());
  if (!existing) checkName(type, name);
  const body = jsonBody(call);
  const location = requireLocation(call, body, fullType(type));
  if (existing && existing.location !== location)
    throw conflict(
      'InvalidResourceLocation',
      `The resource '${name}' already exists in location '${existing.location}' in resource group '${group.name}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    );
  checkConditions(call, existing);
  return { group, name, body, existing, location, tags: readTags(body) ?? noTags };
}

/** What every new resource begins with. */
export function fresh<T extends ResourceType>(
  call: Call,
  type: T,
  { group, name, location, tags }: Pick<Order<T>, 'group' | 'name' | 'location' | 'tags'>,
): Tracked {
  const { world, account } = call;
  return {
    type,
    group,
    name,
    location,
    tags,
    n: account.next(),
    guid: newGuid(world, account, type),
    createdAt: world.now(),
    version: 1,
    state: 'Succeeded',
    operation: undefined,
  };
}

/** A network resource's change takes a moment: a tenth of what a VM takes. */
export const networkDelay = (call: Call): number => Math.min(call.account.cloud.delays.create / 10, 3000);

/** Enters `state` now and Succeeded after `ms`. */
export function settle(call: Call, resource: Tracked, state: 'Creating' | 'Updating', ms: number): Operation {
  const operation = begin(call, namespaces[resource.type], resource.location, ms);
  resource.state = state;
  resource.operation = operation;
  resource.version++;
  later(ms, () => {
    if (resource.operation !== operation) return;
    resource.state = 'Succeeded';
    resource.operation = undefined;
    end(call, operation);
  });
  return operation;
}

/** 202, and gone after `ms`; asked again meanwhile, the same answer. */
export function vanish(call: Call, resource: Tracked, ms: number, drop: () => void): Reply {
  let { operation } = resource;
  if (resource.state !== 'Deleting' || !operation) {
    const begun = begin(call, namespaces[resource.type], resource.location, ms);
    operation = begun;
    resource.operation = begun;
    resource.state = 'Deleting';
    later(ms, () => {
      if (resource.operation === begun) drop();
      end(call, begun);
    });
  }
  return { status: 202, headers: under(call, operation, true) };
}

export function* allOf<T extends ResourceType>(call: Call, type: T): Generator<Records[T]> {
  for (const group of call.account.groups.values()) yield* group.resources[type].values();
}

export function listed<T extends ResourceType>(call: Call, type: T, inGroup: boolean): Records[T][] {
  if (inGroup) return [...groupOf(call).resources[type].values()];
  const all = [...allOf(call, type)];
  return call.account.groups.size > 1 ? all.sort((a, b) => a.n - b.n) : all;
}

export const head = (resource: Tracked) => ({
  name: resource.name,
  id: idOf(resource),
  type: fullType(resource.type),
  location: resource.location,
  ...(resource.tags !== noTags && { tags: resource.tags }),
});

export interface TypeHandlers<T extends ResourceType> {
  type: T;
  /** As in the reference's operationIds, e.g. VirtualNetworks. */
  noun: string;
  /** The verbs of listing in a group, listing all, and changing by PATCH. */
  verbs: readonly [list: string, listAll: string, update: string];
  put: (call: Call) => Reply | Promise<Reply>;
  createsVm?: boolean;
  view: (resource: Records[T], call: Call) => unknown;
  /** Default: changes the tags alone. */
  patch?: (call: Call) => Reply;
  remove: (call: Call, resource: Records[T]) => Reply;
}

export function trackedRoutes<T extends ResourceType>(handlers: TypeHandlers<T>): Route[] {
  const { type, noun, verbs, put, view, remove, createsVm = false } = handlers;
  const [list, listAll, update] = verbs;
  const tail = `providers/${fullType(type)}`;
  const group = `/subscriptions/{}/resourceGroups/{}/${tail}`;
  const one = `${group}/{}`;
  const patch =
    handlers.patch ??
    ((call: Call) => {
      const resource = find(call, type);
      patchTags(call, resource, jsonBody(call));
      return ok(view(resource, call));
    });
  return [
    route(`${noun}_CreateOrUpdate`, `PUT /${one.slice(1)}`, put, { createsVm }),
    route(`${noun}_Get`, `GET /${one.slice(1)}`, call => ok(view(find(call, type), call))),
    route(`${noun}_${update}`, `PATCH /${one.slice(1)}`, patch),
    route(`${noun}_Delete`, `DELETE /${one.slice(1)}`, call => {
      const resource = groupOf(call).resources[type].get(param(call, 2).toLowerCase());
      if (!resource) return noContent;
      checkConditions(call, resource);
      return remove(call, resource);
    }),
    route(`${noun}_${list}`, `GET /${group.slice(1)}`, call =>
      page(call, listed(call, type, true), each => view(each, call)),
    ),
    route(`${noun}_${listAll}`, `GET /subscriptions/{}/${tail}`, call =>
      page(call, listed(call, type, false), each => view(each, call)),
    ),
  ];
}

export function patchTags(call: Call, resource: Tracked, body: Json): void {
  requireLiving(resource.group);
  checkConditions(call, resource);
  const tags = readTags(body);
  if (!tags) return;
  resource.tags = tags;
  resource.version++;
}
