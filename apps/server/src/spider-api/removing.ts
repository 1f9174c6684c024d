/** Deleting, with `?force=true`, and tags at creation: what all resources share. */
import { BaristaError, hasCode, toBaristaError } from '@cloud-barista/model/errors';
import type { TaggedKind, Tags } from '@cloud-barista/model/tag';
import { tagCapability } from '@cloud-barista/driver/tags';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import { cloudOf } from '@cloud-barista/spider/clouds';
import type { IdKind } from '@cloud-barista/spider/context';
import { forgetId } from '@cloud-barista/spider/forget';
import { deleteId } from '@cloud-barista/spider/remove';
import { setTags } from '@cloud-barista/spider/tags';
import { done, type Ask } from './route.ts';

/** By force, what its cloud does not delete is forgotten: the record goes, whatever stands there. */
export async function orForget(
  ask: Ask,
  kind: IdKind,
  name: string,
  remove: () => Promise<void>,
): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!ask.force || hasCode(error, 'not_found')) throw error;
    ask.spider.log({
      level: 'warn',
      message: 'Forgotten by force.',
      connection: ask.connection(),
      kind,
      name,
      error: toBaristaError(error).message,
    });
    await forgetId(ask.spider, ask.connection(), kind, name, ask.call);
  }
}

export async function remove(ask: Ask, kind: Exclude<IdKind, 'vm'>, name = ask.name()) {
  const connection = ask.connection();
  await orForget(ask, kind, name, () => deleteId(ask.spider, connection, kind, name, ask.call));
  return done;
}

/** `TagList` of a create; refused before anything is made where the cloud keeps none. */
export async function tagsOf(ask: Ask, kind: TaggedKind): Promise<Tags | undefined> {
  const list = ask.info.parts('TagList');
  if (list.length === 0) return undefined;
  const { driver } = await cloudOf(ask.spider, ask.connection(), ask.call.signal);
  requireCapability(driver, tagCapability[kind]);
  return Object.fromEntries(list.map(tag => [tag.text('Key'), tag.text('Value')]));
}

/** Of what is taken back where this fails. */
export async function tagNew(
  ask: Ask,
  kind: TaggedKind,
  name: string,
  tags: Tags | undefined,
): Promise<void> {
  if (tags) await setTags(ask.spider, { connection: ask.connection(), kind, name }, tags, ask.call);
}

/** Of what stands, with its tags or without. */
export async function tag(ask: Ask, kind: TaggedKind, name: string, tags: Tags | undefined): Promise<void> {
  await tagNew(ask, kind, name, tags).catch((thrown: unknown) => {
    const error = toBaristaError(thrown);
    throw new BaristaError(error.code, `It stands, but without its tags: ${error.message}`, {
      next: 'Set them with /tag, or delete it.',
      source: thrown,
    });
  });
}
