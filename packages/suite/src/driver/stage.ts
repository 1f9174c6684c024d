/**
 * Where the cases play: one opened cloud, names and tokens of this run alone, and a list of all that was asked for,
 * so that everything is taken down again whatever failed – the cloud may be a paid one.
 */
import assert from 'node:assert/strict';
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import type { Capability, Cloud, Driver, MarkedKind } from '@cloud-barista/driver/driver';
import { cloudId, newSuffix, newToken, type CloudId, type Token } from '@cloud-barista/model/ids';
import { gone } from '@cloud-barista/model/state';
import { hasCode, type BaristaError, type ErrorCode } from '@cloud-barista/model/errors';
import { rejects, until } from './expect.ts';
import { createRoad, type Meddle, type SuiteRoad } from './road.ts';
import { createRig, type Rig } from './rig.ts';
import type { Subject } from './subject.ts';

export type Kind = MarkedKind;

/** Registers a case. With a capability the case runs where it is declared; the other side is in capabilities.ts. */
export type It = (title: string, run: (stage: Stage) => Promise<void>, capability?: Capability) => void;

/** Thrown by a case that this cloud gives no occasion for. */
export class Skip extends Error {}
export const skip = (reason: string): never => {
  throw new Skip(reason);
};

interface Made {
  kind: Kind;
  token: Token;
  id: CloudId | undefined;
}

export interface Opened {
  cloud: Cloud;
  road: SuiteRoad;
}

