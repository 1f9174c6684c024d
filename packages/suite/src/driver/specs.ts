/** Specs: the sizes of VMs. */
import assert from 'node:assert/strict';
import { cloudId } from '@cloud-barista/model/ids';
import { strangerOf, walk } from './expect.ts';
import type { It, Stage } from './stage.ts';

const page = (stage: Stage) => (part: { limit: number; cursor?: string }) =>
  stage.cloud.specs.list({ ...stage.call(), ...part });

export function specCases(it: It): void {
  it('lists them ordered by id, each once, the same list at every limit', async stage => {
    const all = await walk(page(stage), 1000);
    assert.ok(all.whole && all.items.length > 0);
    const ids = all.items.map(spec => spec.id);
    assert.ok(ids.includes(stage.subject.spec), `${stage.subject.spec} is among them`);
    // Real clouds have hundreds: there the small limits are tried on the list's beginning.
    const few = ids.length <= 30;
    for (const limit of few ? [1, 2, 3, ids.length] : [2, 100]) {
      const part = await walk(page(stage), limit, few ? ids.length + 1 : 4);
      assert.deepEqual(
        part.items.map(spec => spec.id),
        few ? ids : ids.slice(0, part.items.length),
        `the same list at limit ${limit}`,
      );
    }
  });

  it('tells of each its CPUs and memory', async stage => {
    for (const spec of (await walk(page(stage), 1000)).items) {
      assert.ok(spec.cpu >= 1 && spec.memoryMib >= 1 && spec.diskGb >= 0, JSON.stringify(spec));
      assert.ok(Number.isInteger(spec.cpu) && Number.isInteger(spec.memoryMib), JSON.stringify(spec));
      assert.ok(spec.name !== '' && ['x86_64', 'arm64', ''].includes(spec.architecture));
      for (const gpu of spec.gpus) assert.ok(gpu.count >= 1, JSON.stringify(spec));
    }
  });

  it('gets one as the list has it', async stage => {
    const spec = await stage.cloud.specs.get(stage.call(), cloudId(stage.subject.spec));
    const listed = (await walk(page(stage), 1000)).items.find(listed => listed.id === spec.id);
    assert.deepEqual(listed, spec);
  });

  it('says not_found where the region does not offer it', async stage => {
    const ids = new Set((await walk(page(stage), 1000)).items.map(spec => spec.id));
    let stranger = strangerOf(stage.subject.spec);
    while (ids.has(stranger)) stranger += '9';
    await stage.rejects(stage.cloud.specs.get(stage.call(), cloudId(stranger)), 'not_found');
  });
}
