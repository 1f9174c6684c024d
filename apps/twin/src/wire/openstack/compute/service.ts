/** Nova as a whole: its versions, and the routes of all of its nouns. */
import type { Call } from '../call.ts';
import { novaVersions } from '../microversion.ts';
import type { SiteRoute } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { flavorRoutes } from './flavors.ts';
import { keyPairRoutes } from './key-pairs.ts';
import { limitRoutes } from './limits.ts';
import { serverPartRoutes } from './server-parts.ts';
import { serverRoutes } from './servers.ts';
import { volumeAttachmentRoutes } from './volume-attachments.ts';

const current = (call: Call) => ({
  id: 'v2.1',
  status: 'CURRENT',
  version: `2.${novaVersions.newest}`,
  min_version: `2.${novaVersions.oldest}`,
  updated: '2013-07-23T11:33:21Z',
  links: [{ rel: 'self', href: `${call.endpoint}/v2.1/` }],
});

export const versions = (call: Call) => ({ versions: [current(call)] });

export const version = (call: Call) => ({
  version: {
    ...current(call),
    links: [
      ...current(call).links,
      { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' },
    ],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' }],
  },
});

/** Without `/v2.1`. */
export const computeRouteTable: readonly SiteRoute[] = [
  ...serverRoutes,
  ...actionRoutes,
  ...serverPartRoutes,
  ...volumeAttachmentRoutes,
  ...flavorRoutes,
  ...keyPairRoutes,
  ...limitRoutes,
];