export interface Stage {
  readonly subject: Subject;
  readonly driver: Driver;
  readonly cloud: Cloud;
  readonly road: SuiteRoad;
  /** Every name of this run begins with it. */
  readonly prefix: string;
  /** What the cloud held before the run. */
  readonly start: Record<string, number> | undefined;
  /** A VPC, subnet, group and key that VMs are made with, and VMs to act on: made when first asked for. */
  readonly rig: Rig;
  /** Every road of the run. */
  readonly roads: readonly SuiteRoad[];
  call(): Call;
  /** A create's call, its token on the list of what is taken down at the end. */
  create(kind: Kind, token?: Token, again?: boolean): CreateCall;
  /** A name of this run; fits every driver's rule for it. */
  name(word: string): string;
  /** Another handle on the same cloud, with a road of its own. */
  open(meddle?: Meddle, config?: Subject['config']): Promise<Opened>;
  /** Says which id a token led to, so that the end need not search. */
  note<T extends { id: CloudId }>(call: CreateCall, made: T): T;
  /** The token that a thing of this run was made with. */
  tokenOf(id: CloudId): Token;
  rejects(deed: Promise<unknown>, ...codes: [ErrorCode, ...ErrorCode[]]): Promise<BaristaError>;
  until<T>(what: string, probe: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T>;
  /** Refused as unimplemented, and not one request left. */
  refused(deed: () => Promise<unknown>): Promise<void>;
  can(capability: Capability): boolean;
  /** What the cloud holds, from another mouth than the driver's; undefined where nobody can tell. */
  count(): Promise<Record<string, number> | undefined>;
  /** Fails unless the cloud comes to hold as much as it did. */
  holds(before: Record<string, number> | undefined, what: string): Promise<void>;
  /** Ends VMs and waits until the cloud holds them no more. */
  terminate(ids: readonly CloudId[]): Promise<void>;
  /** Deletes, asking again while the cloud says that something still uses it. */
  remove(kind: Exclude<Kind, 'vm'>, id: CloudId): Promise<void>;
  /** Takes down all that the run made. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** Every name that the suite gives begins with it. */
export const suitePrefix = 'bs-';

export async function createStage(subject: Subject): Promise<Stage> {
  const { driver } = subject;
  const prefix = `${suitePrefix}${newSuffix(5)}`;
  const made: Made[] = [];
  const roads: SuiteRoad[] = [];
  const opened: Cloud[] = [];
  let names = 0;

  async function open(meddle?: Meddle, config = subject.config): Promise<Opened> {
    const road = createRoad(driver, subject.timeoutMs, meddle);
    roads.push(road);
    const cloud = await driver.open(config, road);
    opened.push(cloud);
    return { cloud, road };
  }

  const start = await subject.count?.();
  const { cloud, road } = await open();
  let sweeping = false;
  const call = (): Call => {
    const limit = AbortSignal.timeout(subject.timeoutMs);
    return { signal: subject.signal && !sweeping ? AbortSignal.any([limit, subject.signal]) : limit };
  };
  const waiting = <T>(what: string, probe: () => Promise<T>, wanted: (answer: T) => boolean) =>
    until(subject, what, probe, wanted);
  const forget = (ids: readonly CloudId[]) => {
    for (const entry of made.slice())
      if (entry.id !== undefined && ids.includes(entry.id)) made.splice(made.indexOf(entry), 1);
  };
  const nouns = {
    vpc: cloud.vpcs,
    'security-group': cloud.securityGroups,
    'key-pair': cloud.keyPairs,
    disk: cloud.disks,
    'custom-image': cloud.customImages,
    'public-ip': cloud.publicIps,
  };

  const stage: Stage = {
    subject,
    driver,
    cloud,
    road,
    roads,
    prefix,
    start,
    get rig() {
      return rig;
    },
    call,
    create(kind, token = newToken(), again = false) {
      if (!made.some(entry => entry.token === token)) made.push({ kind, token, id: undefined });
      return { ...call(), token, again };
    },
    name: word => `${prefix}-${word}${++names}`,
    open,
    note(call, one) {
      const entry = made.find(entry => entry.token === call.token);
      if (entry) entry.id = one.id;
      return one;
    },
    tokenOf(id) {
      const entry = made.find(one => one.id === id);
      assert.ok(entry, `${id} was made in this run`);
      return entry.token;
    },
    rejects: (deed, ...codes) => rejects(driver, deed, ...codes),
    until: waiting,
    async refused(deed) {
      const before = road.sent.length;
      await rejects(driver, deed(), 'unimplemented');
      assert.deepEqual(
        road.sent.slice(before).map(sent => sent.request.api),
        [],
        'refused before any request leaves',
      );
    },
    can: capability => driver.capabilities[capability] === true,
    count: async () => subject.count?.(),
    async holds(before, what) {
      if (before === undefined) return;
      const last = await waiting(
        what,
        async () => (await subject.count?.()) ?? {},
        now => same(now, before),
      ).catch(() => undefined);
      if (last === undefined) assert.deepEqual(await subject.count?.(), before, what);
    },
    async terminate(ids) {
      await Promise.all(ids.map(id => cloud.vms.terminate(call(), id)));
      await waiting(
        `${ids.length} VMs to be gone`,
        () => cloud.vms.getMany(call(), [...ids]),
        vms => vms.every(vm => gone.has(vm.state)),
      );
      forget(ids);
    },
    async remove(kind, id) {
      await waiting(
        `${kind} ${id} to be deleted`,
        () =>
          (nouns[kind] ?? skip(`no ${kind}s here`)).delete(call(), id).then(
            () => undefined,
            (error: unknown) => {
              if (hasCode(error, 'failed_precondition', 'unavailable', 'aborted')) return error;
              throw error;
            },
          ),
        error => error === undefined,
      );
      forget([id]);
    },
    async sweep() {
      sweeping = true;
      const problems: unknown[] = [];
      const attempt = async (deed: () => Promise<unknown>) =>
        deed().catch((error: unknown) => problems.push(error));
      for (const entry of made)
        if (entry.id === undefined)
          await attempt(async () => {
            const [id] = await cloud.findMarked(call(), entry.kind, entry.token);
            if (id !== undefined) entry.id = cloudId(id);
          });
      const left = (kind: Kind) =>
        made.flatMap(entry => (entry.kind === kind && entry.id !== undefined ? [entry.id] : []));
      const vms = left('vm');
      if (vms.length > 0) await attempt(() => stage.terminate(vms));
      for (const kind of ['disk', 'custom-image', 'public-ip', 'security-group', 'key-pair', 'vpc'] as const)
        for (const id of left(kind)) await attempt(() => stage.remove(kind, id));
      made.length = 0;
      if (problems.length > 0)
        throw new AggregateError(
          problems,
          `could not take down everything: ${problems.map(String).join('; ')}`,
        );
    },
    async close() {
      for (const cloud of opened) await cloud.close();
    },
  };
  const rig = createRig(stage);
  return stage;
}

const same = (a: Record<string, number>, b: Record<string, number>): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every(key => (a[key] ?? 0) === (b[key] ?? 0));
