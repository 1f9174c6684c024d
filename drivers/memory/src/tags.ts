/** Tags of all that stands. */
import type { Tagging } from '@cloud-barista/driver/tags';
import type { CloudId } from '@cloud-barista/model/ids';
import type { TaggedKind, TagRule, Tags } from '@cloud-barista/model/tag';
import type { Context } from './calls.ts';
import { diskOf } from './disks.ts';
import { MemoryCloudError } from './errors.ts';
import { keyPairOf } from './key-pairs.ts';
import { groupOf } from './security-groups.ts';
import type { State } from './state.ts';
import { vpcOf } from './vpcs.ts';

export const tagRule: TagRule = { key: '[^\\s].{0,127}', value: '.{0,256}', most: 50 };

const require: Record<TaggedKind, (state: State, id: CloudId) => unknown> = {
  vpc: vpcOf,
  'security-group': groupOf,
  'key-pair': keyPairOf,
  disk: diskOf,
  vm(state, id) {
    const vm = state.vms.get(id);
    if (!vm || vm.state === 'Terminated') throw new MemoryCloudError('VmNotFound', `There is no VM ${id}.`);
  },
};

export function createTags(context: Context): Tagging {
  const { state, send } = context;
  const tagsOf = (kind: TaggedKind, id: CloudId): Tags => {
    require[kind](state, id);
    return state.tags.get(id) ?? {};
  };
  return {
    get: (call, kind, id) => send('ListTags', 'tag', call, id, () => ({ ...tagsOf(kind, id) })),
    set: (call, kind, id, tags) =>
      send('AddTags', 'tag', call, id, () => {
        const all = { ...tagsOf(kind, id), ...tags };
        if (Object.keys(all).length > tagRule.most)
          throw new MemoryCloudError('TooManyTags', `${id} can have ${tagRule.most} tags.`);
        state.tags.set(id, all);
      }),
    remove: (call, kind, id, keys) =>
      send('RemoveTags', 'tag', call, id, () => {
        const left = Object.entries(tagsOf(kind, id)).filter(([key]) => !keys.includes(key));
        if (left.length === 0) state.tags.delete(id);
        else state.tags.set(id, Object.fromEntries(left));
      }),
  };
}
