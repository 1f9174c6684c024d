/** Tags of what stands: set, changed, read, removed; the driver's own marks are never shown, nor lost. */
import assert from 'node:assert/strict';
import { tagCapability } from '@cloud-barista/driver/tags';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import { taggedKinds, type TaggedKind } from '@cloud-barista/model/tag';
import { strangerOf } from './expect.ts';
import { newDisk } from './disks.ts';
import { skip, type It, type Stage } from './stage.ts';

async function resource(stage: Stage, kind: TaggedKind): Promise<CloudId> {
  if (kind === 'vm') return (await stage.rig.standing()).id;
  if (kind === 'disk') return (await newDisk(stage)).id;
  const { vpc, group, key } = await stage.rig.ground();
  return { vpc: vpc.id, 'security-group': group.id, 'key-pair': key.id }[kind];
}

export function tagCases(it: It): void {
  for (const kind of taggedKinds)
    it(
      `sets, changes and removes tags of a ${kind}; its mark stays and is not shown`,
      async stage => {
        const tags = stage.cloud.tags ?? skip('no tags');
        const id = await resource(stage, kind);
        const mine = () => tags.get(stage.call(), kind, id);
        assert.deepEqual(await mine(), {}, 'only the user’s tags are shown');
        await tags.set(stage.call(), kind, id, { owner: 'suite', stage: 'one' });
        assert.deepEqual(await mine(), { owner: 'suite', stage: 'one' });
        await tags.set(stage.call(), kind, id, { stage: 'two', team: 'a' });
        assert.deepEqual(await mine(), { owner: 'suite', stage: 'two', team: 'a' });
        await tags.remove(stage.call(), kind, id, ['stage', 'never-there']);
        assert.deepEqual(await mine(), { owner: 'suite', team: 'a' });
        await tags.remove(stage.call(), kind, id, ['owner', 'team']);
        assert.deepEqual(await mine(), {});
        const marked = await stage.cloud.findMarked(stage.call(), kind, stage.tokenOf(id));
        assert.deepEqual(marked, [id], 'its mark stayed');
        if (kind === 'disk') await stage.remove('disk', id);
      },
      tagCapability[kind],
    );

  it(
    'says not_found of a VM that never was',
    async stage => {
      const tags = stage.cloud.tags ?? skip('no tags');
      const stranger = cloudId(strangerOf((await stage.rig.standing()).id));
      await stage.rejects(tags.set(stage.call(), 'vm', stranger, { owner: 'suite' }), 'not_found');
      await stage.rejects(tags.get(stage.call(), 'vm', stranger), 'not_found');
    },
    'tag.vm',
  );
}
