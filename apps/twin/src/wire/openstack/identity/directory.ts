/** Who and what Keystone knows: the domain, project, user, roles, regions, services, endpoints. Source: Identity API v3. */
import type { Account } from '../account.ts';
import type { Call } from '../call.ts';
import { notFound } from '../errors.ts';
import { ok, type Reply } from '../reply.ts';
import { route, type Route } from '../router.ts';
import { stableHex } from '../text.ts';
import { endpointList, serviceList } from './catalog.ts';

type Row = Record<string, unknown> & { id: string };

export const roles = (account: Account) =>
  ['admin', 'member', 'reader'].map(name => ({ id: stableHex(`${account.cloud.name}/role/${name}`), name }));

const link = (root: string, path: string) => ({ links: { self: `${root}/identity/v3/${path}` } });

export const projectView = (account: Account, root: string): Row => ({
  id: account.projectId,
  name: account.projectName,
  domain_id: account.domainId,
  description: 'The project of this cloud.',
  enabled: true,
  parent_id: account.domainId,
  is_domain: false,
  tags: [],
  options: {},
  ...link(root, `projects/${account.projectId}`),
});

export const domainView = (account: Account, root: string): Row => ({
  id: account.domainId,
  name: account.domainName,
  description: 'The default domain',
  enabled: true,
  tags: [],
  options: {},
  ...link(root, `domains/${account.domainId}`),
});

const userView = (account: Account, root: string): Row => ({
  id: account.userId,
  name: account.username,
  domain_id: account.domainId,
  default_project_id: account.projectId,
  enabled: true,
  email: null,
  password_expires_at: null,
  options: {},
  ...link(root, `users/${account.userId}`),
});

/** Each noun: its singular, its plural, its rows. */
const nouns: readonly [singular: string, plural: string, rows: (call: Call) => Row[]][] = [
  ['project', 'projects', ({ account, root }) => [projectView(account, root)]],
  ['user', 'users', ({ account, root }) => [userView(account, root)]],
  ['domain', 'domains', ({ account, root }) => [domainView(account, root)]],
  [
    'role',
    'roles',
    ({ account, root }) =>
      roles(account).map(role => ({
        ...role,
        domain_id: null,
        description: null,
        options: {},
        ...link(root, `roles/${role.id}`),
      })),
  ],
  [
    'region',
    'regions',
    ({ account, root }) =>
      account.cloud.regions.map(id => ({
        id,
        description: '',
        parent_region_id: null,
        ...link(root, `regions/${id}`),
      })),
  ],
  [
    'service',
    'services',
    ({ account, root }) => serviceList(account).map(row => ({ ...row, ...link(root, `services/${row.id}`) })),
  ],
  [
    'endpoint',
    'endpoints',
    ({ account, root }) =>
      endpointList(account, root).map(row => ({ ...row, ...link(root, `endpoints/${row.id}`) })),
  ],
  ['group', 'groups', () => []],
];

export const page = (call: Call, plural: string, path: string, rows: readonly unknown[]): Reply =>
  ok({ [plural]: rows, links: { self: `${call.root}/identity/v3/${path}`, previous: null, next: null } });

/** Filters by any attribute; what a row has not got is passed over, as Keystone does. */
const matches = (call: Call) => (row: Row) => {
  for (const [key, wanted] of call.query)
    if (key in row && String(row[key]).toLowerCase() !== wanted.toLowerCase()) return false;
  return true;
};

function assignments(call: Call): Reply {
  const { account, query } = call;
  const name = (row: Record<string, unknown>, label: string) =>
    query.has('include_names') ? { ...row, name: label } : row;
  const domain = { domain: { id: account.domainId, name: account.domainName } };
  const withDomain = (row: Record<string, unknown>) =>
    query.has('include_names') ? { ...row, ...domain } : row;
  const rows = roles(account).map(role => ({
    role: name({ id: role.id }, role.name),
    user: withDomain(name({ id: account.userId }, account.username)),
    scope: { project: withDomain(name({ id: account.projectId }, account.projectName)) },
    links: {},
  }));
  const [user, project] = [query.get('user.id'), query.get('scope.project.id')];
  const shown =
    (user === null || user === account.userId) && (project === null || project === account.projectId);
  return page(call, 'role_assignments', 'role_assignments', shown ? rows : []);
}

export const directoryRoutes: readonly Route<Call>[] = [
  ...nouns.flatMap(([singular, plural, rows]) => [
    route<Call>(`GET /${plural}`, call => page(call, plural, plural, rows(call).filter(matches(call)))),
    route<Call>(`GET /${plural}/{}`, call => {
      const row = rows(call).find(each => each.id === call.id);
      if (!row) throw notFound(`Could not find ${singular}: ${call.id}.`);
      return ok({ [singular]: row });
    }),
  ]),
  route('GET /users/{}/projects', call =>
    page(
      call,
      'projects',
      `users/${call.id}/projects`,
      call.id === call.account.userId ? [projectView(call.account, call.root)] : [],
    ),
  ),
  route('GET /role_assignments', assignments),
];
