/**
 * The parameters of a call: query and form taken together, lists as `Name.N`, lists of objects as `Name.N.Field`.
 * Source: ECS API reference, "Request structure".
 */
import { AliError, invalid, missing } from './errors.ts';

/** A string of its own: a part of the request's text would keep all of that alive. */
export const own = (text: string): string => Buffer.from(text).toString();

/** Not of the request itself, so not part of what a client token stands for. */
const envelope = new Set([
  'ClientToken',
  'Signature',
  'SignatureMethod',
  'SignatureNonce',
  'SignatureVersion',
  'SignatureType',
  'Timestamp',
  'AccessKeyId',
  'Format',
]);

export interface Params {
  /** Undefined where absent or empty, as the vendor's gateway takes it. */
  text(name: string): string | undefined;
  required(name: string): string;
  integer(name: string, least: number, most: number): number | undefined;
  boolean(name: string): boolean | undefined;
  /** `Name.1`, `Name.2` … in their order. */
  list(name: string): string[];
  /** `Name.1.Field` …: one object each, by the fields' names in lower case. */
  objects(name: string): ReadonlyMap<string, string>[];
  /** A list given as JSON text. */
  json(name: string): string[] | undefined;
  /** The request as one text, whatever order it came in. */
  canonical(): string;
}

export function createParams(pairs: ReadonlyMap<string, string>): Params {
  const text = (name: string): string | undefined => pairs.get(name) || undefined;
  return {
    text,
    required(name) {
      const value = text(name);
      if (value === undefined) throw missing(name);
      return value;
    },
    integer(name, least, most) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = /^-?\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= least && number <= most))
        throw invalid(`Invalid${name.replaceAll('.', '')}`, `The specified ${name} is not valid.`);
      return number;
    },
    boolean(name) {
      const value = text(name)?.toLowerCase();
      if (value === undefined) return undefined;
      if (value !== 'true' && value !== 'false')
        throw invalid(`Invalid${name}`, `The specified ${name} is not valid.`);
      return value === 'true';
    },
    list(name) {
      const found: [number, string][] = [];
      for (const [key, value] of pairs) {
        if (!key.startsWith(`${name}.`)) continue;
        const index = key.slice(name.length + 1);
        if (/^\d{1,4}$/.test(index) && value !== '') found.push([Number(index), value]);
      }
      return found.sort((a, b) => a[0] - b[0]).map(([, value]) => value);
    },
    objects(name) {
      const found = new Map<number, Map<string, string>>();
      for (const [key, value] of pairs) {
        if (!key.startsWith(`${name}.`)) continue;
        const match = /^(\d{1,4})\.(.+)$/.exec(key.slice(name.length + 1));
        if (!match) continue;
        const index = Number(match[1]);
        const fields = found.get(index) ?? new Map<string, string>();
        fields.set((match[2] ?? '').toLowerCase(), value);
        found.set(index, fields);
      }
      return [...found].sort((a, b) => a[0] - b[0]).map(([, fields]) => fields);
    },
    json(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      try {
        const parsed: unknown = JSON.parse(value);
        if (Array.isArray(parsed) && parsed.every(each => typeof each === 'string')) return parsed;
      } catch {
        // Said below.
      }
      throw new AliError(
        `Invalid${name}.Malformed`,
        `The specified ${name} is not valid: a JSON array is expected.`,
      );
    },
    canonical: () =>
      [...pairs]
        .filter(([name]) => !envelope.has(name))
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join('\n'),
  };
}
