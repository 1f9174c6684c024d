/**
 * Integrated ids: the user's name tied to the cloud's id, one record each.
 *
 * The name is claimed, with the create's token, before the create leaves; bound to the cloud's id when it is answered;
 * marked `deleting` before the delete leaves. So whatever dies when, the record tells which token or id to look for. A
 * claim that is let go without knowing whether the create may still come to light leaves a stray behind
 * (strays.ts), in the same transaction.
 */
import type { CreateCall } from '@cloud-barista/driver/call';
import type { Cloud } from '@cloud-barista/driver/driver';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { newSuffix, newToken, type CloudId, type Token } from '@cloud-barista/model/ids';
import { cloudName, requireName, type NameRule } from '@cloud-barista/model/names';
import { suggest } from '@cloud-barista/model/nearest';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { IdKind, OpenCloud, Spider, SpiderCall } from './context.ts';
import { connectionKey, idFolder, idKey, processes, strayFolder } from './keys.ts';
import type { Held } from './mirror.ts';
import { surelyNothing } from './road.ts';

export interface IdRecord<D = unknown> {
  name: string;
  state: 'claimed' | 'bound' | 'deleting';
  token: Token;
  /** The process that claimed it: while it lives and works on it, nobody else settles it. */
  process: string;
  owner?: string;
  /** The create's answer was lost: it may or may not have been done. */
  uncertain?: true;
  /** The name it carries in its cloud. */
  cloudName: string;
  /** The cloud's id; "" until bound. */
  id: string;
  /** The noun's own. */
  data: D;
  created: string;
}
export type HeldId<D> = Held<IdRecord<D>>;
export interface Stray {
  kind: IdKind;
  token: Token;
  name: string;
  /** Milliseconds since 1970 at which it was let go. */
  since: number;
}

const titles: Record<IdKind, string> = {
  vpc: 'VPC',
  'security-group': 'security group',
  'key-pair': 'key pair',
  vm: 'VM',
};
export const titleOf = (kind: IdKind, name: string, connection: string): string =>
  `${titles[kind]} ${JSON.stringify(name)} (connection ${JSON.stringify(connection)})`;

export async function findId<D>(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
): Promise<HeldId<D> | undefined> {
  return spider.mirror.find<IdRecord<D>>(idKey(connection, kind, name));
}

export function noSuchId(spider: Spider, connection: string, kind: IdKind, name: string): BaristaError {
  return new BaristaError('not_found', `There is no ${titleOf(kind, name, connection)}.`, {
    next: suggest(
      name,
      spider.mirror.names(idFolder(connection, kind)),
      `List them with: barista get ${kind}s --connection ${connection}`,
    ),
    where: kind,
  });
}

/** The record, where the cloud holds the thing; not_found naming the nearest, failed_precondition while it is being made or deleted. */
export async function boundId<D>(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
): Promise<HeldId<D>> {
  const held = await findId<D>(spider, connection, kind, name);
  if (!held) {
    await connectionOf(spider, connection);
    throw noSuchId(spider, connection, kind, name);
  }
  if (held.value.state === 'bound') return held;
  throw new BaristaError(
    'failed_precondition',
    `The ${titleOf(kind, name, connection)} is being ${held.value.state === 'claimed' ? 'made' : 'deleted'}.`,
    {
      next: 'Wait until that has ended, then try again.',
      where: kind,
    },
  );
}

/** Compare-and-set; undefined where it was changed since. */
export async function replaceId<D>(
  spider: Spider,
  connection: string,
  kind: IdKind,
  held: HeldId<D>,
  value: IdRecord<D>,
): Promise<HeldId<D> | undefined> {
  const key = idKey(connection, kind, value.name);
  if (!(await spider.mirror.commit({ if: [{ key, revision: held.revision }], put: [{ key, value }] })))
    return undefined;
  return spider.mirror.get<IdRecord<D>>(key);
}

/** Changes the data of a record that stands, whatever else changes meanwhile. */
export async function updateId<D>(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
  change: (data: D) => D,
): Promise<HeldId<D>> {
  for (;;) {
    const held = await findId<D>(spider, connection, kind, name);
    if (!held) throw noSuchId(spider, connection, kind, name);
    const done = await replaceId(spider, connection, kind, held, {
      ...held.value,
      data: change(held.value.data),
    });
    if (done) return done;
  }
}

export const isDead = (spider: Spider, process: string): boolean =>
  process !== spider.process && (!spider.shared || !spider.mirror.get(processes + process));

/** The cloud's side of a delete, for each kind; succeeds where absent. */
export async function removeFromCloud(
  open: OpenCloud,
  kind: IdKind,
  id: CloudId,
  signal: AbortSignal,
): Promise<void> {
  const { cloud } = open;
  const removers: Record<IdKind, (cloud: Cloud) => Promise<void>> = {
    vpc: ({ vpcs }) => vpcs.delete({ signal }, id),
    'security-group': ({ securityGroups }) => securityGroups.delete({ signal }, id),
    'key-pair': ({ keyPairs }) => keyPairs.delete({ signal }, id),
    vm: ({ vms }) => vms.terminate({ signal }, id),
  };
  await guarded(open, () => removers[kind](cloud));
}

