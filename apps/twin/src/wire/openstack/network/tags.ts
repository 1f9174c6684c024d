/** /v2.0/<resources>/<id>/tags. Source: Networking API v2.0, "Standard Attributes Tag Extension". */
import { jsonBody, type SiteCall } from '../call.ts';
import { noContent, ok, type Reply } from '../reply.ts';
import { badRequest, neutronError } from '../errors.ts';
import type { Resource } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { touch, type Site } from '../site.ts';

const collections = {
  networks: site => site.networks,
  subnets: site => site.subnets,
  ports: site => site.ports,
  routers: site => site.routers,
  floatingips: site => site.floatingIps,
  'security-groups': site => site.groups,
  'security-group-rules': site => site.rules,
} as const satisfies Record<string, (site: Site) => ReadonlyMap<string, Resource>>;

function find(call: SiteCall, collection: keyof typeof collections): Resource {
  const resource = collections[collection](call.site).get(call.id);
  if (!resource)
    throw neutronError(404, 'TagResourceNotFound', `Resource ${collection} ${call.id} could not be found.`);
  return resource;
}

function check(tag: unknown): string {
  if (typeof tag !== 'string' || tag === '' || tag.length > 255)
    throw badRequest(
      `Invalid input for tags. Reason: '${String(tag).slice(0, 64)}' is not a valid tag of 1 to 255 characters.`,
    );
  return tag;
}

function routesOf(collection: keyof typeof collections): SiteRoute[] {
  const set = (call: SiteCall, resource: Resource, tags: readonly string[]) => {
    resource.tags = tags;
    touch(call.world, resource);
  };
  const missing = (tag: string) => neutronError(404, 'TagNotFound', `Tag ${tag} could not be found.`);
  const replace = (call: SiteCall): Reply => {
    const resource = find(call, collection);
    const { tags } = jsonBody(call);
    if (!Array.isArray(tags)) throw badRequest("Invalid input for tags. Reason: 'tags' is not a list.");
    set(call, resource, [...new Set(tags.map(check))]);
    return ok({ tags: resource.tags });
  };
  return [
    route(`GET /${collection}/{}/tags`, call => ok({ tags: find(call, collection).tags })),
    route(`PUT /${collection}/{}/tags`, replace),
    route(`DELETE /${collection}/{}/tags`, call => {
      set(call, find(call, collection), []);
      return noContent;
    }),
    route(`GET /${collection}/{}/tags/{}`, call => {
      if (!find(call, collection).tags.includes(call.sub)) throw missing(call.sub);
      return noContent;
    }),
    route(`PUT /${collection}/{}/tags/{}`, call => {
      const resource = find(call, collection);
      if (!resource.tags.includes(call.sub)) set(call, resource, [...resource.tags, check(call.sub)]);
      return { status: 201 };
    }),
    route(`DELETE /${collection}/{}/tags/{}`, call => {
      const resource = find(call, collection);
      if (!resource.tags.includes(call.sub)) throw missing(call.sub);
      set(
        call,
        resource,
        resource.tags.filter(tag => tag !== call.sub),
      );
      return noContent;
    }),
  ];
}

export const tagRoutes: readonly SiteRoute[] = (
  Object.keys(collections) as (keyof typeof collections)[]
).flatMap(routesOf);
