/** Small spellings that the services share: times, ids by hash, MAC addresses. */
import { createHash } from 'node:crypto';

/** 2022-10-05T12:00:00Z, as Nova's and Neutron's resources have it. */
export const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
/** 2022-10-05T12:00:00.000000, as Nova's OS-SRV-USG and key pairs have it: the databases keep whole seconds. */
export const micros = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}.000000`;
/** With the zone, as Keystone has it. */
export const zonedMicros = (ms: number): string => `${micros(ms)}Z`;

const sha = (text: string) => createHash('sha256').update(`openstack/${text}`).digest('hex');

/** What exists in every cloud has the same id after each start: an RFC 9562 form by hash. */
export function stableUuid(text: string): string {
  const h = sha(text);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
}
/** Keystone's ids have no hyphens. */
export const stableHex = (text: string, digits = 32): string => sha(text).slice(0, digits);

/** fa:16:3e is OpenStack's prefix (neutron.conf base_mac); the rest is the port's id. */
export const macOf = (portId: string): string =>
  `fa:16:3e:${portId.slice(0, 2)}:${portId.slice(2, 4)}:${portId.slice(4, 6)}`;

const uuidRegExp = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => uuidRegExp.test(text);
