/** suspend, resume, reboot, terminate: by the table of states, VM by VM, with what could not be said. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { vmActions, type VmAction } from '@cloud-barista/model/state';
import { actOn } from '../src/lifecycle.ts';
import { getMcis } from '../src/view.ts';
import { group, holdAt, openStage, place, unreachable, type Stage, type StageOptions } from './stage.ts';

async function open(t: TestContext, options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage(options);
  t.after(() => stage.close());
  await stage.made({ name: 'm', groups: [group('a', 2), group('b', 1, { connection: 'tokyo' })] });
  return stage;
}
const act = (stage: Stage, action: VmAction, idempotencyKey?: string) =>
  actOn(stage.bug, stage.sagas, place('m'), action, { idempotencyKey });
const status = async (stage: Stage) => (await getMcis(stage.bug, 'default', 'm')).status;

/** From each state in turn: where the action leads, or undefined where it is refused. */
const table = {
  Running: { suspend: 'Suspended', resume: 'Running', reboot: 'Running', terminate: 'Terminated' },
  Suspended: { suspend: 'Suspended', resume: 'Running', reboot: undefined, terminate: 'Terminated' },
  Terminated: { suspend: undefined, resume: undefined, reboot: undefined, terminate: 'Terminated' },
} satisfies Record<string, Record<VmAction, string | undefined>>;
const ways = { Running: 'resume', Suspended: 'suspend', Terminated: 'terminate' } as const;

describe('lifecycle', { timeout: 20_000 }, () => {
  for (const state of ['Running', 'Suspended', 'Terminated'] as const)
    for (const action of vmActions)
      it(`${action} of what is ${state}`, async t => {
        const stage = await open(t);
        if (state !== 'Running') await stage.well(act(stage, ways[state]));
        assert.equal(await status(stage), `${state} 3/3`);
        const to = table[state][action];
        if (to === undefined) {
          await assert.rejects(act(stage, action), {
            code: 'failed_precondition',
            message: new RegExp(`: ${state} 3/3\\.$`),
          });
          return;
        }
        const operation = await stage.well(act(stage, action));
        assert.equal(operation.kind, `mcis.${action}`);
        assert.equal(operation.done, operation.total);
        assert.equal(await status(stage), `${to} 3/3`);
      });

  it('acts on the VMs that can, leaves the others, and says which', async t => {
    const stage = await open(t);
    stage.gate((_, connection) => {
      if (connection === 'tokyo') throw unreachable();
    });
    await stage.end(act(stage, 'suspend'));
    stage.gate(undefined);
    assert.equal(await status(stage), 'Partial: Running 1, Suspended 2');
    const operation = await act(stage, 'reboot');
    const notes: string[] = [];
    for await (const event of stage.sagas.events(operation.id, AbortSignal.timeout(5000)))
      if (event.state === 'note') notes.push(event.message);
    await stage.well(operation);
    assert.ok(
      notes.length === 0 || notes.some(note => note === 'left as they are: a-1 (Suspended), a-2 (Suspended)'),
    );
    assert.equal(await status(stage), 'Partial: Running 1, Suspended 2');
  });

  it('says which VMs could not, and why; the operation has failed and the MCIS is free', async t => {
    const stage = await open(t);
    stage.gate(({ api }, connection) => {
      if (connection === 'seoul' && api === 'SuspendVm') throw unreachable();
    });
    const operation = await stage.end(act(stage, 'suspend'));
    assert.equal(operation.state, 'failed', 'what is suspended stays so');
    assert.equal(operation.error?.code, 'unavailable');
    assert.equal(operation.error?.where, 'a-1');
    assert.match(operation.error?.message ?? '', /^2 of 3 VMs could not be suspended \(a-1, a-2\): /);
    stage.gate(undefined);
    assert.equal(await status(stage), 'Partial: Running 2, Suspended 1');
    await stage.well(act(stage, 'suspend'));
    assert.equal(await status(stage), 'Suspended 3/3');
  });

  it('one at a time: a second action is told which operation it meets', async t => {
    const stage = await open(t);
    const held = holdAt(stage, 'SuspendVm');
    const first = await act(stage, 'suspend');
    await held.reached;
    await assert.rejects(act(stage, 'reboot'), {
      code: 'aborted',
      where: `operation ${first.id}`,
      message: 'The MCIS "m" is being changed by another operation.',
    });
    held.letGo();
    await stage.well(first);
  });

  it('repeated with its key it is one; another action with the key is another', async t => {
    const stage = await open(t);
    const held = holdAt(stage, 'SuspendVm');
    const first = await act(stage, 'suspend', 'k');
    await held.reached;
    assert.equal((await act(stage, 'suspend', 'k')).id, first.id);
    held.letGo();
    await stage.well(first);
    const resumed = await stage.well(act(stage, 'resume', 'k'));
    assert.notEqual(resumed.id, first.id);
    assert.equal((await act(stage, 'suspend', 'k')).id, first.id);
    assert.equal(await status(stage), 'Running 3/3');
  });

  it('what the driver can’t do is told', async t => {
    const stage = await open(t, {
      wrap: driver => ({
        ...driver,
        capabilities: { ...driver.capabilities, 'vm.suspend': 'it has no stop' },
      }),
    });
    const operation = await stage.end(act(stage, 'suspend'));
    assert.equal(operation.error?.code, 'unimplemented');
    assert.match(operation.error?.message ?? '', /3 of 3 VMs .*it has no stop/);
  });

  it('a VM that is too slow is one that could not', async t => {
    const stage = await open(t, { vmTimeoutMs: 1000 });
    let ordered = false;
    stage.gate(async ({ api }, connection, signal) => {
      if (connection !== 'tokyo') return;
      if (api === 'SuspendVm') ordered = true;
      if (api === 'GetVms' && ordered)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const operation = await stage.end(act(stage, 'suspend'));
    assert.equal(operation.error?.code, 'deadline_exceeded');
    assert.match(operation.error?.message ?? '', /^1 of 3 VMs could not be suspended \(b-1\): /);
  });

  it('terminated, then deleted', async t => {
    const stage = await open(t);
    await stage.well(act(stage, 'terminate'));
    assert.equal(stage.standing()['vms'], 0);
    assert.equal(stage.standing()['vpcs'], 2, 'the networks stay');
    await stage.remove('m');
    assert.equal(stage.standing()['vpcs'], 0);
  });
});
