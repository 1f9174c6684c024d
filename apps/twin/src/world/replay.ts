/**
 * A recorded history of calls, played again: of each operation the calls fail and take their time as they did, in the order in which they were
 * made. The how-manieth call of an operation decides, so a run replays whatever the order in which calls of other
 * operations come between.
 */
import type { Call } from '@cloud-barista/model/call';
import type { ErrorCode } from '@cloud-barista/model/errors';
import type { Cloud } from './clouds.ts';
import type { FaultKind } from './faults.ts';
import { sameName } from './replay-names.ts';
import type { WireKind } from './world.ts';

/** What a replay needs of a call; the rest of a journal's line is taken no notice of. */
export type RecordedCall = Pick<Call, 'provider' | 'api' | 'outcome' | 'cause' | 'elapsedMs' | 'start'> &
  Partial<Pick<Call, 'connection' | 'sequence' | 'throttled'>>;

export interface ReplayOptions {
  /** 1: as long as recorded; 10: a tenth of it; 0: without waiting. */
  speed: number;
}
/** What is to happen to a call. */
export interface Step {
  waitMs: number;
  fault?: FaultKind;
  /** In the cloud's own words; thrown instead of a fault. */
  error?: Error;
}
export interface ReplayState {
  cloud: string;
  /** Calls that decide about one each, and how many of them did already. */
  calls: number;
  played: number;
  /** Calls that will fail. */
  failures: number;
  /** Failures that the world's own state decides about (not_found, already_exists), or that came in no certain order. */
  left: number;
  /** Failures whose cause this wire has no words for: the nearest fault stands for them. */
  nearest: Record<string, FaultKind>;
  /** Calls of names that this wire does not know, by name. */
  unknown: Record<string, number>;
}
export interface Replay {
  /** Replaces what was loaded for this cloud. */
  load(cloud: Cloud, kind: WireKind, calls: readonly RecordedCall[], options: ReplayOptions): ReplayState;
  /** The next step of this operation; undefined where nothing (more) is recorded of it. */
  next(cloud: string, operation: string): Step | undefined;
  list(): ReplayState[];
  /** Of all clouds where none is named. */
  clear(cloud?: string): void;
}

/**
 * The status that a cloud answers a code with, where its word alone does not say. Not the codes' own: 429 is throttling to clouds, and
 * a quota is none.
 */
const statuses: Partial<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  out_of_range: 400,
  unauthenticated: 401,
  permission_denied: 403,
  failed_precondition: 409,
  aborted: 409,
  resource_exhausted: 409,
  unimplemented: 400,
  unavailable: 503,
};
/** The state of the world gives these; forced, they would lie about what stands. */
const worldsOwn: ReadonlySet<string> = new Set(['ok', 'cancelled', 'not_found', 'already_exists']);
/** Refusals of what was asked: forced only where it is certain which call was refused. */
const ofTheAsked: ReadonlySet<string> = new Set([
  'invalid_argument',
  'out_of_range',
  'failed_precondition',
  'permission_denied',
  'unauthenticated',
  'unimplemented',
]);
/** Words of Node's network stack, not of a cloud. */
const silent = /^(ETIMEDOUT|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT)$/;
const cut = /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/;
const noNetwork = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
const noRoom = /capacity|stock|allocation|resource_?pool|sold|valid ?host/i;

function nearestFault({ outcome, cause }: RecordedCall): FaultKind {
  if (outcome === 'deadline_exceeded' || silent.test(cause)) return 'hang';
  if (cut.test(cause)) return 'drop';
  if (outcome === 'resource_exhausted') return noRoom.test(cause) ? 'capacity' : 'quota';
  return outcome === 'unavailable' ? 'unavailable' : 'error';
}

interface Planned {
  step: Step;
  /** Where the fault only stands for the recorded cause. */
  standsFor?: string;
  left?: true;
}

