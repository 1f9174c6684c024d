/** The stream of changes: the store's watch, told in the API's nouns. */
import type { Handlers } from '@cloud-barista/api/handlers';
import type { Store } from '@cloud-barista/store/store';

/** Where the objects of each kind stand in the store. */
const prefixes = {
  namespace: '/tumblebug/namespaces/',
  mcis: '/tumblebug/mcis/',
  vm: '/tumblebug/vms/',
  connection: '/spider/connections/',
  operation: '/operations/',
} as const;

export const watchHandlers = (store: Store): Pick<Handlers, 'watch.stream'> => ({
  async 'watch.stream'({ kind, prefix = '', from }, { signal }) {
    const root = prefixes[kind];
    const changes = store.watch(root + prefix, { signal, ...(from !== undefined && { from }) });
    return (async function* () {
      for await (const { type, key, value, revision } of changes)
        yield {
          type,
          kind,
          name: key.slice(root.length),
          revision,
          ...(type === 'put' && { object: JSON.parse(value) as unknown }),
        };
    })();
  },
});
