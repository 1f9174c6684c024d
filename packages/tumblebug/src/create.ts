/** mcis.create and mcis-vm.add, as sagas: records, ground (networks, keys, security groups), VMs. */
import { BaristaError } from '@cloud-barista/model/errors';
import { newToken } from '@cloud-barista/model/ids';
import type { GroupInput, McisInput } from '@cloud-barista/model/mcis';
import type { Operation } from '@cloud-barista/model/operation';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import type { Write } from '@cloud-barista/store/store';
import { blocksKey, readBlocks } from './blocks.ts';
import { hold, release, requireFree } from './hold.ts';
import { makeGround, makeVms, settled } from './making.ts';
import { getNamespace } from './namespaces.ts';
import { planGroups } from './plan.ts';
import type { GroupPlan, McisRecord, NetworkPlan, VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { readMcis, readVms } from './view.ts';
import { vmKey, vmRecord, writeVms } from './vm-records.ts';

export interface CreateInput {
  namespace: string;
  name: string;
  holder: string;
  description: string;
  labels: Record<string, string>;
  onFailure: McisRecord['onFailure'];
  groups: GroupInput[];
  plans: GroupPlan[];
  networks: NetworkPlan[];
  suffix: string;
  created: string;
}

/** Takes the blocks and the MCIS's name in one transaction; does nothing where that is done already. */
async function claim(bug: Tumblebug, record: McisRecord): Promise<void> {
  const key = mcisKey(record);
  for (;;) {
    const there = await bug.mcises.get(key);
    if (there?.value.holder === record.holder) return;
    if (there)
      throw new BaristaError(
        'already_exists',
        `The MCIS ${JSON.stringify(record.name)} already exists in ${record.namespace}.`,
        {
          where: 'name',
          next: 'Choose another name, or delete it first.',
        },
      );
    const { blocks, revision } = await readBlocks(bug.store, record.namespace);
    const taken = { ...blocks.taken };
    for (const network of record.networks) {
      if (taken[network.cidr] !== undefined)
        throw new BaristaError('aborted', `The block ${network.cidr} was taken by another MCIS meanwhile.`, {
          next: 'Try again.',
        });
      taken[network.cidr] = `${record.name}/${network.connection}`;
    }
    const result = await bug.store.txn({
      if: [
        { key: bug.mcises.keyOf(key), revision: 0 },
        { key: blocksKey(record.namespace), revision },
      ],
      then: [
        bug.mcises.write(key, record),
        { put: blocksKey(record.namespace), value: JSON.stringify({ taken }) },
      ],
    });
    if (result.ok) return;
  }
}

/** Gives back the MCIS's blocks, then removes its records. Repeatable. */
export async function dropRecords(
  bug: Tumblebug,
  mcis: { namespace: string; name: string },
  vms: readonly VmRecord[],
): Promise<void> {
  await writeVms(bug, vms, vm => ({ delete: bug.vms.keyOf(vmKey(vm)) }));
  for (;;) {
    const { blocks, revision } = await readBlocks(bug.store, mcis.namespace);
    const taken = Object.fromEntries(
      Object.entries(blocks.taken).filter(([, owner]) => !owner.startsWith(`${mcis.name}/`)),
    );
    const result = await bug.store.txn({
      if: [{ key: blocksKey(mcis.namespace), revision }],
      then: [
        { delete: bug.mcises.keyOf(mcisKey(mcis)) },
        { put: blocksKey(mcis.namespace), value: JSON.stringify({ taken }) },
      ],
    });
    if (result.ok) return;
  }
}

export const createSaga = (bug: Tumblebug): Saga<CreateInput> => ({
  kind: 'mcis.create',
  target: mcisKey,
  async run(run, input) {
    const { plans, networks, groups } = input;
    const vms = plans.flatMap(plan =>
      Array.from({ length: plan.size }, (_, i) => vmRecord(input, plan, i + 1)),
    );
    run.expect(
      2 + networks.length * 2 + plans.length + vms.length + new Set(plans.map(plan => plan.connection)).size,
    );

    await run.step<null>('records', {
      do: async () => {
        const { namespace, name, holder, description, labels, onFailure, created } = input;
        await claim(bug, {
          namespace,
          name,
          holder,
          description,
          labels,
          onFailure,
          groups,
          plans,
          networks,
          phase: 'Preparing',
          operation: run.id,
          created,
          updated: created,
        });
        await writeVms(bug, vms, vm => bug.vms.write(vmKey(vm), vm));
        return null;
      },
      undo: async () => {
        const there = await bug.mcises.get(mcisKey(input));
        if (there?.value.holder === input.holder) await dropRecords(bug, input, vms);
      },
    });
    const making = { bug, run, plans, networks, groups };
    await makeGround(making);
    const problems = await makeVms(making, vms, input.onFailure);
    const [first] = problems.values();
    if (first && problems.size === vms.length)
      throw new BaristaError(first.code, `No VM could be made: ${first.message}`, {
        cause: first.cause,
        next: first.next,
      });

    await run.step<null>('ready', {
      do: async () => {
        const lost = vms.filter(vm => problems.has(vm.name));
        await writeVms(bug, lost, vm =>
          bug.vms.write(vmKey(vm), { ...vm, problem: problems.get(vm.name)?.message ?? '' }),
        );
        await bug.mcises.update(mcisKey(input), record => ({
          ...record,
          phase: 'Ready',
          updated: new Date(bug.now()).toISOString(),
        }));
        return null;
      },
    });
    return { namespace: input.namespace, name: input.name };
  },
  settle: input => release(bug, input, input.holder),
});

/** All choices made, nothing written: the input of the saga. */
export async function planCreate(
  bug: Tumblebug,
  namespace: string,
  input: McisInput,
  call: { signal: AbortSignal },
): Promise<CreateInput> {
  const planned = await planGroups(
    bug,
    { namespace, mcis: input.name, groups: input.groups, cidr: input.cidr },
    call,
  );
  const holder = newToken();
  return {
    namespace,
    name: input.name,
    holder,
    description: input.description ?? '',
    labels: input.labels ?? {},
    onFailure: input.onFailure ?? 'rollback',
    groups: input.groups,
    plans: planned.groups,
    networks: planned.networks,
    suffix: holder.slice(4, 10),
    created: new Date(bug.now()).toISOString(),
  };
}

export async function createMcis(
  bug: Tumblebug,
  sagas: Sagas,
  namespace: string,
  input: McisInput,
  call: { signal: AbortSignal; idempotencyKey?: string | undefined },
): Promise<Operation> {
  await getNamespace(bug, namespace);
  const there = await bug.mcises.get(mcisKey({ namespace, name: input.name }));
  if (there && call.idempotencyKey === undefined)
    throw new BaristaError(
      'already_exists',
      `The MCIS ${JSON.stringify(input.name)} already exists in ${namespace}.`,
      {
        where: 'name',
        next: 'Choose another name, or delete it first.',
      },
    );
  return sagas.start(createSaga(bug), await planCreate(bug, namespace, input, call), {
    idempotencyKey:
      call.idempotencyKey === undefined ? undefined : `mcis.create/${namespace}/${call.idempotencyKey}`,
  });
}

interface AddInput {
  namespace: string;
  name: string;
  holder: string;
  /** Only what is new of each: groups of new names, networks of new connections; `vms` in any case. */
  groups: GroupInput[];
  plans: GroupPlan[];
  networks: NetworkPlan[];
  vms: VmRecord[];
  /** Groups that stand and grow, by their new size. */
  grown: Record<string, number>;
  standingGroups: GroupInput[];
  standingPlans: GroupPlan[];
  onFailure: McisRecord['onFailure'];
}

export const addSaga = (bug: Tumblebug): Saga<AddInput> => ({
  kind: 'mcis-vm.add',
  target: mcisKey,
  async run(run, input) {
    const { vms, plans, networks, groups } = input;
    run.expect(
      2 + networks.length * 2 + plans.length + vms.length + new Set(vms.map(vm => vm.connection)).size,
    );
    await run.step<null>('records', {
      do: async () => {
        await hold(bug, input, { operation: run.id, holder: input.holder }, record => ({
          ...record,
          groups: [
            ...record.groups.filter(group => !groups.some(fresh => fresh.name === group.name)),
            ...groups,
          ],
          plans: [...record.plans.filter(plan => !plans.some(fresh => fresh.name === plan.name)), ...plans],
          networks: [
            ...record.networks.filter(
              network => !networks.some(fresh => fresh.connection === network.connection),
            ),
            ...networks,
          ],
        }));
        await writeVms(bug, vms, vm => bug.vms.write(vmKey(vm), vm));
        await takeMore(bug, input);
        return null;
      },
      undo: async () => {
        const there = await bug.mcises.get(mcisKey(input));
        if (there?.value.holder !== input.holder) return;
        await writeVms(bug, vms, vm => ({ delete: bug.vms.keyOf(vmKey(vm)) }));
        await bug.mcises.update(mcisKey(input), record => ({
          ...record,
          groups: record.groups.filter(group => !groups.some(fresh => fresh.name === group.name)),
          plans: record.plans.filter(plan => !plans.some(fresh => fresh.name === plan.name)),
          networks: record.networks.filter(
            network => !networks.some(fresh => fresh.connection === network.connection),
          ),
        }));
        await giveBack(bug, input);
      },
    });
    await makeGround({ bug, run, plans, networks, groups });
    const making = {
      bug,
      run,
      plans: [...input.standingPlans, ...plans],
      networks,
      groups: [...input.standingGroups, ...groups],
    };
    const problems = await makeVms(making, vms, input.onFailure);
    await run.step<null>('ready', {
      do: async () => {
        const lost = vms.filter(vm => problems.has(vm.name));
        await writeVms(bug, lost, vm =>
          bug.vms.write(vmKey(vm), { ...vm, problem: problems.get(vm.name)?.message ?? '' }),
        );
        await bug.mcises.update(mcisKey(input), record => ({
          ...record,
          groups: record.groups.map(group => ({ ...group, size: input.grown[group.name] ?? group.size })),
          plans: record.plans.map(plan => ({ ...plan, size: input.grown[plan.name] ?? plan.size })),
        }));
        return null;
      },
    });
    return { namespace: input.namespace, name: input.name };
  },
  settle: input => release(bug, input, input.holder),
});

async function changeBlocks(
  bug: Tumblebug,
  namespace: string,
  change: (taken: Record<string, string>) => Record<string, string>,
): Promise<void> {
  for (;;) {
    const { blocks, revision } = await readBlocks(bug.store, namespace);
    const value = JSON.stringify({ taken: change({ ...blocks.taken }) });
    if (
      (
        await bug.store.txn({
          if: [{ key: blocksKey(namespace), revision }],
          then: [{ put: blocksKey(namespace), value }],
        })
      ).ok
    )
      return;
  }
}
const takeMore = (bug: Tumblebug, { namespace, name, networks }: AddInput) =>
  changeBlocks(bug, namespace, taken => {
    for (const { cidr, connection } of networks) {
      const owner = `${name}/${connection}`;
      if ((taken[cidr] ?? owner) !== owner)
        throw new BaristaError('aborted', `The block ${cidr} was taken by another MCIS meanwhile.`, {
          next: 'Try again.',
        });
      taken[cidr] = owner;
    }
    return taken;
  });
const giveBack = (bug: Tumblebug, { namespace, name, networks }: AddInput) =>
  changeBlocks(bug, namespace, taken => {
    for (const { cidr, connection } of networks)
      if (taken[cidr] === `${name}/${connection}`) delete taken[cidr];
    return taken;
  });

export async function addVms(
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  input: { group: string; count: number } | { newGroup: GroupInput },
  call: { signal: AbortSignal; idempotencyKey?: string | undefined },
): Promise<Operation> {
  const record = await readMcis(bug, mcis.namespace, mcis.name);
  requireFree(record);
  const holder = newToken();
  const origin = { ...mcis, suffix: holder.slice(4, 10), created: new Date(bug.now()).toISOString() };
  const common = {
    ...mcis,
    holder,
    onFailure: record.onFailure,
    standingGroups: record.groups,
    standingPlans: record.plans,
  };
  const options = {
    idempotencyKey:
      call.idempotencyKey === undefined ? undefined : `mcis-vm.add/${mcisKey(mcis)}/${call.idempotencyKey}`,
  };
  if ('newGroup' in input) {
    if (record.groups.some(group => group.name === input.newGroup.name))
      throw new BaristaError(
        'already_exists',
        `The MCIS already has a group ${JSON.stringify(input.newGroup.name)}.`,
        {
          where: 'newGroup.name',
          next: 'Add to it with group and count, or choose another name.',
        },
      );
    const planned = await planGroups(
      bug,
      { namespace: mcis.namespace, mcis: mcis.name, groups: [input.newGroup], standing: record.networks },
      call,
    );
    const networks = planned.networks.filter(
      network => !record.networks.some(known => known.connection === network.connection),
    );
    const vms = planned.groups.flatMap(plan =>
      Array.from({ length: plan.size }, (_, i) => vmRecord(origin, plan, i + 1)),
    );
    return sagas.start(
      addSaga(bug),
      { ...common, groups: [input.newGroup], plans: planned.groups, networks, vms, grown: {} },
      options,
    );
  }
  const plan = record.plans.find(candidate => candidate.name === input.group);
  if (!plan)
    throw new BaristaError('not_found', `The MCIS has no group ${JSON.stringify(input.group)}.`, {
      where: 'group',
      next: `It has ${record.plans.map(each => each.name).join(', ')}.`,
    });
  const standing = (await readVms(bug, record)).filter(vm => vm.group === plan.name);
  // Numbers are not given twice while their VM is there; those of removed VMs may be.
  const last = Math.max(0, ...standing.map(vm => Number(vm.name.slice(plan.name.length + 1))));
  const vms = Array.from({ length: input.count }, (_, i) => vmRecord(origin, plan, last + i + 1));
  return sagas.start(
    addSaga(bug),
    {
      ...common,
      groups: [],
      plans: [],
      networks: [],
      vms,
      grown: { [plan.name]: standing.length + input.count },
    },
    options,
  );
}
