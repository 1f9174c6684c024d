/**
 * One operation has several names: a recorder may write the vendor's name of a method, the HTTP method and path that it stands for, or call a
 * path's places otherwise. What is the same operation gets the same name here.
 */

/** The vendor's names of what is known by its path only. */
const paths: Readonly<Record<string, string>> = {
  // Azure Retail Prices has no REST specification, hence no operation id.
  'GET /api/retail/prices': 'RetailPrices_List',
  'POST /token': 'token',
  'GET /v1/services/{}/skus': 'services.skus.list',
  'GET /v1/services': 'services.list',
};
const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'insert',
  DELETE: 'delete',
  PATCH: 'patch',
  PUT: 'update',
};

/** Compute Engine's method of a path below the project, e.g. `GET /zones/{}/instances` is instances.list. */
function computeMethod(method: string, parts: readonly string[]): string | undefined {
  const [scope, place, ...rest] = parts;
  const isScope = scope === 'zones' || scope === 'regions';
  if (scope === undefined) return method === 'GET' ? 'projects.get' : undefined;
  if (isScope && rest.length === 0) return `${scope}.${place === undefined ? 'list' : 'get'}`;
  if (parts.length === 1) return method === 'POST' ? `projects.${scope}` : undefined;
  const [noun = '', one, deed] = scope === 'global' || scope === 'aggregated' ? parts.slice(1) : rest;
  if (!isScope && scope !== 'global' && scope !== 'aggregated') return undefined;
  if (scope === 'aggregated') return `${noun}.aggregatedList`;
  const collection = noun === 'operations' ? `${scope.replace(/s$/, '')}Operations` : noun;
  if (noun === 'images' && one === 'family') return 'images.getFromFamily';
  if (deed !== undefined) return `${collection}.${deed}`;
  if (one === undefined && method === 'GET') return `${collection}.list`;
  const verb = verbs[method];
  return verb === undefined ? undefined : `${collection}.${verb}`;
}

const known = new Map<string, string>();

function nameOf(name: string): string {
  const [, method, address] = /^([A-Z]+) \/?(.*)$/.exec(name) ?? [];
  if (method === undefined || address === undefined)
    // Resource Manager: the polling of an operation, and lists whose scope is in the path.
    return name
      .replace(/^.* \(status\)$/, 'Operations_Get')
      .replace(/^.* \(result\)$/, 'Operations_Result')
      .replace(/_List(All|ByResourceGroup|BySubscription)$/, '_List');
  const path = `${method} /${address.replaceAll(/\{\w*\}/g, '{}')}`;
  return (
    paths[path] ??
    computeMethod(
      method,
      path
        .slice(method.length + 2)
        .split('/')
        .filter(part => part !== ''),
    ) ??
    path
  );
}

export function sameName(name: string): string {
  let same = known.get(name);
  if (same !== undefined) return same;
  same = nameOf(name);
  if (known.size < 10_000) known.set(name, same);
  return same;
}
