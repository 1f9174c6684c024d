/** What the server tells of itself. */
import { version } from '../version.ts';
import { Text, type SpiderRoute } from './route.ts';

const html = 'text/html; charset=UTF-8';
const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Cloud-Barista: CB-Spider’s API</title></head>
<body><h1>Cloud-Barista ${version}</h1><p>CB-Spider’s API is served under <code>/spider</code>: <a href="/spider/api">its routes</a>.</p></body></html>
`;
const ready = { message: 'CB-Spider is ready' };
const open = 'wants the server’s login like every call (on the loopback: none, unless one is configured)';

const health = (path: string): SpiderRoute => ({
  method: 'GET',
  path,
  since: 'newest',
  summary: 'Is it ready?',
  differs: open,
  answer: () => ready,
});
const versionAt = (path: string): SpiderRoute => ({
  method: 'GET',
  path,
  since: 'newest',
  summary: 'Version',
  differs: 'this server’s version, named as ours',
  answer: () => ({ Version: `CB-Spider (Cloud-Barista) v${version}` }),
});

export const infoRoutes: readonly SpiderRoute[] = [
  {
    method: 'GET',
    path: '',
    since: '2020',
    summary: 'A page',
    differs: 'our own',
    answer: () => new Text(html, page),
  },
  {
    method: 'GET',
    path: '/',
    since: '2020',
    summary: 'A page',
    differs: 'our own',
    answer: () => new Text(html, page),
  },
  {
    method: 'GET',
    path: '/endpointinfo',
    since: 'v0.3',
    summary: 'Where it is served',
    differs: 'our own text',
    answer: () =>
      new Text(
        'text/plain; charset=UTF-8',
        `\n  <CB-Spider> served by Cloud-Barista v${version}\n     - REST API: /spider\n     - API page: /spider/api\n`,
      ),
  },
  health('/healthcheck'),
  health('/health'),
  health('/ping'),
  health('/readyz'),
  versionAt('/ver'),
  versionAt('/version'),
  {
    method: 'GET',
    path: '/splockinfo',
    since: 'newest',
    summary: 'Locks held',
    differs:
      'always empty: no lock is held over a call to a cloud that others could wait for, but on that one resource',
    answer: () => ({ splockinfo: [] }),
  },
];
