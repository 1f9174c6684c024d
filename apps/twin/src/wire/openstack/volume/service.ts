/** Cinder as a whole: its version, and the routes of all of its nouns. */
import type { Call } from '../call.ts';
import { cinderVersions } from '../microversion.ts';
import type { SiteRoute } from '../router.ts';
import { limitRoutes } from './limits.ts';
import { snapshotRoutes } from './snapshots.ts';
import { typeRoutes } from './types.ts';
import { volumeActionRoutes } from './volume-actions.ts';
import { volumeRoutes } from './volumes.ts';

/** The same below /v3/ as at the root. */
export const versions = (call: Call) => ({
  versions: [
    {
      id: 'v3.0',
      status: 'CURRENT',
      version: `3.${cinderVersions.newest}`,
      min_version: `3.${cinderVersions.oldest}`,
      updated: '2022-08-31T00:00:00Z',
      links: [
        { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/' },
        { rel: 'self', href: `${call.endpoint}/v3/` },
      ],
      'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
    },
  ],
});

/** Without `/v3` and the project. */
export const volumeRouteTable: readonly SiteRoute[] = [
  ...volumeRoutes,
  ...volumeActionRoutes,
  ...snapshotRoutes,
  ...typeRoutes,
  ...limitRoutes,
];
