/** Answers as XML, which RPC callers get who don't ask for JSON. A list is its element, repeated. */

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, char => escapes[char] ?? char);

export function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(each => element(name, each)).join('');
  if (typeof value === 'object')
    return `<${name}>${Object.entries(value)
      .map(([key, each]) => element(key, each))
      .join('')}</${name}>`;
  return `<${name}>${escape(String(value))}</${name}>`;
}

export const document = (root: string, value: unknown): string =>
  `<?xml version='1.0' encoding='UTF-8'?>${element(root, value)}`;
