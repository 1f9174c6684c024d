/**
 * Marks: how a resource says by which create it was made. Instances, disks and images have labels. Networks, subnetworks and firewalls
 * have none, and addresses get theirs only once they are made: there the token stands in the description. And the ids of requests, by
 * which Google knows a repeated one.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { CreateCall } from '@cloud-barista/driver/call';
import type { Token } from '@cloud-barista/model/ids';

/** `cb-token=tok_… cb-cidr=10.0.0.0/16` */
export const describeMark = (token: Token, more: Record<string, string> = {}): string =>
  Object.entries({ token, ...more })
    .map(([key, value]) => `cb-${key}=${value}`)
    .join(' ');

export const markOf = (description: string | undefined, key = 'token'): string | undefined =>
  description
    ?.split(' ')
    .find(word => word.startsWith(`cb-${key}=`))
    ?.slice(key.length + 4);

/** What a mark says, as an answer shows it; nothing where it is no token of ours. */
export const shown = (text: string | undefined): { token?: Token } =>
  text !== undefined && /^tok_[a-z0-9]+$/.test(text) ? { token: text as Token } : {};

/** A version 8 UUID (RFC 9562, 5.8: what is in it is ours to say) out of any text. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * The request ids of one create: the same for the same token and step, so that a repeat is the same request to Google.
 * A create that is made `again` takes others: Google would answer the same id with the failed operation of the first time.
 * That can double nothing, for every name here is unique in its project and place: a second insert meets 409.
 */
export function requestIds({ token, again }: CreateCall): (step: string) => string {
  const attempt = again ? randomUUID() : '';
  return step => uuidOf(`${token} ${step} ${attempt}`);
}
