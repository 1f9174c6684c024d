/**
 * Creates that break in the middle. For each request of a create, in turn: it fails before it leaves, or is performed and its answer
 * lost. Then either the same token completes it, or it is found by its mark and undone. Nothing doubled, nothing left.
 */
import assert from 'node:assert/strict';
import type { CreateCall } from '@cloud-barista/driver/call';
import type { Cloud } from '@cloud-barista/driver/driver';
import { cloudId, newToken, type CloudId } from '@cloud-barista/model/ids';
import { Meddled } from './road.ts';
import type { Kind, Stage } from './stage.ts';

export interface Halves<T> {
  kind: Kind;
  create(cloud: Cloud, call: CreateCall, name: string): Promise<T>;
  /** Asserts that what was made in two goes is whole. */
  whole(made: T, name: string): Promise<void>;
  remove(id: CloudId): Promise<void>;
  /** True where the cloud knows `id` no more. */
  absent(id: CloudId): Promise<boolean>;
  /** Only lost answers: spares VMs, which are paid. */
  lostOnly?: boolean;
}

/** A create has few requests; more than this means that it never gets by without meeting the fault. */
const most = 60;

export async function halves<T extends { id: CloudId }>(stage: Stage, noun: Halves<T>): Promise<void> {
  const before = await stage.count();
  for (const when of noun.lostOnly === true ? (['after'] as const) : (['before', 'after'] as const))
    for (const then of ['complete', 'undo'] as const) {
      let number = 1;
      while (await breakAt(stage, noun, when, then, number)) {
        number++;
        assert.ok(number < most, `a ${noun.kind} needs fewer than ${most} requests`);
      }
      assert.ok(number > 1, 'a create sends its requests through the road');
      await stage.holds(
        before,
        `nothing left of ${noun.kind}s broken ${when} a request and then ${then === 'undo' ? 'undone' : 'completed'}`,
      );
    }
}

/** False where the create has fewer requests than `number`. */
async function breakAt<T extends { id: CloudId }>(
  stage: Stage,
  noun: Halves<T>,
  when: 'before' | 'after',
  then: 'complete' | 'undo',
  number: number,
): Promise<boolean> {
  const where = `${noun.kind}, request ${number} broken ${when} it was performed`;
  let broke = false;
  const strike = (now: number) => {
    if (now !== number) return;
    broke = true;
    throw new Meddled(`The suite broke request ${number}.`);
  };
  const { cloud, road } = await stage.open(when === 'before' ? { before: strike } : { after: strike });
  const token = newToken();
  const name = stage.name('half');
  const first = await noun.create(cloud, stage.create(noun.kind, token), name).catch((error: unknown) => {
    if (!broke) throw error;
    return undefined;
  });
  if (!broke) {
    if (first) await noun.remove(first.id);
    return false;
  }
  const api = road.sent[number - 1]?.request.api;

  if (then === 'complete') {
    const call = stage.create(noun.kind, token, true);
    const made = stage.note(call, await noun.create(stage.cloud, call, name));
    if (first) assert.equal(made.id, first.id, `${where} (${api}): the same token leads to the same`);
    await noun.whole(made, name);
    const marked = await stage.cloud.findMarked(stage.call(), noun.kind, token);
    assert.deepEqual(marked, [made.id], `${where} (${api}): exactly one carries the token`);
    await noun.remove(made.id);
    assert.ok(await noun.absent(made.id), `${where} (${api}): absent once deleted`);
    return true;
  }
  const marked = await stage.cloud.findMarked(stage.call(), noun.kind, token);
  assert.ok(marked.length <= 1, `${where} (${api}): at most one carries the token, not ${marked.join(', ')}`);
  for (const id of marked) {
    await noun.remove(cloudId(id));
    assert.ok(await noun.absent(cloudId(id)), `${where} (${api}): absent once undone`);
  }
  return true;
}
