/**
 * Eventual consistency: for `consistencyMs` (a setting of the cloud, 0 by default) after a resource was made, requests that name it find
 * nothing and lists leave it out. Source: EC2 API developer guide, "Eventual consistency".
 */
import type { Call } from './call.ts';
import { kindOf, notFound } from './ids.ts';
import type { AwsSite } from './site.ts';
import type { Members, Xml } from './xml.ts';

function forget(site: AwsSite, now: number): void {
  for (const [id, until] of site.fresh) if (until <= now) site.fresh.delete(id);
}

/** Throws the NotFound of what is named too early. An idempotent repetition names nothing, and finds what it made. */
export function checkFresh({ site, world, params }: Call): void {
  if (site.fresh.size === 0) return;
  forget(site, world.now());
  for (const value of params.values()) {
    const kind = site.fresh.has(value) ? kindOf(value) : undefined;
    if (kind) throw notFound(kind, value);
  }
}

const isMembers = (item: Xml): item is Members =>
  typeof item === 'object' && !Array.isArray(item) && 'constructor' in item && item.constructor === Object;

/** A Describe action's answer without what is too fresh: list items that hold such an id themselves. */
export function withoutFresh({ site, action }: Call, members: Members): Members {
  if (site.fresh.size === 0 || !action.startsWith('Describe')) return members;
  const left: Record<string, Xml> = {};
  for (const [name, value] of Object.entries(members)) {
    if (!Array.isArray(value)) left[name] = value;
    else
      left[name] = (value as readonly Xml[]).flatMap((item): Xml[] => {
        if (!isMembers(item)) return [item];
        if (Object.values(item).some(one => typeof one === 'string' && site.fresh.has(one))) return [];
        const instances = item['instancesSet'];
        if (!Array.isArray(instances)) return [item];
        const { list = [] } = withoutFresh({ site, action } as Call, { list: instances as Xml });
        return Array.isArray(list) && list.length > 0 ? [{ ...item, instancesSet: list as Xml }] : [];
      });
  }
  return left;
}
