/** `apply` and `review`: makes what a file describes, or brings what stands to what the file says. */
import type { Command } from 'commander';
import type { Input } from '@cloud-barista/api/operations';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { GroupInput, Mcis, McisInput, McisPlan } from '@cloud-barista/model/mcis';
import { contextOf, withServer, type Context, type Flags } from '../context.ts';
import { readDocuments, type Document, type Kind } from '../documents.ts';
import { column, print, render } from '../output.ts';
import { follow } from '../progress.ts';

interface ApplyFlags extends Flags {
  file: string;
  dryRun?: boolean;
  wait: boolean;
}

const say = (text: string) => process.stdout.write(`${text}\n`);
const creates = {
  namespace: 'namespace.create',
  credential: 'credential.create',
  region: 'region.create',
  connection: 'connection.create',
} as const satisfies Record<Exclude<Kind, 'mcis'>, string>;
const gets = {
  namespace: 'namespace.get',
  region: 'region.get',
  connection: 'connection.get',
  credential: 'credential.get',
} as const;

/** Small records: made, or left where they are the same. A credential's values can't be compared: its keys are. */
async function applyRecord(
  { client, signal }: Context,
  kind: Exclude<Kind, 'mcis'>,
  body: Record<string, unknown>,
  where: string,
): Promise<string> {
  try {
    await client.call(creates[kind], { body } as never, { signal });
    return 'made';
  } catch (error) {
    if (!hasCode(error, 'already_exists')) throw error;
  }
  const there = (await client.call(gets[kind], { [kind]: body['name'] } as never, { signal })) as Record<
    string,
    unknown
  >;
  const differs = Object.entries(body).filter(
    ([key, value]) => key !== 'values' && JSON.stringify(there[key] ?? '') !== JSON.stringify(value),
  );
  const valuesDiffer =
    kind === 'region' &&
    Object.entries((body['values'] ?? {}) as Record<string, string>).some(
      ([key, value]) => (there['values'] as Record<string, string>)[key] !== value,
    );
  if (differs.length > 0 || valuesDiffer)
    throw new BaristaError(
      'already_exists',
      `The ${kind} ${String(body['name'])} already exists and is another (${valuesDiffer ? 'values' : differs.map(([key]) => key).join(', ')}).`,
      {
        where,
        next: 'Delete it first, or choose another name.',
      },
    );
  return 'unchanged';
}

/** One text for one meaning: keys in order, however deep. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
const immutable = (group: GroupInput) => canonical({ ...group, size: 0 });

/** What an MCIS keeps from its making. A change of it can't be carried out, and must not pass as done. */
function refuseChanged(there: Mcis, wanted: McisInput): void {
  const changed = [
    wanted.description !== undefined && wanted.description !== there.description && 'description',
    wanted.labels !== undefined && canonical(wanted.labels) !== canonical(there.labels) && 'labels',
    wanted.onFailure !== undefined && wanted.onFailure !== there.onFailure && 'onFailure',
  ].filter(field => field !== false);
  if (changed.length > 0)
    throw new BaristaError(
      'failed_precondition',
      `The MCIS ${there.name} stands with another ${changed.join(', ')}, which can't be changed in place.`,
      { where: changed[0], next: 'Leave it as it was, or delete the MCIS and apply again.' },
    );
}

