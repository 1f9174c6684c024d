/** A call's record: the history of every cloud call with its elapsed time (HisCall), for quality analysis and scheduling. */
import type { Static } from 'typebox';
import { errorCodes, type ErrorCode } from './errors.ts';
import { closed, Time } from './schema.ts';
import { Type } from './type.ts';

/** The kinds of things that clouds hold and calls are about. */
export const resourceKinds = [
  'region',
  'image',
  'spec',
  'vpc',
  'subnet',
  'security-group',
  'key-pair',
  'vm',
  'disk',
  'custom-image',
  'public-ip',
  'price',
  'tag',
  'auth',
] as const;
export type ResourceKind = (typeof resourceKinds)[number];

export const Call = closed({
  /** Grows by one a call; the cursor of the list. */
  sequence: Type.Integer(),
  provider: Type.String(),
  connection: Type.String(),
  region: Type.String(),
  resource: Type.String(),
  /** The resource's name, where the call is about one. */
  name: Type.String(),
  /** The cloud's own name of the call, e.g. `RunInstances`, `POST /servers`. */
  api: Type.String(),
  start: Time,
  elapsedMs: Type.Number(),
  outcome: Type.Union([Type.Literal('ok'), ...errorCodes.map(code => Type.Literal(code))]),
  /** The cloud's own error code; "" when ok. */
  cause: Type.String(),
  /** 1 for the first try. */
  attempt: Type.Integer(),
  /** True where the cloud refused it for coming too fast. */
  throttled: Type.Optional(Type.Boolean()),
  /** How long the cloud asked us to wait. */
  retryAfterMs: Type.Optional(Type.Number()),
});
export type Call = Omit<Static<typeof Call>, 'outcome'> & { outcome: 'ok' | ErrorCode };

/** What calls are told apart by, and gathered by. */
export const callKeys = ['provider', 'connection', 'region', 'resource', 'api', 'outcome'] as const;
export type CallKey = (typeof callKeys)[number];

const figures = {
  count: Type.Integer(),
  /** All that did not end `ok`, throttled ones too. */
  errors: Type.Integer(),
  throttled: Type.Integer(),
  /** errors / count; 0 without calls. */
  errorRate: Type.Number(),
  /** Answers that needed no call: they were known, or somebody else's question brought them. Since the server began. */
  saved: Type.Integer(),
  meanMs: Type.Number(),
  /** Within 5 %: gathered in buckets whose width grows with the time. */
  p50Ms: Type.Number(),
  p95Ms: Type.Number(),
  p99Ms: Type.Number(),
  maxMs: Type.Number(),
};
export const CallFigures = closed(figures);
export type CallFigures = Static<typeof CallFigures>;
export const CallGroup = closed({ key: Type.Record(Type.String(), Type.String()), ...figures });
export type CallGroup = Static<typeof CallGroup>;

export const CallSummary = closed({
  /** What was counted: whole minutes of the last hour, whole hours of the last day, whole days before. */
  from: Type.Optional(Time),
  to: Type.Optional(Time),
  total: CallFigures,
  /** Most calls first, at most 1000. */
  groups: Type.Array(CallGroup),
});
export type CallSummary = Static<typeof CallSummary>;

export const qualityKeys = ['provider', 'connection'] as const;
export type QualityKey = (typeof qualityKeys)[number];

/** How well a cloud answered of late; the formula is in docs/call-history.md. */
export const CloudQuality = closed({
  /** "" where several connections were taken together. */
  connection: Type.String(),
  provider: Type.String(),
  /** 0 to 100; absent with too few calls to say. */
  score: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  /** Calls that it was made of. */
  samples: Type.Integer(),
  /** Share of calls that failed by the cloud's doing. */
  failureRate: Type.Number(),
  throttleRate: Type.Number(),
  /** Its 95th percentile against the median of all clouds', resource by resource; 1 is average, 2 twice as slow. */
  slowness: Type.Number(),
  from: Time,
  to: Time,
});
export type CloudQuality = Static<typeof CloudQuality>;

/** Upstream's words for what a call is about. Source: CB-Spider, cloud-control-manager call-log (HisCall). */
const hisCallTypes: Readonly<Record<string, string>> = {
  region: 'REGIONZONE',
  image: 'VMIMAGE',
  spec: 'VMSPEC',
  vpc: 'VPC/SUBNET',
  subnet: 'VPC/SUBNET',
  'security-group': 'SECURITYGROUP',
  'key-pair': 'VMKEYPAIR',
  vm: 'VM',
  disk: 'DISK',
  'custom-image': 'MYIMAGE',
  'public-ip': 'PUBLICIP',
  price: 'PRICEINFO',
  tag: 'TAG',
  auth: 'AUTH',
};
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** A call as CB-Spider's call log prints it; its time is UTC, the number behind the function is the attempt. `host`: of the server. */
export function hisCallLine(call: Call, host: string): string {
  const { start } = call;
  const weekday = weekdays[new Date(start).getUTCDay()] ?? '';
  const values = {
    CloudOS: call.provider,
    RegionZone: call.region,
    ResourceType: hisCallTypes[call.resource] ?? call.resource.toUpperCase(),
    ResourceName: call.name,
    CloudOSAPI: call.api,
    ElapsedTime: (call.elapsedMs / 1000).toFixed(4),
    ErrorMSG: call.outcome === 'ok' ? '' : [call.outcome, call.cause].filter(word => word !== '').join(': '),
  };
  const said = Object.entries(values)
    .map(([key, value]) => `"${key}" : ${JSON.stringify(value)}`)
    .join(', ');
  return `[HISCALL].[${host}] ${start.slice(0, 10)} ${start.slice(11, 19)} (${weekday}) send():${call.attempt} - ${said}`;
}
