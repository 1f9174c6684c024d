/**
 * The list of operations and quotas in cloud-twin.md, made of the wires' own tables: `node docs/operations.ts` writes it, and
 * examples.test.ts fails where the page lags behind.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { wireKinds } from '../apps/twin/src/wires.ts';

export const page = fileURLToPath(new URL('cloud-twin.md', import.meta.url));
const begin = '<!-- written by docs/operations.ts -->\n';
const end = '<!-- end -->';

/** By verb (`Describe…`) or by the first word of the path, each in the order of its first. */
function groups(operations: readonly string[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const operation of operations) {
    const noun = /^[A-Z]+ \/([^/]+)/.exec(operation)?.[1] ?? /^[A-Z][a-z]+/.exec(operation)?.[0] ?? '';
    grouped.set(noun, [...(grouped.get(noun) ?? []), operation]);
  }
  return grouped;
}

/** `GET /x`, `POST /x` → `GET POST /x` */
function joined(operations: readonly string[]): string[] {
  const methods = new Map<string, string[]>();
  for (const operation of operations) {
    const [method = '', path] = operation.split(' ');
    if (path === undefined) methods.set(operation, []);
    else methods.set(path, [...(methods.get(path) ?? []), method]);
  }
  return [...methods].map(([path, words]) => [...words, path].join(' '));
}

export function operationsText(): string {
  const parts = wireKinds.map(({ kind, operations, quotas }) => {
    const limits = Object.entries(quotas).map(([name, value]) => `\`${name}\` ${value}`);
    const lines = [...groups(operations).values()].map(
      each =>
        `- ${joined(each)
          .map(operation => `\`${operation}\``)
          .join(', ')}`,
    );
    return `### ${kind}\n\nQuotas: ${limits.join(', ') || 'none'}.\n\n${operations.length} operations:\n\n${lines.join('\n')}\n`;
  });
  return `\n${parts.join('\n')}\n`;
}

/** The page with its list as the wires have it now. */
export function withOperations(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error('cloud-twin.md has lost the marks around its operations');
  return text.slice(0, from + begin.length) + operationsText() + text.slice(to);
}

if (import.meta.main) await writeFile(page, withOperations(await readFile(page, 'utf8')));
