/** Faults of an emulated cloud: each as its code, and what was not performed left nothing. */
import assert from 'node:assert/strict';
import type { ErrorCode } from '@cloud-barista/model/errors';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { cloudId } from '@cloud-barista/model/ids';
import { skip, type It, type Stage } from './stage.ts';

/** Runs `deed` while the cloud is at fault; requests meanwhile are no proof against the driver. */
async function during<T>(
  stage: Stage,
  fault: string,
  probability: number,
  deed: () => Promise<T>,
): Promise<T> {
  const set = stage.subject.fault ?? skip('nobody can set faults here');
  await stage.rig.ground();
  await set({ api: 'create-vm', fault, probability });
  stage.road.meddling = true;
  try {
    return await deed();
  } finally {
    stage.road.meddling = false;
    await set(undefined);
  }
}

const codes: Record<string, [ErrorCode, ...ErrorCode[]]> = {
  throttle: ['unavailable'],
  capacity: ['resource_exhausted'],
  quota: ['resource_exhausted'],
  unavailable: ['unavailable'],
  error: ['unavailable', 'internal', 'unknown'],
  drop: ['unavailable'],
};

export function faultCases(it: It): void {
  for (const [fault, expected] of Object.entries(codes))
    it(`${fault}: a VM's order fails with ${expected.join(' or ')} and leaves nothing`, async stage => {
      await stage.rig.ground();
      const before = await stage.count();
      const call = stage.create('vm');
      // Some clouds take the order and tell only later, by a VM that is Failed, that they have no room or a build broke.
      const vm = await during<CloudVm | undefined>(stage, fault, 1, async () => {
        try {
          return await stage.rig.order({}, call);
        } catch (error) {
          await stage.rejects(Promise.reject(error), ...expected);
          return undefined;
        }
      });
      if (vm) {
        assert.ok(
          ['capacity', 'quota', 'error'].includes(fault),
          `${fault} is answered at once, not with a VM`,
        );
        await stage.rig.reach(vm.id, 'Failed');
        await stage.terminate([vm.id]);
      } else {
        for (const id of await stage.cloud.findMarked(stage.call(), 'vm', call.token))
          await stage.terminate([cloudId(id)]);
      }
      await stage.holds(before, `nothing left after ${fault}`);
    });

  it('hang: a signal ends the call', async stage => {
    await stage.rig.ground();
    const before = await stage.count();
    const call = stage.create('vm');
    await during(stage, 'hang', 1, async () => {
      const abort = new AbortController();
      const { cloud, road } = await stage.open();
      road.meddling = true;
      const order = cloud.vms.create({ ...call, signal: abort.signal }, await stage.rig.request());
      const cancelled = stage.rejects(order, 'cancelled');
      await stage.until(
        'the order to leave',
        async () => road.sent.length,
        sent => sent > 0,
      );
      abort.abort();
      await cancelled;
    });
    const ids = await stage.cloud.findMarked(stage.call(), 'vm', call.token);
    await stage.terminate(ids.map(cloudId));
    await stage.holds(before, 'nothing left after hang');
  });

  it('while every third order fails, each VM comes up by ordering it again', async stage => {
    await stage.rig.ground();
    const made = await during(stage, 'error', 0.33, () =>
      Promise.all(
        Array.from({ length: 5 }, async () => {
          const request = await stage.rig.request();
          let call = stage.create('vm');
          let again = false;
          const ordered = await stage.until(
            `${request.name} to come up`,
            async () => {
              try {
                const vm = await stage.cloud.vms.create(
                  { ...stage.call(), token: call.token, again },
                  request,
                );
                const settled = await stage.until(
                  `${request.name} to be Running or Failed`,
                  () => stage.cloud.vms.get(stage.call(), vm.id),
                  ({ state }) => state === 'Running' || state === 'Failed',
                );
                if (settled.state === 'Running') return stage.note(call, vm).id;
                // Taken and broken later: it is ended, and ordered anew.
                stage.note(call, vm);
                await stage.terminate([vm.id]);
                call = stage.create('vm');
                again = false;
              } catch (error) {
                again = true;
                await stage.rejects(Promise.reject(error), 'unavailable', 'internal', 'unknown');
              }
              return undefined;
            },
            id => id !== undefined,
          );
          assert.ok(ordered);
          return ordered;
        }),
      ),
    );
    assert.equal(new Set(made).size, 5);
    await stage.terminate(made);
  });
}
