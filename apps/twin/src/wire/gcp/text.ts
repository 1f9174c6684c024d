/** Small spellings: times, fingerprints, links. */
import { createHash } from 'node:crypto';
import type { Call } from './call.ts';
import { malformedUrl } from './errors.ts';

/** RFC 3339 with Google's own offset. */
export const time = (ms: number): string => new Date(ms - 8 * 3600_000).toISOString().replace('Z', '-08:00');

/** Of contents that are replaced, never changed: lists of many VMs would reckon the same ones again and again. */
const known = new WeakMap<object, string>();
/** Eight bytes in base64, always the same for the same content. */
export function fingerprint(value: object): string {
  let print = known.get(value);
  if (print === undefined) {
    const hash = createHash('sha256').update(JSON.stringify(value)).digest();
    known.set(value, (print = hash.toString('base64url', 0, 8).concat('=')));
  }
  return print;
}
/** The like, of what has a version. `id` is a resource's. */
export function versionPrint(id: string, version: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(id) ^ (BigInt(version + 1) * 0x9e37_79b9n));
  return bytes.toString('base64url').concat('=');
}

/** What exists without having been made has the same id after each start. */
export const stableId = (text: string): string =>
  (createHash('sha256').update(`gcp/${text}`).digest().readBigUInt64BE() >> 1n).toString();

export interface Link {
  project: string;
  /** zones/<zone>, regions/<region> or global. */
  scope: string;
  /** zone or region, or "". */
  place: string;
  name: string;
}

/** Full, `projects/p/…` or from `zones/…`, `regions/…`, `global/…` on. 400 where it is no link to one of `collection`. */
export function parseLink(call: Call, text: string, field: string, collection: string): Link {
  const path = text
    .replace(/^https?:\/\/[^/]+\//, '')
    .replace(/^(?:.*\/)?(?:v1|beta|alpha)\/(?=projects\/)/, '')
    .replace(/^\/+/, '');
  const parts = path.split('/');
  const project = parts[0] === 'projects' ? parts.splice(0, 2)[1] : call.project;
  const [kind, ...rest] = parts;
  const place = kind === 'global' ? '' : rest.shift();
  const [found, ...words] = rest;
  const name = found === 'images' && words[0] === 'family' && words.length === 2 ? words.join('/') : words[0];
  if (
    (kind !== 'global' && kind !== 'zones' && kind !== 'regions') ||
    found !== collection ||
    project === undefined ||
    place === undefined ||
    name === undefined ||
    name === '' ||
    (name !== words.join('/') && words.length > 1)
  )
    throw malformedUrl(field, text);
  return { project, scope: kind === 'global' ? kind : `${kind}/${place}`, place, name };
}
