/** An MCIS as users see it: its records joined with the states that the connector observed. */
import { setImmediate as turn } from 'node:timers/promises';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Mcis, McisSummary, McisVm } from '@cloud-barista/model/mcis';
import { aggregate, vmStates, type McisState, type VmState } from '@cloud-barista/model/state';
import { suggest } from '@cloud-barista/model/nearest';
import type { Vm } from '@cloud-barista/model/vm';
import { heldVm, vmOf } from '@cloud-barista/spider/vm-records';
import type { Page } from '@cloud-barista/model/schema';
import { refreshed } from './fresh.ts';
import type { GroupPlan, McisRecord, VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { byNumber, isOf } from './vm-records.ts';

/** not_found, naming the nearest. */
export async function noSuchMcis(bug: Tumblebug, namespace: string, name: string): Promise<BaristaError> {
  const prefix = bug.mcises.keyOf(`${namespace}/`);
  const known = await bug.store.list({ prefix, limit: 1000 });
  return new BaristaError(
    'not_found',
    `The MCIS ${JSON.stringify(name)} does not exist in namespace ${namespace}.`,
    {
      where: 'mcis',
      next: suggest(
        name,
        known.entries.map(entry => entry.key.slice(prefix.length)),
        `List them: barista get mcis -n ${namespace}`,
      ),
    },
  );
}

export async function readMcis(bug: Tumblebug, namespace: string, name: string): Promise<McisRecord> {
  const found = await bug.mcises.get(mcisKey({ namespace, name }));
  if (found) return found.value;
  throw await noSuchMcis(bug, namespace, name);
}

async function recordsOf(bug: Tumblebug, mcis: Pick<McisRecord, 'namespace' | 'name'>): Promise<VmRecord[]> {
  const listing = await bug.store.list({ prefix: bug.vms.keyOf(`${mcisKey(mcis)}/`) });
  return listing.entries.map(entry => JSON.parse(entry.value) as VmRecord);
}

/** By group, then number. */
export const readVms = async (
  bug: Tumblebug,
  mcis: Pick<McisRecord, 'namespace' | 'name'>,
): Promise<VmRecord[]> => (await recordsOf(bug, mcis)).sort((a, b) => byNumber(a.name, b.name));

/** What the connector last saw of it; undefined where nothing of it stands in its cloud. */
function observed(bug: Tumblebug, { connection, vmName }: VmRecord): Vm | undefined {
  const held = heldVm(bug.spider, connection, vmName);
  return held === undefined || held.value.id === '' ? undefined : vmOf(bug.spider, connection, held);
}

/** A VM that does not stand: not made, not yet made, or ended. */
const absent = (mcis: McisRecord, vm: VmRecord): VmState =>
  vm.problem !== '' ? 'Failed' : isOf(vm, mcis.holder) && !vm.ended ? 'Creating' : 'Terminated';

function viewVm(bug: Tumblebug, mcis: McisRecord, record: VmRecord, plan: GroupPlan | undefined): McisVm {
  const vm = observed(bug, record);
  return {
    name: record.name,
    group: record.group,
    connection: record.connection,
    provider: plan?.provider ?? '',
    region: plan?.region ?? vm?.region ?? '',
    zone: vm?.zone ?? '',
    spec: vm?.spec ?? plan?.spec ?? '',
    specName: plan?.specName ?? '',
    image: vm?.image ?? plan?.image ?? '',
    state: vm?.state ?? absent(mcis, record),
    publicIp: vm?.publicIp ?? '',
    privateIp: vm?.privateIp ?? '',
    ssh: vm?.ssh ?? { user: plan?.user ?? '', host: '', port: 22 },
    id: vm?.id ?? '',
    vmName: record.vmName,
    problem: record.problem,
    created: record.created,
  };
}

type Counts = Partial<Record<VmState, number>>;

/** `Running 6/6`, `Partial: Running 5, Failed 1`; what is not known for sure is said. */
function statusText(record: McisRecord, state: McisState, counts: Counts, silent: readonly string[]): string {
  const words = vmStates.flatMap(word => (counts[word] === undefined ? [] : [`${word} ${counts[word]}`]));
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const [only] = words;
  const text =
    only === undefined
      ? state
      : words.length === 1 && only.startsWith(`${state} `)
        ? `${only}/${total}`
        : `${state}: ${words.join(', ')}`;
  const asides = [
    record.phase === 'Deleting' && record.operation === '' && 'the delete stopped, delete again',
    silent.length > 0 && `as last seen; no answer from ${silent.join(', ')}`,
  ].filter(aside => aside !== false);
  return asides.length === 0 ? text : `${text} (${asides.join('; ')})`;
}

function summary(record: McisRecord, states: readonly VmState[], silent: readonly string[]): McisSummary {
  const { namespace, name, description, labels, onFailure, operation, created, updated } = record;
  const counts: Counts = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  const state: McisState =
    record.phase === 'Deleting'
      ? 'Deleting'
      : record.phase === 'Preparing' && states.length === 0
        ? 'Preparing'
        : aggregate(states);
  const status = statusText(record, state, counts, silent);
  return {
    namespace,
    name,
    description,
    labels,
    state,
    status,
    counts,
    onFailure,
    operation,
    created,
    updated,
  };
}

/** Joins in bulk: one refresh a connection at most, however many VMs. */
async function joined(
  bug: Tumblebug,
  record: McisRecord,
): Promise<{ records: VmRecord[]; silent: string[] }> {
  const records = await readVms(bug, record);
  return { records, silent: await refreshed(bug, new Set(records.map(vm => vm.connection))) };
}

export async function viewMcis(bug: Tumblebug, record: McisRecord): Promise<Mcis> {
  const { records, silent } = await joined(bug, record);
  const plans = new Map(record.plans.map(plan => [plan.name, plan]));
  const vms = records.map(vm => viewVm(bug, record, vm, plans.get(vm.group)));
  const states = vms.map(vm => vm.state);
  return { ...summary(record, states, silent), groups: record.groups, vms };
}

export const getMcis = async (bug: Tumblebug, namespace: string, name: string): Promise<Mcis> =>
  viewMcis(bug, await readMcis(bug, namespace, name));

/** MCISes whose VMs are read at once. */
const readAtOnce = 8;

/** Only states are joined: a page may stand for a hundred thousand VMs. */
async function summarize(bug: Tumblebug, record: McisRecord): Promise<McisSummary> {
  const records = await recordsOf(bug, record);
  const silent = await refreshed(bug, new Set(records.map(vm => vm.connection)));
  const states = records.map(vm => {
    const held = heldVm(bug.spider, vm.connection, vm.vmName)?.value;
    return held && held.id !== '' ? held.data.state : absent(record, vm);
  });
  return summary(record, states, silent);
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
  const items: McisSummary[] = [];
  for (let from = 0; from < listing.entries.length; from += readAtOnce) {
    const some = listing.entries.slice(from, from + readAtOnce);
    items.push(
      ...(await Promise.all(some.map(entry => summarize(bug, JSON.parse(entry.value) as McisRecord)))),
    );
    // Others are served in between: a thousand VMs are some milliseconds' work.
    if (listing.entries.length > readAtOnce) await turn();
  }
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
      next: suggest(name, names, `List them: barista get vms --mcis ${mcis} -n ${namespace}`),
    });
  }
  await refreshed(bug, [vm.value.connection]);
  return viewVm(
    bug,
    record,
    vm.value,
    record.plans.find(plan => plan.name === vm.value.group),
  );
}

export async function listMcisVms(
  bug: Tumblebug,
  namespace: string,
  name: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<McisVm>> {
  const record = await readMcis(bug, namespace, name);
  const { records } = await joined(bug, record);
  // By order, not by place: the VM that the cursor names may be gone since.
  const after = cursor === undefined ? 0 : records.findIndex(vm => byNumber(vm.name, cursor) > 0);
  const start = after === -1 ? records.length : after;
  const plans = new Map(record.plans.map(plan => [plan.name, plan]));
  const items = records.slice(start, start + limit).map(vm => viewVm(bug, record, vm, plans.get(vm.group)));
  const last = items.at(-1);
  return start + limit < records.length && last ? { items, next: last.name } : { items };
}
