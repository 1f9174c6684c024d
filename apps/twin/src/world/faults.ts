/**
 * Faults and delays, set as probabilities per cloud and operation ("VM creation fails with 0.2", "latency 5–10 s").
 * The wire asks before it carries an operation out, and answers in its cloud's own words.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';
import type { Replay } from './replay.ts';

/** What kind of failure; each wire has its own code and status for it. */
export const faultKinds = ['error', 'capacity', 'quota', 'throttle', 'unavailable', 'hang', 'drop'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultRule {
  /** Cloud name, or `*`. */
  cloud: string;
  /** The wire's own name of an operation (`RunInstances`, `POST /servers`), `*`, or `create-vm` for whatever makes a VM. */
  operation: string;
  /** 0 to 1; 0 where the rule only delays. */
  probability: number;
  fault: FaultKind;
  /** Milliseconds, drawn evenly between both; waited before the answer. */
  delayMs?: [number, number];
}

export interface Faults {
  list(): FaultRule[];
  /** Replaces all rules. */
  set(rules: FaultRule[]): void;
  add(rule: FaultRule): void;
  /**
   * Waits the delays and draws: the fault to answer with, or undefined. `createsVm` for RunInstances and its like. Throws the wire's own
   * error where a replayed journal says that the call failed with it.
   */
  before(cloud: string, operation: string, createsVm?: boolean): Promise<FaultKind | undefined>;
}

export function createFaults(random: Random, replay?: Pick<Replay, 'next'>): Faults {
  let rules: FaultRule[] = [];
  const applies = (rule: FaultRule, cloud: string, operation: string, createsVm: boolean) =>
    (rule.cloud === '*' || rule.cloud === cloud) &&
    (rule.operation === '*' || rule.operation === operation || (createsVm && rule.operation === 'create-vm'));

  return {
    list: () => structuredClone(rules),
    set: next => {
      rules = structuredClone(next);
    },
    add: rule => {
      rules.push(structuredClone(rule));
    },
    async before(cloud, operation, createsVm = false) {
      const recorded = replay?.next(cloud, operation);
      if (rules.length === 0 && !recorded) return undefined;
      let fault = recorded?.fault;
      let wait = recorded?.waitMs ?? 0;
      for (const [index, rule] of rules.entries()) {
        if (!applies(rule, cloud, operation, createsVm)) continue;
        const stream = `fault/${index}/${cloud}/${operation}`;
        if (rule.delayMs) {
          const [least, most] = rule.delayMs;
          wait += least + (most - least) * random.next(`${stream}/delay`);
        }
        if (
          fault === undefined &&
          !recorded?.error &&
          rule.probability > 0 &&
          random.next(stream) < rule.probability
        )
          fault = rule.fault;
      }
      if (wait > 0) await sleep(wait);
      if (recorded?.error) throw recorded.error;
      return fault;
    },
  };
}
