/**
 * Making a thing under an integrated id: claim, create, bind; and what follows when the create fails. Nothing is believed
 * not to have been made without a reason (docs/design/spider.md).
 */
import type { CreateCall } from '@cloud-barista/driver/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { newSuffix, newToken, type CloudId } from '@cloud-barista/model/ids';
import { cloudName, requireName, type NameRule } from '@cloud-barista/model/names';
import {
  cleaning,
  findId,
  isDead,
  releaseId,
  removeFromCloud,
  removeMarked,
  replaceId,
  settleClaim,
  titleOf,
  titles,
  type HeldId,
  type IdRecord,
} from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { IdKind, OpenCloud, Spider, SpiderCall } from './context.ts';
import { connectionKey, idKey } from './keys.ts';
import { surelyNothing } from './road.ts';

export interface Making<D> {
  connection: string;
  kind: IdKind;
  name: string;
  rule: IdKind;
  /** Made by several requests: one that fails for sure may leave the parts of those before. */
  composite: boolean;
  /** The data to claim with. */
  data: (open: OpenCloud, suffix: string) => D;
  create(call: CreateCall, open: OpenCloud, record: IdRecord<D>): Promise<{ id: CloudId; data: D }>;
}

/** A driver has a rule for each kind that it can make. */
function ruleOf({ driver }: OpenCloud, kind: IdKind): NameRule {
  const rule = driver.names[kind];
  if (rule) return rule;
  throw new BaristaError('internal', `The driver ${driver.name} has no name rule for a ${titles[kind]}.`);
}

/** The name in the cloud: ours with a suffix that keeps it apart; invalid_argument where the cloud takes no such name. */
export function nameInCloud(name: string, suffix: string, rule: NameRule, what: string): string {
  const plain = name.slice(0, rule.maxLength).replace(/-+$/, '');
  const apart = cloudName(name, suffix, rule);
  const pattern = new RegExp(`^(?:${rule.pattern})$`, 'u');
  // Where the cloud tells resources apart by their ids alone, people find theirs under the name that they gave.
  const made = (rule.unique ? [apart] : [plain, apart]).find(
    text => pattern.test(text) && text.length <= rule.maxLength,
  );
  if (made !== undefined) return made;
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
      token: newToken(spider.installation),
      process: spider.process,
      ...(call.owner !== undefined && { owner: call.owner }),
      cloudName: nameInCloud(name, suffix, ruleOf(open, making.rule), titles[kind]),
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