/** What has to be done so that `there` becomes `wanted`: groups to add, to grow, VMs to remove. */
export function difference(
  there: Mcis,
  wanted: McisInput,
): { added: GroupInput[]; grown: { group: string; count: number }[]; removed: string[] } {
  const added: GroupInput[] = [];
  const grown: { group: string; count: number }[] = [];
  const removed: string[] = [];
  for (const group of wanted.groups) {
    const stands = there.groups.find(candidate => candidate.name === group.name);
    if (!stands) {
      added.push(group);
      continue;
    }
    if (immutable(stands) !== immutable(group))
      throw new BaristaError(
        'failed_precondition',
        `The group ${group.name} stands with other settings, which can't be changed in place.`,
        {
          where: `groups.${group.name}`,
          next: 'Give the group another name, or delete the MCIS and apply again.',
        },
      );
    const vms = there.vms.filter(vm => vm.group === group.name);
    if (vms.length < group.size) grown.push({ group: group.name, count: group.size - vms.length });
    else removed.push(...vms.slice(group.size).map(vm => vm.name));
  }
  for (const group of there.groups)
    if (!wanted.groups.some(candidate => candidate.name === group.name))
      removed.push(...there.vms.filter(vm => vm.group === group.name).map(vm => vm.name));
  return { added, grown, removed };
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

async function applyMcis(
  context: Context,
  namespace: string,
  body: McisInput,
  wait: boolean,
): Promise<string> {
  const { client, signal } = context;
  const place = { namespace, mcis: body.name };
  let there: Mcis;
  try {
    there = await client.call('mcis.get', place, { signal });
    // What another apply began comes to its end first, or this would count VMs that are still coming.
    while (there.operation !== '') {
      const under = await client.call('operation.get', { operation: there.operation }, { signal });
      await follow(context, under).catch((error: unknown) => {
        if (signal.aborted || hasCode(error, 'unavailable')) throw error;
      });
      there = await client.call('mcis.get', place, { signal });
    }
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
    const operation = await client.call('mcis.create', { namespace, body }, { signal });
    if (!wait) return `being made, operation ${operation.id}`;
    await follow(context, operation);
    return 'made';
  }
  refuseChanged(there, body);
  const { added, grown, removed } = difference(there, body);
  for (const newGroup of added)
    await follow(context, await client.call('mcis-vm.add', { ...place, body: { newGroup } }, { signal }));
  for (const growth of grown)
    await follow(context, await client.call('mcis-vm.add', { ...place, body: growth }, { signal }));
  for (const vm of removed)
    await follow(context, await client.call('mcis-vm.remove', { ...place, vm }, { signal }));
  const changes = [
    added.length > 0 && `${counted(added.length, 'group')} added`,
    grown.length > 0 &&
      `${counted(
        grown.reduce((sum, { count }) => sum + count, 0),
        'VM',
      )} added`,
    removed.length > 0 && `${counted(removed.length, 'VM')} removed`,
  ];
  return changes.filter(Boolean).join(', ') || 'unchanged';
}

const planColumns = [
  column<McisPlan['groups'][number]>('GROUP', g => g.name),
  column<McisPlan['groups'][number]>('VMS', g => g.size),
  column<McisPlan['groups'][number]>('CONNECTION', g => g.connection),
  column<McisPlan['groups'][number]>('SPEC', g => g.specName),
  column<McisPlan['groups'][number]>('CPU', g => g.cpu),
  column<McisPlan['groups'][number]>('MEMORY GiB', g => Math.round((g.memoryMib / 1024) * 10) / 10),
  column<McisPlan['groups'][number]>('IMAGE', g => g.imageName),
];

async function review(context: Context, documents: readonly Document[]): Promise<void> {
  const groups = documents.filter(({ kind }) => kind === 'mcis');
  if (groups.length === 0)
    throw new BaristaError('invalid_argument', 'The file holds no MCIS: there is nothing to review.', {
      where: documents[0]?.where,
      next: 'Records such as connections are made as they stand: barista apply.',
    });
  for (const document of groups) {
    const { namespace = context.settings.namespace, body } = document;
    const plan = await context.client
      .call('mcis.review', { namespace, body } as unknown as Input<'mcis.review'>, { signal: context.signal })
      .catch(inFile(document));
    if (context.format === 'json' || context.format === 'yaml') print(context.format, plan, []);
    else {
      say(
        `MCIS ${plan.name}: ${counted(plan.vmCount, 'VM')} on ${counted(plan.connections.length, 'connection')}; nothing is made yet.\n`,
      );
      say(render(context.format, plan.groups, planColumns));
      for (const group of plan.groups)
        say(`\n${group.name}:\n${group.because.map(text => `  - ${text}`).join('\n')}`);
    }
  }
}

/** Adds to an error about a field where in the file that stands. */
const inFile =
  (document: Document) =>
  (error: unknown): never => {
    if (!(error instanceof BaristaError) || error.where === undefined) throw error;
    const { code, message, next, vendorCode: cause } = error;
    // In a path it goes by its kind.
    const where = error.where === document.kind ? 'name' : error.where;
    const place = document.placeOf(where);
    throw new BaristaError(code, message, {
      next,
      where: place.includes(where) ? place : `${place}: ${where}`,
      cause,
      source: error,
    });
  };

export function addApply(program: Command): void {
  withServer(program.command('apply'))
    .summary('make what a file describes')
    .description('Make what a YAML or JSON file describes, or bring what stands to what the file says.')
    .requiredOption('-f, --file <file>', 'the file; - reads standard input')
    .option('--dry-run', 'show what would be made, and why; make nothing')
    .option('--no-wait', 'begin it and return')
    .action(async (flags: ApplyFlags) => {
      const context = await contextOf(flags);
      const documents = await readDocuments(flags.file);
      if (flags.dryRun === true) return review(context, documents);
      for (const document of documents) {
        const { kind, namespace = context.settings.namespace, body, where } = document;
        const name = String(body['name']);
        const done = await (kind === 'mcis'
          ? applyMcis(context, namespace, body as unknown as McisInput, flags.wait)
          : applyRecord(context, kind, body, where)
        ).catch(inFile(document));
        say(`${kind} ${name}: ${done}`);
      }
    });

  withServer(program.command('review'))
    .summary('show what a file would make, and why; make nothing')
    .requiredOption('-f, --file <file>', 'the file; - reads standard input')
    .action(async (flags: ApplyFlags) => review(await contextOf(flags), await readDocuments(flags.file)));
}