function planned(call: RecordedCall, kind: WireKind, speed: number, certain: boolean): Planned {
  const waitMs = speed === 0 ? 0 : Math.min(call.elapsedMs / speed, 3_600_000);
  const { outcome, cause } = call;
  if (outcome === 'ok' || outcome === 'cancelled') return { step: { waitMs } };
  if (call.throttled === true) return { step: { waitMs, fault: 'throttle' } };
  if (worldsOwn.has(outcome) || (ofTheAsked.has(outcome) && !certain))
    return { step: { waitMs }, left: true };
  const fault = nearestFault(call);
  // A client that was left without an answer waits by itself.
  if (fault === 'hang') return { step: { waitMs: 0, fault } };
  if (fault === 'drop') return { step: { waitMs, fault } };
  const error =
    cause === '' || noNetwork.test(cause)
      ? undefined
      : kind.recordedError?.({
          cause,
          status: statuses[outcome] ?? 500,
          message: `As recorded: ${outcome}.`,
          ...(outcome === 'resource_exhausted' && { quota: true }),
        });
  return error
    ? { step: { waitMs, error } }
    : { step: { waitMs, fault }, standsFor: cause === '' ? outcome : cause };
}

/** True for calls that another of the same operation was under way with: which of them was first at the cloud nobody knows. */
function overlapping(calls: readonly { from: number; to: number }[]): boolean[] {
  let latest = -Infinity;
  const marks = calls.map(({ from, to }) => {
    const before = from < latest;
    latest = Math.max(latest, to);
    return before;
  });
  return calls.map(({ to }, index) => marks[index] === true || (calls[index + 1]?.from ?? Infinity) < to);
}

interface Loaded {
  state: Omit<ReplayState, 'played'>;
  /** By the operation's name, or what is the same name. */
  queues: Map<string, { steps: Step[]; at: number }>;
}

export function createReplay(): Replay {
  const loaded = new Map<string, Loaded>();
  const show = ({ state, queues }: Loaded): ReplayState => ({
    ...state,
    played: [...queues.values()].reduce((sum, { at }) => sum + at, 0),
  });

  return {
    load(cloud, kind, calls, { speed }) {
      const known = new Set(kind.operations.map(operation => sameName(operation)));
      const byName = new Map<string, RecordedCall[]>();
      const state: Loaded['state'] = {
        cloud: cloud.name,
        calls: 0,
        failures: 0,
        left: 0,
        nearest: {},
        unknown: {},
      };
      for (const call of calls) {
        const name = sameName(call.api);
        if (!known.has(name)) {
          state.unknown[call.api] = (state.unknown[call.api] ?? 0) + 1;
          continue;
        }
        const same = byName.get(name);
        if (same) same.push(call);
        else byName.set(name, [call]);
        state.calls++;
      }
      const queues: Loaded['queues'] = new Map();
      for (const [name, same] of byName) {
        const timed = same
          .map(call => ({ call, from: Date.parse(call.start), to: Date.parse(call.start) + call.elapsedMs }))
          .sort((a, b) => a.from - b.from || (a.call.sequence ?? 0) - (b.call.sequence ?? 0));
        const overlaps = overlapping(timed);
        const steps = timed.map(({ call }, index) => {
          const { step, standsFor, left } = planned(call, kind, speed, overlaps[index] !== true);
          if (step.fault !== undefined || step.error) state.failures++;
          if (left) state.left++;
          if (standsFor !== undefined && step.fault !== undefined) state.nearest[standsFor] = step.fault;
          return step;
        });
        queues.set(name, { steps, at: 0 });
      }
      const made: Loaded = { state, queues };
      loaded.set(cloud.name, made);
      return show(made);
    },
    next(cloud, operation) {
      const queue = loaded.get(cloud)?.queues.get(sameName(operation));
      const step = queue?.steps[queue.at];
      if (queue && step) queue.at++;
      return step;
    },
    list: () => [...loaded.values()].map(show),
    clear(cloud) {
      if (cloud === undefined) loaded.clear();
      else loaded.delete(cloud);
    },
  };
}
