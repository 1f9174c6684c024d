/** The stream of changes: the store's watch, told in the API's nouns and shapes. */
import type { Handlers } from '@cloud-barista/api/handlers';
import { hasCode } from '@cloud-barista/model/errors';
import { getConnection } from '@cloud-barista/spider/connections';
import type { Store } from '@cloud-barista/store/store';
import type { Tumblebug } from '@cloud-barista/tumblebug/tumblebug';
import { getMcis, getMcisVm } from '@cloud-barista/tumblebug/view';

interface Kind {
  /** Where its objects stand in the store; what follows is the object's name. */
  prefix: string;
  /** What users see of the record; not_found where it is gone again. */
  show: (bug: Tumblebug, name: readonly string[], record: unknown) => Promise<unknown>;
}
const asItIs: Kind['show'] = async (_bug, _name, record) => record;

const kinds: Record<'namespace' | 'mcis' | 'vm' | 'connection' | 'operation', Kind> = {
  namespace: { prefix: '/tumblebug/namespaces/', show: asItIs },
  mcis: {
    prefix: '/tumblebug/mcis/',
    // As a line of its list: its VMs have changes of their own.
    async show(bug, [namespace = '', name = '']) {
      const { vms: _vms, groups: _groups, ...summary } = await getMcis(bug, namespace, name);
      return summary;
    },
  },
  vm: {
    prefix: '/tumblebug/vms/',
    show: (bug, [namespace = '', mcis = '', name = '']) => getMcisVm(bug, namespace, mcis, name),
  },
  connection: {
    prefix: '/spider/connections/',
    show: (bug, [name = '']) => getConnection(bug.spider, name),
  },
  operation: { prefix: '/operations/', show: asItIs },
};

export const watchHandlers = (store: Store, bug: Tumblebug): Pick<Handlers, 'watch.stream'> => ({
  async 'watch.stream'({ kind, prefix = '', from }, { signal }) {
    const { prefix: root, show } = kinds[kind];
    const changes = store.watch(root + prefix, { signal, ...(from !== undefined && { from }) });
    return (async function* () {
      for await (const { type, key, value, revision } of changes) {
        const name = key.slice(root.length);
        const event = { type, kind, name, revision };
        if (type === 'delete') yield event;
        else
          try {
            yield { ...event, object: await show(bug, name.split('/'), JSON.parse(value)) };
          } catch (error) {
            // Gone again since: its delete is the next change.
            if (!hasCode(error, 'not_found')) throw error;
            yield event;
          }
      }
    })();
  },
});
