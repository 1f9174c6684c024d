/**
 * The tables of compatibility.md, made of the routes themselves: `node docs/compatibility.ts` writes them, and compatibility.test.ts fails
 * where the page lags behind.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Since, SpiderRoute } from '../apps/server/src/spider-api/route.ts';
import { pageFiles } from '../apps/server/src/spider-api/api-page.ts';
import { served } from '../apps/server/src/spider-api/routes.ts';
import { unserved } from '../apps/server/src/spider-api/unserved.ts';

export const page = fileURLToPath(new URL('compatibility.md', import.meta.url));
const begin = '<!-- written by docs/compatibility.ts -->\n';
const end = '<!-- end -->';

const since: Record<Since, string> = { '2020': '2020', 'v0.3': '2021', newest: 'today' };
const code = (text: string) => `\`${text}\``;
/** One line a path: its methods, and what differs, once where they share it. */
function row(routes: readonly SpiderRoute[]): string {
  const [first] = routes;
  if (!first) return '';
  const path = first.path === '' ? '(root)' : first.path;
  const eras = [...new Set(routes.map(route => since[route.since]))].join(', ');
  const notes = [...new Set(routes.map(route => route.differs))];
  const text = notes
    .flatMap(note => {
      if (note === undefined) return [];
      const methods = routes.filter(route => route.differs === note).map(route => route.method);
      return [notes.length > 1 ? `${methods.join(', ')}: ${note}` : note];
    })
    .join('. ');
  return `| ${routes.map(route => route.method).join(' ')} | ${code(path)} | ${eras} | ${text.replaceAll('|', '\\|')} |`;
}

function table(title: string, routes: readonly SpiderRoute[]): string {
  const byPath = new Map<string, SpiderRoute[]>();
  for (const route of routes)
    if (!pageFiles.includes(route.path)) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);
  const rows = [...byPath.values()].map(row);
  return `### ${title}\n\n| | path under \`/spider\` | since | differs |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

export function tablesText(): string {
  const all = Object.values(served).flat();
  const counted = all.filter(route => !pageFiles.includes(route.path)).length;
  const missing = unserved.map(
    ({ what, why, routes }) => `| ${what} | ${routes.length} | ${why} | ${routes.map(code).join(', ')} |`,
  );
  return `\n${counted} routes are served.\n\n${Object.entries(served)
    .map(([title, routes]) => table(title, routes))
    .join(
      '\n',
    )}\n### Not served\n\nEach answers 501 with its reason.\n\n| what | routes | why | |\n|---|---|---|---|\n${missing.join('\n')}\n`;
}

export function withTables(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error('compatibility.md has lost the marks around its tables');
  return text.slice(0, from + begin.length) + tablesText() + text.slice(to);
}

if (import.meta.main) await writeFile(page, withTables(await readFile(page, 'utf8')));
