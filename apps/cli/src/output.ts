/** What the CLI prints: tables for people, JSON and YAML for programs. */
import { stringify } from 'yaml';

export const formats = ['table', 'wide', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

export interface Column {
  title: string;
  value: (item: never) => unknown;
  /** Only in `wide`. */
  wide?: boolean;
}
export const column = <T>(title: string, value: (item: T) => unknown, wide = false): Column => ({
  title,
  value: value,
  wide,
});

const width = (text: string): number => {
  // Hangul and other East Asian wide characters take two cells.
  let cells = 0;
  for (const char of text) cells += /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿！-｠]/u.test(char) ? 2 : 1;
  return cells;
};

/** Control characters of a cloud's or VM's text must not reach the terminal as such. */
export const plain = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '·');

const cell = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '-';
  return plain(Array.isArray(value) ? value.join(',') : String(value)).replace(/[\n\t]+/g, ' ');
};

export function table(columns: readonly Column[], items: readonly unknown[]): string {
  const rows = [
    columns.map(({ title }) => title),
    ...items.map(item => columns.map(({ value }) => cell(value(item as never)))),
  ];
  const widths = columns.map((_, i) => Math.max(...rows.map(row => width(row[i] ?? ''))));
  return rows
    .map(row =>
      row
        .map((text, i) => text + ' '.repeat((widths[i] ?? 0) - width(text)))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

export function print(format: Format, items: unknown, columns: readonly Column[]): void {
  process.stdout.write(`${render(format, items, columns)}\n`);
}

export function render(format: Format, items: unknown, columns: readonly Column[]): string {
  if (format === 'json') return JSON.stringify(items, null, 2);
  if (format === 'yaml') return stringify(items).trimEnd();
  const list = Array.isArray(items) ? items : [items];
  if (list.length === 0) return 'None.';
  return table(
    columns.filter(({ wide }) => format === 'wide' || wide !== true),
    list,
  );
}

/** How long ago, as people say it. */
export function age(time: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (!Number.isFinite(seconds)) return '-';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
