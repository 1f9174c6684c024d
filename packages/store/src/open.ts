/** Opens the store that a URL names; only that backend is loaded. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Store } from './store.ts';

/**
 * `memory:` · `sqlite:/var/lib/barista/store.db` (or a relative path) · `etcd://[user:password@]host:port[,host:port]/prefix`
 * (`etcds:` for TLS with the system's authorities).
 */
export async function openStore(url: string): Promise<Store> {
  const scheme = /^([a-z]+):/.exec(url)?.[1];
  if (scheme === 'memory') return (await import('./memory.ts')).openMemoryStore();
  if (scheme === 'sqlite') {
    const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (path !== '' && path !== '/') return (await import('./sqlite.ts')).openSqliteStore({ path });
  }
  const etcd = /^(etcds?):\/\/(?:([^:@/]+):([^@/]*)@)?([^/@]+)(\/.*)?$/.exec(url);
  if (etcd) {
    const [, kind, user, password, hosts = '', prefix = ''] = etcd;
    const endpoints = hosts.split(',').map(host => `${kind === 'etcds' ? 'https' : 'http'}://${host}`);
    if (endpoints.every(endpoint => URL.canParse(endpoint)))
      return (await import('./etcd.ts')).openEtcdStore({
        endpoints,
        prefix: prefix.replace(/\/$/, ''),
        ...(user !== undefined && {
          user: decodeURIComponent(user),
          password: decodeURIComponent(password ?? ''),
        }),
      });
  }
  throw new BaristaError(
    'invalid_argument',
    `No store can be opened at ${scheme ? `a URL of the scheme "${scheme}"` : 'this URL'}.`,
    {
      where: 'store',
      next: 'Use memory:, sqlite:/path/to/file.db or etcd://host:port[,host:port]/prefix.',
    },
  );
}
