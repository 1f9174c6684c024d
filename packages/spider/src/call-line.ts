/** A call as a line of the journal. By hand, for it is made of every call: twice as fast as an object and JSON.stringify. */
import type { CallRecord } from './calls.ts';

const plain = /^[\w .:/{}()@+-]*$/;
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

let second = NaN;
let prefix = '';
/** RFC 3339; most calls begin in the second in which the one before began. */
export function timeText(ms: number): string {
  const whole = Math.floor(ms / 1000);
  if (whole !== second) {
    prefix = new Date(whole * 1000).toISOString().slice(0, -4);
    second = whole;
  }
  return `${prefix}${String(Math.floor(ms) - whole * 1000).padStart(3, '0')}Z`;
}
/** To the microsecond: what is behind it is noise, and would be most of a line. */
export const elapsedOf = (ms: number): number => Math.round(ms * 1000) / 1000;

export function lineOf(sequence: number, call: CallRecord): string {
  const { throttled, retryAfterMs } = call;
  return `{"sequence":${sequence},"provider":${quoted(call.provider)},"connection":${quoted(call.connection)},"region":${quoted(call.region)},"resource":${quoted(call.resource)},"name":${quoted(call.name)},"api":${quoted(call.api)},"start":"${timeText(call.start)}","elapsedMs":${elapsedOf(call.elapsedMs)},"outcome":"${call.outcome}","cause":${quoted(call.cause)},"attempt":${call.attempt}${throttled === undefined ? '' : `,"throttled":${throttled}`}${retryAfterMs === undefined ? '' : `,"retryAfterMs":${retryAfterMs}`}}`;
}
