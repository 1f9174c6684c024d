/**
 * Where a create's token, and what Cloudit has no field for, is kept: in the cloud itself, in the very request that makes the
 * thing. Security groups, subnets and servers have a description; volumes and snapshots have only their name, so theirs ends with
 * the token. What has no noun in Cloudit – a VPC, a key pair – is a security group that is one by its description.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';

export type MarkKind = 'vpc' | 'subnet' | 'security-group' | 'key-pair' | 'vm';
export interface Mark {
  kind: MarkKind;
  token: Token;
  /** Of a subnet: its VPC. Of a key pair: the public key. Of a VM: VPC, subnet, key pair, image. */
  rest: string[];
}

const stem = 'cloud-barista';

export const describeMark = (kind: MarkKind, token: Token, ...rest: string[]): string =>
  [stem, kind, token, ...rest].join(' ');

export function markOf(kind: MarkKind, { description }: { description?: string }): Mark | undefined {
  const [first, word, token, ...rest] = (description ?? '').split(' ');
  return first === stem && word === kind && token !== undefined
    ? { kind, token: token as Token, rest }
    : undefined;
}
export const isMarked = (record: { description?: string }, kind: MarkKind, token?: Token): boolean => {
  const mark = markOf(kind, record);
  return mark !== undefined && (token === undefined || mark.token === token);
};

/** A Cloudit that forgets descriptions, or cuts them, would lose what is kept there: better to say so than to lose track. */
export const forgotten = (): BaristaError =>
  new BaristaError(
    'unimplemented',
    'This Cloudit does not keep the descriptions of subnets and security groups, where VPCs, key pairs and marks would stand.',
    { next: 'Ask its operator for a version that does.' },
  );

/** Names hold 45 characters, of which the mark takes 21. */
export const markedNameMax = 24;
export const markedName = (name: string, token: Token): string => `${name}.${token}`;
export function readMarkedName(text: string): { name: string; token?: Token } {
  const [, name, token] = /^(.*)\.(tok_[a-z0-9]+)$/i.exec(text) ?? [];
  return name !== undefined && token !== undefined ? { name, token: token as Token } : { name: text };
}
