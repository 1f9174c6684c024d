/**
 * Tags are labels of instances and disks ("Organize resources using labels"). They are changed whole, under the fingerprint of what was
 * read: who was slower meets conditionNotMet, reads again and changes that.
 */
import { randomUUID } from 'node:crypto';
import type { Call } from '@cloud-barista/driver/call';
import { backOff } from '@cloud-barista/driver/concurrency';
import type { Driver } from '@cloud-barista/driver/driver';
import { tagCapability, type Tagging } from '@cloud-barista/driver/tags';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import { hasCode } from '@cloud-barista/model/errors';
import type { TaggedKind, Tags } from '@cloud-barista/model/tag';
import type { Api } from './api.ts';
import type { Operation } from './errors.ts';
import { placeOf } from './places.ts';

/** Not a mark of ours, nor Google's own. */
const isUsers = (key: string): boolean => !/^(cb-|goog)/.test(key);

/** With chance in the pauses, ten writers at once come through in far fewer. */
const rounds = 20;

interface Labelled {
  labels?: Tags;
  labelFingerprint?: string;
}

export function createTags(driver: Driver, api: Api): Tagging {
  function about(kind: TaggedKind, id: string) {
    requireCapability(driver, tagCapability[kind]);
    const { zone, name } = placeOf(id, kind === 'disk' ? 'disk' : 'VM');
    const place = `projects/{project}/zones/{zone}/${kind === 'disk' ? 'disks' : 'instances'}/{name}`;
    return { place, order: { resource: 'tag', name, path: { zone, name } } as const };
  }

  const read = ({ signal }: Call, { place, order }: ReturnType<typeof about>): Promise<Labelled> =>
    api.send<Labelled>(`GET ${place}`, { ...order, query: { fields: 'labels,labelFingerprint' } }, signal);

  /** `change` is given what stands and returns true where it changed it; it may be called again on newer labels. */
  async function edit(
    call: Call,
    kind: TaggedKind,
    id: string,
    change: (labels: Tags) => boolean,
  ): Promise<void> {
    const what = about(kind, id);
    for (let round = 0; ; round++)
      try {
        const { labels = {}, labelFingerprint } = await read(call, what);
        if (!change(labels)) return;
        const order = {
          ...what.order,
          query: { requestId: randomUUID() },
          body: { labels, ...(labelFingerprint !== undefined && { labelFingerprint }) },
        };
        const operation = await api.send<Operation>(`POST ${what.place}/setLabels`, order, call.signal);
        return await api.done(operation, { resource: 'tag', name: what.order.name }, call.signal);
      } catch (error) {
        if (!hasCode(error, 'aborted') || round >= rounds) throw error;
        await backOff(call.signal, Math.floor(Math.random() * Math.min(round + 1, 5)));
      }
  }

  return {
    async get(call, kind, id) {
      const { labels = {} } = await read(call, about(kind, id));
      return Object.fromEntries(Object.entries(labels).filter(([key]) => isUsers(key)));
    },
    set: (call, kind, id, tags) =>
      edit(call, kind, id, labels => {
        const changed = Object.entries(tags).some(([key, value]) => labels[key] !== value);
        Object.assign(labels, tags);
        return changed;
      }),
    remove: (call, kind, id, keys) =>
      edit(call, kind, id, labels => {
        const standing = keys.filter(key => isUsers(key) && Object.hasOwn(labels, key));
        for (const key of standing) delete labels[key];
        return standing.length > 0;
      }),
  };
}
