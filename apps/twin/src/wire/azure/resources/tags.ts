/** The tags of a scope – the subscription, a group or a resource – as a resource of its own. Source: Resource Management REST API, Tags. */
import { jsonBody, ok, param, type Call, type Json, type Reply } from '../call.ts';
import { badRequest, resourceNotFound } from '../errors.ts';
import { objectAt, wordAt } from '../fields.ts';
import { readTags } from '../names.ts';
import { fullType, noTags, resourceTypes, type Tags } from '../records.ts';
import { route, type Route } from '../router.ts';
import { groupOf, requireLiving } from '../tracked.ts';

interface Scope {
  readonly id: string;
  read(): Tags;
  write(tags: Tags): void;
}

const mostTags = 50;

function subscriptionScope({ account }: Call): Scope {
  return {
    id: `/subscriptions/${account.subscriptionId}`,
    read: () => account.tags,
    write(tags) {
      account.tags = tags;
    },
  };
}

function groupScope(call: Call): Scope {
  const group = groupOf(call);
  return {
    id: group.path,
    read: () => group.tags,
    write(tags) {
      requireLiving(group);
      group.tags = tags;
    },
  };
}

function resourceScope(call: Call): Scope {
  const group = groupOf(call);
  const [namespace, type, name] = [param(call, 2), param(call, 3), param(call, 4)];
  const known = resourceTypes.find(
    each => fullType(each).toLowerCase() === `${namespace}/${type}`.toLowerCase(),
  );
  const resource = known && group.resources[known].get(name.toLowerCase());
  if (!known || !resource) throw resourceNotFound(`${namespace}/${type}`, name, group.name);
  return {
    id: `${group.path}/providers/${fullType(known)}/${resource.name}`,
    read: () => resource.tags,
    write(tags) {
      requireLiving(group);
      resource.tags = tags;
      resource.version++;
    },
  };
}

const view = (scope: Scope) => ({
  id: `${scope.id}/providers/Microsoft.Resources/tags/default`,
  name: 'default',
  type: 'Microsoft.Resources/tags',
  properties: { tags: scope.read() },
});

function bodyTags(body: Json): Tags {
  const properties = objectAt(body, 'properties');
  const tags = properties && readTags(properties);
  if (tags) return tags;
  throw badRequest(
    'InvalidRequestContent',
    "The request content is not valid: 'properties.tags' is required.",
  );
}

/** Tag names don't mind case: the given letters win. */
function merge(held: Tags, given: Tags): Tags {
  const merged: Record<string, string> = { ...held };
  for (const [name, value] of Object.entries(given)) {
    for (const key of Object.keys(merged)) if (key.toLowerCase() === name.toLowerCase()) delete merged[key];
    merged[name] = value;
  }
  if (Object.keys(merged).length > mostTags)
    throw badRequest(
      'TooManyTags',
      `Too many tags are requested: ${Object.keys(merged).length}. The maximum is ${mostTags}.`,
    );
  return merged;
}

/** A tag goes where name and value are as given. */
function without(held: Tags, given: Tags): Tags {
  const gone = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(
    Object.entries(held).filter(
      ([name, value]) => !gone.some(each => each[0] === name.toLowerCase() && each[1] === value),
    ),
  );
}

const orNone = (tags: Tags): Tags => (Object.keys(tags).length === 0 ? noTags : tags);

const put =
  (scopeOf: (call: Call) => Scope) =>
  (call: Call): Reply => {
    const scope = scopeOf(call);
    scope.write(orNone(bodyTags(jsonBody(call))));
    return ok(view(scope));
  };
const patch =
  (scopeOf: (call: Call) => Scope) =>
  (call: Call): Reply => {
    const scope = scopeOf(call);
    const body = jsonBody(call);
    const operation = wordAt(body, 'operation', ['Merge', 'Replace', 'Delete']);
    if (operation === undefined)
      throw badRequest('InvalidRequestContent', "The request content is not valid: 'operation' is required.");
    const given = bodyTags(body);
    const held = scope.read();
    const next =
      operation === 'Replace' ? given : operation === 'Merge' ? merge(held, given) : without(held, given);
    scope.write(orNone(next));
    return ok(view(scope));
  };

const tail = 'providers/Microsoft.Resources/tags/default';
const scopes = [
  [`/subscriptions/{}/${tail}`, subscriptionScope],
  [`/subscriptions/{}/resourceGroups/{}/${tail}`, groupScope],
  [`/subscriptions/{}/resourceGroups/{}/providers/{}/{}/{}/${tail}`, resourceScope],
] as const;

export const tagRoutes: readonly Route[] = scopes.flatMap(([path, scopeOf]) => [
  route('Tags_CreateOrUpdateAtScope', `PUT ${path}`, put(scopeOf)),
  route('Tags_UpdateAtScope', `PATCH ${path}`, patch(scopeOf)),
  route('Tags_GetAtScope', `GET ${path}`, call => ok(view(scopeOf(call)))),
  route('Tags_DeleteAtScope', `DELETE ${path}`, call => {
    scopeOf(call).write(noTags);
    return { status: 200 };
  }),
]);
