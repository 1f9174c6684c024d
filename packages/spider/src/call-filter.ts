/** Which calls somebody wants to see. */
import type { CallRecord } from './calls.ts';

export interface CallFilter {
  /** In any case of letters. */
  provider?: string | undefined;
  connection?: string | undefined;
  region?: string | undefined;
  resource?: string | undefined;
  api?: string | undefined;
  /** `ok`, `error` (anything else), `throttled` or an error code. */
  outcome?: string | undefined;
  /** Milliseconds since 1970: started at or after, and before. */
  since?: number | undefined;
  until?: number | undefined;
  minElapsedMs?: number | undefined;
  /** The `next` of the page before. */
  cursor?: string | undefined;
  limit?: number | undefined;
}

type Seen = Pick<
  CallRecord,
  'provider' | 'connection' | 'region' | 'resource' | 'api' | 'outcome' | 'start' | 'elapsedMs' | 'throttled'
>;

export function matcher(filter: CallFilter): (call: Seen) => boolean {
  const { connection, region, resource, api, outcome, since, until, minElapsedMs } = filter;
  const provider = filter.provider?.toUpperCase();
  return call =>
    (connection === undefined || call.connection === connection) &&
    (resource === undefined || call.resource === resource) &&
    (api === undefined || call.api === api) &&
    (outcome === undefined ||
      call.outcome === outcome ||
      (outcome === 'error' && call.outcome !== 'ok') ||
      (outcome === 'throttled' && call.throttled === true)) &&
    (region === undefined || call.region === region) &&
    (provider === undefined || call.provider.toUpperCase() === provider) &&
    (minElapsedMs === undefined || call.elapsedMs >= minElapsedMs) &&
    (since === undefined || call.start >= since) &&
    (until === undefined || call.start < until);
}

/** What the text of a journal's line tells, so that most lines need no parsing. */
export function inText(filter: CallFilter): { marks: string[]; maybe?: (line: string) => boolean } {
  const marks: string[] = [];
  for (const key of ['connection', 'region', 'resource', 'api'] as const) {
    const value = filter[key];
    if (value !== undefined) marks.push(`"${key}":${JSON.stringify(value)}`);
  }
  const { outcome, minElapsedMs } = filter;
  if (outcome === 'throttled') marks.push('"throttled":true');
  else if (outcome !== undefined && outcome !== 'error') marks.push(`"outcome":${JSON.stringify(outcome)}`);
  if (outcome !== 'error' && minElapsedMs === undefined) return { marks };
  const elapsed = '"elapsedMs":';
  return {
    marks,
    maybe(line) {
      if (outcome === 'error' && line.includes('"outcome":"ok"')) return false;
      if (minElapsedMs === undefined) return true;
      const at = line.indexOf(elapsed);
      return at < 0 || parseFloat(line.slice(at + elapsed.length, at + elapsed.length + 24)) >= minElapsedMs;
    },
  };
}