/** Deletes what carries `token` in the cloud; returns how much that was. */
export async function removeMarked(
  open: OpenCloud,
  kind: IdKind,
  token: Token,
  signal: AbortSignal,
): Promise<number> {
  const ids = await guarded(open, () => open.cloud.findMarked({ signal }, kind, token));
  for (const id of ids) await removeFromCloud(open, kind, id as CloudId, signal);
  return ids.length;
}

/** Lets a claim go; with `stray`, what it may yet bring to light is looked for a while longer. */
export async function releaseId(
  spider: Spider,
  connection: string,
  kind: IdKind,
  held: HeldId<unknown>,
  stray = false,
): Promise<boolean> {
  const key = idKey(connection, kind, held.value.name);
  const { token, name } = held.value;
  const note: Stray = { kind, token, name, since: spider.now() };
  return spider.mirror.commit({
    if: [{ key, revision: held.revision }],
    delete: [key],
    ...(stray && { put: [{ key: strayFolder(connection) + token, value: note }] }),
  });
}

/** Makes as if an unanswered create had never been: deletes what it made, frees the name. In the record's lock. */
export async function settleClaim(
  spider: Spider,
  connection: string,
  kind: IdKind,
  held: HeldId<unknown>,
  signal: AbortSignal,
): Promise<boolean> {
  const open = await cloudOf(spider, connection, signal);
  const found = await removeMarked(open, kind, held.value.token, signal);
  return releaseId(spider, connection, kind, held, found === 0);
}

export interface Making<D> {
  connection: string;
  kind: IdKind;
  name: string;
  rule: 'vpc' | 'security-group' | 'key-pair' | 'vm';
  /** Made by several requests: one that fails for sure may leave the parts of those before. */
  composite: boolean;
  /** The data to claim with. */
  data: (open: OpenCloud, suffix: string) => D;
  create(call: CreateCall, open: OpenCloud, record: IdRecord<D>): Promise<{ id: CloudId; data: D }>;
}

/** The name in the cloud: ours with a suffix that keeps it apart; invalid_argument where the cloud takes no such name. */
export function nameInCloud(name: string, suffix: string, rule: NameRule, what: string): string {
  const made = cloudName(name, suffix, rule);
  if (new RegExp(`^(?:${rule.pattern})$`, 'u').test(made) && made.length <= rule.maxLength) return made;
  throw new BaristaError(
    'invalid_argument',
    `${what} ${JSON.stringify(name)} can't be made into a name that the cloud takes (${rule.pattern}).`,
    {
      next: 'Choose a shorter name of letters and digits.',
      where: 'name',
    },
  );
}

const taken = (making: Making<never> | Making<unknown>, state: string) =>
  state === 'deleting'
    ? new BaristaError(
        'aborted',
        `The ${titleOf(making.kind, making.name, making.connection)} is being deleted.`,
        { next: 'Try again when that has ended.', where: 'name' },
      )
    : new BaristaError(
        'already_exists',
        `The ${titleOf(making.kind, making.name, making.connection)} already exists.`,
        { next: 'Choose another name, or delete it first.', where: 'name' },
      );

/** Claims the name, makes the thing, binds it. With `resume`, goes on from what an earlier run of the same call left. */
export async function makeId<D>(spider: Spider, making: Making<D>, call: SpiderCall): Promise<HeldId<D>> {
  const { connection, kind, name } = making;
  requireName(name, titles[kind]);
  const open = await cloudOf(spider, connection, call.signal);
  const key = idKey(connection, kind, name);
  return spider.locks.with(key, call.signal, async () => {
    const { held, again } = await takeClaim(spider, open, making, call);
    if (held.value.state === 'bound') return held;
    try {
      const made = await guarded(open, () =>
        making.create({ signal: call.signal, token: held.value.token, again }, open, held.value),
      );
      return await bindId(spider, open, making, held, made);
    } catch (error) {
      return await afterFailure(spider, open, making, held, again, error, call);
    }
  });
}

