/** Keystone as a whole: its version, and the routes of all of its nouns. */
import type { Call } from '../call.ts';
import type { Route } from '../router.ts';
import { appCredentialRoutes } from './app-credentials.ts';
import { directoryRoutes } from './directory.ts';
import { tokenRoutes } from './tokens.ts';

const v3 = (call: Call) => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${call.root}/identity/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
});

export const versions = (call: Call) => ({ versions: { values: [v3(call)] } });
export const version = (call: Call) => ({ version: v3(call) });

/** Without `/v3`. */
export const identityRouteTable: readonly Route<Call>[] = [
  ...tokenRoutes,
  ...directoryRoutes,
  ...appCredentialRoutes,
];
