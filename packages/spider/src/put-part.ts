/** A credential or a region under its name, new or in the place of the one that was: for callers that register again what they have. */
import type { Connection } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Spider } from './context.ts';
import { commitWithDriver } from './drivers.ts';
import { connections, credentialKey, ids, regionKey } from './keys.ts';

type Part = { name: string; driver: string };

/** Of a credential's or region's connections: one of another driver's, or of a region one that holds something, stands in the way. */
async function refuse(
  spider: Spider,
  noun: 'credential' | 'region',
  before: Part,
  part: Part,
): Promise<void> {
  const users = spider.mirror
    .values<Connection>(connections)
    .map(held => held.value)
    .filter(connection => connection[noun] === part.name);
  if (users.length === 0) return;
  for (const { name } of users) {
    const holds =
      noun === 'region' &&
      (await spider.store.list({ prefix: `${ids}${name}/`, limit: 1 })).entries.length > 0;
    if (!holds && before.driver === part.driver) continue;
    throw new BaristaError(
      'failed_precondition',
      holds
        ? `The region ${JSON.stringify(part.name)} can't be changed: the connection ${JSON.stringify(name)} holds resources in it.`
        : `The ${noun} ${JSON.stringify(part.name)} already exists for the driver ${before.driver}, and the connection ${JSON.stringify(name)} uses it.`,
      { next: 'Choose another name, or delete what uses it first.', where: 'name' },
    );
  }
}

export async function putPart(spider: Spider, noun: 'credential' | 'region', part: Part): Promise<void> {
  const key = noun === 'credential' ? credentialKey(part.name) : regionKey(part.name);
  for (;;) {
    const held = await spider.mirror.find<Part>(key);
    if (!held) {
      if (await commitWithDriver(spider, part.driver, key, part)) return;
      continue;
    }
    await refuse(spider, noun, held.value, part);
    // A connection made since has written the record again, and the comparison fails.
    if (await spider.mirror.commit({ if: [{ key, revision: held.revision }], put: [{ key, value: part }] }))
      return;
  }
}
