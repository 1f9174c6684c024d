/**
 * Lists: both ways of paging, wildcards, times. Source: ECS API reference, DescribeInstances (PageNumber/PageSize, or
 * NextToken/MaxResults).
 */
import type { Answer } from './call.ts';
import { AliError, invalid } from './errors.ts';
import type { Params } from './params.ts';

/** The part of `all` that was asked for, and the members that tell where it stands. */
export function page<T>(params: Params, all: readonly T[], most: number): { records: T[]; members: Answer } {
  const token = params.text('NextToken');
  const results = params.integer('MaxResults', 1, 1e6);
  if (token !== undefined || results !== undefined) {
    if (results !== undefined && results > most)
      throw invalid('InvalidParameter.MaxResults', `The specified MaxResults exceeds ${most}.`);
    const from = token === undefined ? 0 : readToken(token);
    const to = from + (results ?? Math.min(10, most));
    return {
      records: all.slice(from, to),
      members: {
        TotalCount: all.length,
        NextToken: to < all.length ? Buffer.from(`next/${to}`).toString('base64url') : '',
      },
    };
  }
  const number = params.integer('PageNumber', 1, 1e6) ?? 1;
  const size = params.integer('PageSize', 1, 1e6) ?? 10;
  if (size > most)
    throw invalid('InvalidParameter', `The specified value of PageSize is not valid: it exceeds ${most}.`);
  return {
    records: all.slice((number - 1) * size, number * size),
    members: { TotalCount: all.length, PageNumber: number, PageSize: size },
  };
}

export function readToken(token: string): number {
  const match = /^next\/(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw new AliError('InvalidParameter.NextToken', 'The specified NextToken is not valid.');
  return Number(match[1]);
}

/** `*` stands for anything. */
export function like(pattern: string | undefined): (text: string) => boolean {
  if (pattern === undefined) return () => true;
  if (!pattern.includes('*')) return text => text === pattern;
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1);
  return text => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false;
    let at = first.length;
    for (const part of middle) {
      const hit = text.indexOf(part, at);
      if (hit < 0) return false;
      at = hit + part.length;
    }
    return at <= text.length - last.length;
  };
}

/** ECS writes 2024-01-01T08:00Z, VPC 2024-01-01T08:00:00Z. */
export const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16)}Z`;
export const second = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
