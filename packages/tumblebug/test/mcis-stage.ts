/** What the tests of MCISes share: a stage that closes itself, two groups on two clouds, and looks at what stands. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { addVms } from '../src/add.ts';
import { blocksKey } from '../src/blocks.ts';
import { deleteMcis } from '../src/delete.ts';
import type { McisRecord } from '../src/records.ts';
import { getMcis } from '../src/view.ts';
import {
  call,
  group,
  nothing,
  openStage,
  place,
  unreachable,
  type Stage,
  type StageOptions,
} from './stage.ts';

export async function open(t: TestContext, options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage(options);
  t.after(() => stage.close());
  return stage;
}
export const two = [group('a', 2), group('b', 1, { connection: 'tokyo' })];
export const view = (stage: Stage, name = 'm') => getMcis(stage.bug, 'default', name);
export const recordOf = async (stage: Stage, name = 'm') =>
  (await stage.bug.mcises.get(`default/${name}`))?.value as McisRecord;
export const add = (stage: Stage, input: Parameters<typeof addVms>[3], key?: string) =>
  addVms(stage.bug, stage.sagas, place('m'), input, { ...call, idempotencyKey: key });
export const del = (stage: Stage, name = 'm') => deleteMcis(stage.bug, stage.sagas, place(name));
export const names = async (stage: Stage) => (await view(stage)).vms.map(vm => vm.name);
/** Nothing in the clouds, nothing in the records of either floor. */
export async function assertNothing(stage: Stage): Promise<void> {
  assert.deepEqual(stage.standing(), nothing);
  for (const prefix of ['/tumblebug/mcis/', '/tumblebug/vms/', '/spider/ids/'])
    assert.deepEqual((await stage.store.list({ prefix })).entries, [], prefix);
  const blocks = await stage.store.get(blocksKey('default'));
  assert.deepEqual(blocks ? JSON.parse(blocks.value) : { taken: {} }, { taken: {} });
}
/** So that no VM can be made at the connection. */
export const failing =
  (connection: string, api = 'RunVm') =>
  (request: { api: string }, at: string) => {
    if (request.api === api && at === connection) throw unreachable();
  };
/** Refused for good, VM by VM. */
export const full = (stage: Stage, connection: string, probability = 1) =>
  stage.clouds[connection]?.fault({ api: 'create-vm', fault: 'quota', probability });
