/** An MCIS as users see it: its records joined with the states that the connector observed. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Mcis, McisSummary, McisVm } from '@cloud-barista/model/mcis';
import { aggregate, vmStates, type McisState, type VmState } from '@cloud-barista/model/state';
import { suggest } from '@cloud-barista/model/nearest';
import type { Vm } from '@cloud-barista/model/vm';
import { heldVm, vmOf } from '@cloud-barista/spider/vm-records';
import { refreshVms } from '@cloud-barista/spider/vm-states';
import { getVm } from '@cloud-barista/spider/vms';
import type { Page } from '@cloud-barista/model/schema';
import type { GroupPlan, McisRecord, VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';

export async function readMcis(bug: Tumblebug, namespace: string, name: string): Promise<McisRecord> {
  const found = await bug.mcises.get(mcisKey({ namespace, name }));
  if (found) return found.value;
  const known = await bug.store.list({ prefix: bug.mcises.keyOf(`${namespace}/`), limit: 1000 });
  const names = known.entries.map(entry => entry.key.slice(bug.mcises.keyOf(`${namespace}/`).length));
  throw new BaristaError(
    'not_found',
    `The MCIS ${JSON.stringify(name)} does not exist in namespace ${namespace}.`,
    {
      where: 'mcis',
      next: suggest(name, names, `List them: barista get mcis -n ${namespace}`),
    },
  );
}

export async function readVms(
  bug: Tumblebug,
  mcis: Pick<McisRecord, 'namespace' | 'name'>,
): Promise<VmRecord[]> {
  const listing = await bug.store.list({ prefix: bug.vms.keyOf(`${mcisKey(mcis)}/`) });
  return listing.entries.map(entry => JSON.parse(entry.value) as VmRecord).sort(byNumber);
}

/** web-2 before web-10. */
const byNumber = (a: VmRecord, b: VmRecord): number => a.name.localeCompare(b.name, 'en', { numeric: true });

function viewVm(record: VmRecord, plan: GroupPlan | undefined, vm: Vm | undefined): McisVm {
  const absent: VmState = record.problem !== '' ? 'Failed' : record.ended ? 'Terminated' : 'Creating';
  return {
    name: record.name,
    group: record.group,
    connection: record.connection,
    provider: plan?.provider ?? '',
    region: plan?.region ?? vm?.region ?? '',
    zone: vm?.zone ?? '',
    spec: vm?.spec ?? plan?.spec ?? '',
    image: vm?.image ?? plan?.image ?? '',
    state: vm?.state ?? absent,
    publicIp: vm?.publicIp ?? '',
    privateIp: vm?.privateIp ?? '',
    ssh: vm?.ssh ?? { user: plan?.user ?? '', host: '', port: 22 },
    id: vm?.id ?? '',
    vmName: record.vmName,
    problem: record.problem,
    created: record.created,
  };
}

function counted(vms: readonly { state: VmState }[]): Partial<Record<VmState, number>> {
  const counts: Partial<Record<VmState, number>> = {};
  for (const { state } of vms) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

function statusText(state: McisState, counts: Partial<Record<VmState, number>>, total: number): string {
  const words = vmStates.flatMap(word => (counts[word] === undefined ? [] : [`${word} ${counts[word]}`]));
  if (total === 0) return state;
  return words.length === 1 ? `${words[0]}/${total}` : `${state}: ${words.join(', ')}`;
}

function summary(record: McisRecord, vms: readonly { state: VmState }[]): McisSummary {
  const { namespace, name, description, labels, onFailure, operation, created, updated } = record;
  const counts = counted(vms);
  const state: McisState =
    record.phase === 'Ready' || vms.length > 0
      ? record.phase === 'Deleting'
        ? 'Deleting'
        : aggregate(vms.map(vm => vm.state))
      : record.phase === 'Deleting'
        ? 'Deleting'
        : 'Preparing';
  return {
    namespace,
    name,
    description,
    labels,
    state,
    status: statusText(state, counts, vms.length),
    counts: counts,
    onFailure,
    operation,
    created,
    updated,
  };
}

/** Joins in bulk: one refresh a connection at most, however many VMs. */
async function joined(bug: Tumblebug, record: McisRecord): Promise<McisVm[]> {
  const records = await readVms(bug, record);
  const connections = [...new Set(records.map(vm => vm.connection))];
  await Promise.all(
    connections.map(connection =>
      refreshVms(bug.spider, connection, {}).catch(() => {
        // A cloud that does not answer leaves its VMs' last known states standing; `barista calls` shows why.
      }),
    ),
  );
  const plans = new Map(record.plans.map(plan => [plan.name, plan]));
  return records.map(vm => {
    const held = heldVm(bug.spider, vm.connection, vm.vmName);
    const known =
      held === undefined || held.value.id === '' ? undefined : vmOf(bug.spider, vm.connection, held);
    return viewVm(vm, plans.get(vm.group), known);
  });
}

export async function getMcis(bug: Tumblebug, namespace: string, name: string): Promise<Mcis> {
  const record = await readMcis(bug, namespace, name);
  const vms = await joined(bug, record);
  return { ...summary(record, vms), groups: record.groups, vms };
}

export async function listMcises(
  bug: Tumblebug,
  namespace: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<McisSummary>> {
  const prefix = bug.mcises.keyOf(`${namespace}/`);
  const listing = await bug.store.list({
    prefix,
    limit,
    ...(cursor !== undefined && { after: prefix + cursor }),
  });
  const items = await Promise.all(
    listing.entries.map(async entry => {
      const record = JSON.parse(entry.value) as McisRecord;
      return summary(record, await joined(bug, record));
    }),
  );
  const last = listing.entries.at(-1);
  return listing.more && last ? { items, next: last.key.slice(prefix.length) } : { items };
}

export async function getMcisVm(
  bug: Tumblebug,
  namespace: string,
  mcis: string,
  name: string,
): Promise<McisVm> {
  const record = await readMcis(bug, namespace, mcis);
  const vm = await bug.vms.get(`${namespace}/${mcis}/${name}`);
  if (!vm) {
    const names = (await readVms(bug, record)).map(each => each.name);
    throw new BaristaError('not_found', `The MCIS ${mcis} has no VM ${JSON.stringify(name)}.`, {
      where: 'vm',
      next: suggest(name, names, `List them: barista get vms ${mcis}`),
    });
  }
  const plan = record.plans.find(candidate => candidate.name === vm.value.group);
  const live = await getVm(bug.spider, vm.value.connection, vm.value.vmName).catch(error => {
    // Not ordered yet, or gone again: the record says which.
    if (error instanceof BaristaError && error.code === 'not_found') return undefined;
    throw error;
  });
  return viewVm(vm.value, plan, live);
}

export async function listMcisVms(
  bug: Tumblebug,
  namespace: string,
  name: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<McisVm>> {
  const record = await readMcis(bug, namespace, name);
  const vms = await joined(bug, record);
  const start = cursor === undefined ? 0 : vms.findIndex(vm => vm.name === cursor) + 1;
  const items = vms.slice(start, start + limit);
  const last = items.at(-1);
  return start + limit < vms.length && last ? { items, next: last.name } : { items };
}