/** The claim to work on: a new one, or the earlier one of the same caller. */
async function takeClaim<D>(
  spider: Spider,
  open: OpenCloud,
  making: Making<D>,
  call: SpiderCall,
): Promise<{ held: HeldId<D>; again: boolean }> {
  const { connection, kind, name } = making;
  const key = idKey(connection, kind, name);
  for (;;) {
    const held = await findId<D>(spider, connection, kind, name);
    if (held) {
      const record = held.value;
      const mine = call.resume === true && (call.owner === undefined || call.owner === record.owner);
      if (record.state === 'bound') {
        if (mine) return { held, again: true };
        throw taken(making, record.state);
      }
      if (record.process !== spider.process && !isDead(spider, record.process) && !record.uncertain)
        throw taken(making, record.state);
      if (record.state === 'claimed' && mine) {
        const { uncertain: _, ...rest } = record;
        const own = await replaceId(spider, connection, kind, held, { ...rest, process: spider.process });
        if (own) return { held: own, again: true };
        continue;
      }
      // A VM in `deleting` goes when the cloud has ended it.
      if (record.state === 'deleting' && kind === 'vm') throw taken(making, record.state);
      if (record.state === 'deleting' && record.id !== '') {
        await removeFromCloud(open, kind, record.id as CloudId, call.signal);
        await releaseId(spider, connection, kind, held);
      } else await settleClaim(spider, connection, kind, held, call.signal);
      continue;
    }
    const parent = await connectionOf(spider, connection);
    if (parent.value.deleting)
      throw new BaristaError(
        'failed_precondition',
        `The connection ${JSON.stringify(connection)} is being deleted.`,
      );
    const suffix = newSuffix(6);
    const value: IdRecord<D> = {
      name,
      state: 'claimed',
      token: newToken(),
      process: spider.process,
      ...(call.owner !== undefined && { owner: call.owner }),
      cloudName: nameInCloud(name, suffix, open.driver.names[making.rule], titles[kind]),
      id: '',
      data: making.data(open, suffix),
      created: new Date(spider.now()).toISOString(),
    };
    const done = await spider.mirror.commit({
      if: [
        { key, revision: 0 },
        { key: connectionKey(connection), revision: parent.revision },
      ],
      put: [{ key, value }],
    });
    const claimed = done ? spider.mirror.get<IdRecord<D>>(key) : undefined;
    if (claimed) return { held: claimed, again: false };
  }
}

async function bindId<D>(
  spider: Spider,
  open: OpenCloud,
  making: Making<D>,
  held: HeldId<D>,
  made: { id: CloudId; data: D },
): Promise<HeldId<D>> {
  const { uncertain: _, ...record } = held.value;
  const bound = await replaceId(spider, making.connection, making.kind, held, {
    ...record,
    state: 'bound',
    id: made.id,
    data: made.data,
  });
  if (bound) return bound;
  // Another server has settled the claim meanwhile: what was made belongs to nobody.
  await removeFromCloud(open, making.kind, made.id, cleaning(spider));
  throw new BaristaError(
    'aborted',
    `The ${titleOf(making.kind, making.name, making.connection)} was taken back while it was made.`,
    { next: 'Try again.' },
  );
}

const cleaningMs = 30_000;
/** For cleaning up after a caller that has gone. */
export const cleaning = (spider: Spider): AbortSignal =>
  AbortSignal.any([spider.signal, AbortSignal.timeout(cleaningMs)]);

/** The create failed: is it sure that nothing stands in the cloud? Throws the error, or returns the record where the thing turned out to be made. */
async function afterFailure<D>(
  spider: Spider,
  open: OpenCloud,
  making: Making<D>,
  held: HeldId<D>,
  again: boolean,
  error: unknown,
  call: SpiderCall,
): Promise<HeldId<D>> {
  const { connection, kind } = making;
  if (!(error instanceof BaristaError)) throw error;
  // Cancelled, or the process lets go: the claim stays for the saga's resume or undo, or for recoverClaims.
  if (call.signal.aborted || spider.signal.aborted) {
    await keepUncertain(spider, making, held).catch(() => {});
    throw error;
  }
  const signal = cleaning(spider);
  try {
    if (surelyNothing(error)) {
      const looked = making.composite || again || error.code === 'already_exists';
      if (looked) await removeMarked(open, kind, held.value.token, signal);
      // An earlier run of it may still come to light.
      await releaseId(spider, connection, kind, held, again);
      throw error;
    }
    const found = await guarded(open, () => open.cloud.findMarked({ signal }, kind, held.value.token));
    if (found.length > 0) {
      // It was made and only the answer lost: with the same token the driver finds and completes it.
      const made = await guarded(open, () =>
        making.create({ signal, token: held.value.token, again: true }, open, held.value),
      );
      return await bindId(spider, open, making, held, made);
    }
  } catch (second) {
    if (second === error) throw error;
    if (hasCode(second, 'aborted')) throw second;
    spider.log({
      level: 'warn',
      message: 'Could not clean up after a failed create; it will be settled later.',
      connection,
      kind,
      name: making.name,
      error: String(second),
    });
  }
  await keepUncertain(spider, making, held);
  throw error;
}

async function keepUncertain<D>(spider: Spider, making: Making<D>, held: HeldId<D>): Promise<void> {
  await replaceId(spider, making.connection, making.kind, held, { ...held.value, uncertain: true });
}
