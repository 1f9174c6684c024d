/** Tags of what stands in a cloud: kept there, not here. */
import { tagCapability } from '@cloud-barista/driver/tags';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { TaggedKind, Tags } from '@cloud-barista/model/tag';
import { boundId } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import type { OpenCloud, Spider, SpiderCall } from './context.ts';

export interface Tagged {
  connection: string;
  kind: TaggedKind;
  name: string;
}

function check({ driver }: OpenCloud, tags: Tags): void {
  const rule = driver.tagRule;
  if (!rule) return;
  for (const [what, pattern, words] of [
    ['key', rule.key, Object.keys(tags)],
    ['value', rule.value, Object.values(tags)],
  ] as const)
    for (const word of words)
      if (!new RegExp(`^(?:${pattern})$`, 'u').test(word))
        throw new BaristaError(
          'invalid_argument',
          `${driver.provider} takes no tag ${what} ${JSON.stringify(word.slice(0, 80))}.`,
          { next: `A ${what} must match ${pattern}.`, where: 'tags' },
        );
}

/** Does `deed`, if any, to the tags of a resource, and answers with what it then has. */
async function withTags(
  spider: Spider,
  { connection, kind, name }: Tagged,
  call: SpiderCall,
  deed?: (open: OpenCloud, id: CloudId) => Promise<void>,
): Promise<{ tags: Tags }> {
  const open = await cloudOf(spider, connection, call.signal);
  requireCapability(open.driver, tagCapability[kind]);
  const id = cloudId((await boundId(spider, connection, kind, name)).value.id);
  return guarded(open, async () => {
    await deed?.(open, id);
    return { tags: (await open.cloud.tags?.get({ signal: call.signal }, kind, id)) ?? {} };
  });
}

export const getTags = (spider: Spider, tagged: Tagged, call: SpiderCall): Promise<{ tags: Tags }> =>
  withTags(spider, tagged, call);

/** Other tags stay. */
export const setTags = (
  spider: Spider,
  tagged: Tagged,
  tags: Tags,
  call: SpiderCall,
): Promise<{ tags: Tags }> =>
  withTags(spider, tagged, call, async (open, id) => {
    check(open, tags);
    const signal = { signal: call.signal };
    const most = open.driver.tagRule?.most ?? Infinity;
    const now = { ...(await open.cloud.tags?.get(signal, tagged.kind, id)), ...tags };
    if (Object.keys(now).length > most)
      throw new BaristaError(
        'invalid_argument',
        `${open.driver.provider} keeps at most ${most} tags of a resource.`,
        {
          next: 'Remove some first.',
          where: 'tags',
        },
      );
    await open.cloud.tags?.set(signal, tagged.kind, id, tags);
  });

export const removeTags = (
  spider: Spider,
  tagged: Tagged,
  keys: readonly string[],
  call: SpiderCall,
): Promise<{ tags: Tags }> =>
  withTags(spider, tagged, call, async (open, id) =>
    open.cloud.tags?.remove({ signal: call.signal }, tagged.kind, id, keys),
  );
