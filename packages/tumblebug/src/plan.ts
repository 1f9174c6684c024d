/**
 * The plan of an MCIS: for each group the connection, spec, image and network, each with its reason. Makes nothing.
 */
import type { Connection } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import { newSuffix } from '@cloud-barista/model/ids';
import type { GroupInput, McisInput, McisPlan } from '@cloud-barista/model/mcis';
import { checkRule } from '@cloud-barista/model/security-group';
import { bySize, type Spec } from '@cloud-barista/model/spec';
import { suggest } from '@cloud-barista/model/nearest';
import { cloudOf } from '@cloud-barista/spider/clouds';
import { getConnection, listConnections } from '@cloud-barista/spider/connections';
import { findImage } from '@cloud-barista/spider/images';
import { findSpec } from '@cloud-barista/spider/specs';
import { getKeyPair } from '@cloud-barista/spider/key-pairs';
import { getSecurityGroup } from '@cloud-barista/spider/security-groups';
import { getVpc } from '@cloud-barista/spider/vpcs';
import { defaultRange, parseRange, readBlocks, takeBlocks, type Blocks } from './blocks.ts';
import type { GroupPlan, NetworkPlan } from './records.ts';
import type { Tumblebug } from './tumblebug.ts';

export interface Call {
  signal: AbortSignal;
}

export interface Planned {
  groups: GroupPlan[];
  networks: NetworkPlan[];
  blocks: { blocks: Blocks; revision: number };
  cidrs: Map<string, string>;
}

const gib = (mib: number) => `${Math.round((mib / 1024) * 100) / 100} GiB`;

/** What the schema can't say. Throws invalid_argument naming the field. */
export function checkGroups(groups: readonly GroupInput[]): void {
  const names = new Set<string>();
  for (const [index, group] of groups.entries()) {
    const at = `groups[${index}]`;
    const fail = (message: string, next: string, where = at) => {
      throw new BaristaError('invalid_argument', message, { where, next });
    };
    if (names.has(group.name))
      fail(`Two groups are called ${JSON.stringify(group.name)}.`, 'Give each its own name.', `${at}.name`);
    names.add(group.name);
    if (`${group.name}-${group.size}`.length > 63)
      fail(
        `The group name ${JSON.stringify(group.name)} leaves no room for its VMs' numbers.`,
        'Use at most 58 characters.',
        `${at}.name`,
      );
    if (group.spec !== undefined && (group.cpu !== undefined || group.memoryGb !== undefined))
      fail('A group has either spec, or cpu and memoryGb.', 'Leave one of them out.');
    if (group.connection === undefined)
      for (const field of ['spec', 'vpc', 'subnet', 'securityGroups', 'keyPair'] as const)
        if (group[field] !== undefined)
          fail(
            `${field} is a cloud's own, so the group must say which connection it means.`,
            'Add connection.',
            `${at}.${field}`,
          );
    if (group.vpc === undefined && (group.subnet !== undefined || group.securityGroups !== undefined))
      fail('subnet and securityGroups belong to a vpc.', 'Add vpc, or leave them out.');
    for (const [i, rule] of (group.rules ?? []).entries()) checkRule(rule, `${at}.rules[${i}]`);
  }
}

interface Choice {
  connection: Connection;
  spec: Spec;
  image: Awaited<ReturnType<typeof findImage>>;
}

const wanted = (group: GroupInput) => ({
  ...(group.spec !== undefined && { spec: group.spec }),
  ...(group.cpu !== undefined && { cpu: group.cpu }),
  ...(group.memoryGb !== undefined && { memoryMib: Math.ceil(group.memoryGb * 1024) }),
});

async function choiceAt(
  bug: Tumblebug,
  connection: Connection,
  group: GroupInput,
  call: Call,
): Promise<Choice> {
  const spec = await findSpec(bug.spider, connection.name, wanted(group), call);
  const image = await findImage(
    bug.spider,
    connection.name,
    group.image,
    spec.architecture === '' ? undefined : spec.architecture,
    call,
  );
  return { connection, spec, image };
}

/** Adds which group an error is about. */
const inGroup = (index: number) => (error: unknown) => {
  if (!(error instanceof BaristaError)) throw error;
  const { code, message, next, vendorCode, where, operator } = error;
  throw new BaristaError(code, message, {
    next,
    cause: vendorCode,
    operator,
    where: `groups[${index}]${where === undefined ? '' : `.${where}`}`,
    source: error,
  });
};

/**
 * A group without a connection goes where its smallest fitting spec is smallest; among equals to the connection that
 * has the fewest VMs of this MCIS so far, so that equal clouds share.
 */
async function place(
  bug: Tumblebug,
  group: GroupInput,
  load: Map<string, number>,
  call: Call,
): Promise<Choice & { because: string[] }> {
  if (group.connection !== undefined) {
    const connection = await getConnection(bug.spider, group.connection);
    return {
      ...(await choiceAt(bug, connection, group, call)),
      because: [`connection ${connection.name}: as asked`],
    };
  }
  const { items: connections } = await listConnections(bug.spider, { limit: Infinity });
  const choices: Choice[] = [];
  const passed: string[] = [];
  await Promise.all(
    connections.map(async connection => {
      try {
        choices.push(await choiceAt(bug, connection, group, call));
      } catch (error) {
        if (!(error instanceof BaristaError) || error.code === 'cancelled') throw error;
        passed.push(`${connection.name}: ${error.message}`);
      }
    }),
  );
  choices.sort(
    (a, b) =>
      a.spec.cpu * 4096 + a.spec.memoryMib - (b.spec.cpu * 4096 + b.spec.memoryMib) ||
      (load.get(a.connection.name) ?? 0) - (load.get(b.connection.name) ?? 0) ||
      bySize(a.spec, b.spec) ||
      (a.connection.name < b.connection.name ? -1 : 1),
  );
  const [best, second] = choices;
  if (!best)
    throw new BaristaError('failed_precondition', 'No connection fits the group.', {
      next:
        connections.length === 0
          ? 'Make a connection first: barista apply -f examples/connections.yaml'
          : passed.sort().slice(0, 5).join(' '),
    });
  const because = [
    `connection ${best.connection.name}: smallest fit of ${choices.length} (${best.spec.cpu} CPU, ${gib(best.spec.memoryMib)})` +
      (second
        ? `, next ${second.connection.name} (${second.spec.cpu} CPU, ${gib(second.spec.memoryMib)})`
        : ''),
    ...passed.sort().map(text => `passed over ${text}`),
  ];
  return { ...best, because };
}

/** The plan of `groups` of one MCIS; `standing` are its networks that are there already. */
export async function planGroups(
  bug: Tumblebug,
  input: {
    namespace: string;
    mcis: string;
    groups: readonly GroupInput[];
    cidr?: string | undefined;
    standing?: readonly NetworkPlan[];
  },
  call: Call,
): Promise<Planned> {
  checkGroups(input.groups);
  const range = parseRange(input.cidr ?? defaultRange);
  const networks = new Map((input.standing ?? []).map(network => [network.connection, network]));
  const load = new Map<string, number>();
  const suffix = newSuffix(6);
  const groups: GroupPlan[] = [];
  // Groups that name their connection don't wait for one another; the others are placed in turn, each knowing the load before it.
  const named = await Promise.all(
    input.groups.map((group, index) =>
      group.connection === undefined ? undefined : place(bug, group, load, call).catch(inGroup(index)),
    ),
  );
  for (const [index, group] of input.groups.entries()) {
    const choice = named[index] ?? (await place(bug, group, load, call).catch(inGroup(index)));
    if (!choice) continue;
    const { connection, spec, image } = choice;
    load.set(connection.name, (load.get(connection.name) ?? 0) + group.size);
    const stem = input.mcis.slice(0, 40).replace(/-+$/, '');
    let network = networks.get(connection.name);
    const ownVpc = group.vpc === undefined;
    if ((ownVpc || group.keyPair === undefined) && !network) {
      network = {
        connection: connection.name,
        vpc: `${stem}-${suffix}`,
        subnet: 'main',
        cidr: '',
        keyPair: `${stem}-${suffix}`,
      };
      networks.set(connection.name, network);
    }
    const found =
      group.vpc === undefined
        ? undefined
        : await getVpc(bug.spider, connection.name, group.vpc).catch(inGroup(index));
    const subnet = group.subnet ?? found?.subnets[0]?.name ?? network?.subnet ?? 'main';
    if (found && !found.subnets.some(candidate => candidate.name === subnet))
      throw new BaristaError('not_found', `The vpc ${found.name} has no subnet ${JSON.stringify(subnet)}.`, {
        where: `groups[${index}].subnet`,
        next: suggest(
          subnet,
          found.subnets.map(candidate => candidate.name),
          'Add one first.',
        ),
      });
    await Promise.all(
      (group.securityGroups ?? []).map(name =>
        getSecurityGroup(bug.spider, connection.name, name).catch(inGroup(index)),
      ),
    );
    if (group.keyPair !== undefined)
      await getKeyPair(bug.spider, connection.name, group.keyPair).catch(inGroup(index));
    const { region } = await cloudOf(bug.spider, connection.name, call.signal);
    groups.push({
      name: group.name,
      size: group.size,
      connection: connection.name,
      provider: connection.provider,
      region,
      spec: spec.id,
      cpu: spec.cpu,
      memoryMib: spec.memoryMib,
      image: image.id,
      imageName: image.name,
      user: image.user,
      because: [
        ...choice.because,
        group.spec === undefined
          ? `spec ${spec.name}: smallest with ${group.cpu ?? 1} CPU and ${group.memoryGb ?? 0} GiB (it has ${spec.cpu} and ${gib(spec.memoryMib)})`
          : `spec ${spec.name}: as asked`,
        image.id === group.image
          ? `image ${image.id}: as asked`
          : `image ${image.name}: newest ${group.image}${spec.architecture === '' ? '' : ` for ${spec.architecture}`}`,
      ],
      vpc: group.vpc ?? network?.vpc ?? '',
      subnet,
      vpcMade: ownVpc,
      securityGroups: group.securityGroups ?? [`${group.name.slice(0, 40).replace(/-+$/, '')}-${suffix}`],
      securityGroupMade: group.securityGroups === undefined,
      keyPair: group.keyPair ?? network?.keyPair ?? `${stem}-${suffix}`,
      keyPairMade: group.keyPair === undefined,
    });
  }
  const blocks = await readBlocks(bug.store, input.namespace);
  const fresh = [...networks.values()].filter(network => network.cidr === '');
  const cidrs = takeBlocks(
    range,
    Object.keys(blocks.blocks.taken),
    fresh.map(network => network.connection),
  );
  for (const network of fresh) network.cidr = cidrs.get(network.connection) ?? '';
  return { groups, networks: [...networks.values()], blocks, cidrs };
}

/** What would be made, for people. */
export async function reviewMcis(
  bug: Tumblebug,
  namespace: string,
  input: McisInput,
  call: Call,
): Promise<McisPlan> {
  const planned = await planGroups(
    bug,
    { namespace, mcis: input.name, groups: input.groups, cidr: input.cidr },
    call,
  );
  const connections = new Map<string, McisPlan['connections'][number]>();
  for (const group of planned.groups) {
    const known = connections.get(group.connection);
    if (known) known.vmCount += group.size;
    else
      connections.set(group.connection, {
        connection: group.connection,
        provider: group.provider,
        region: group.region,
        cidr: planned.cidrs.get(group.connection) ?? '',
        reusesNetwork: !group.vpcMade,
        vmCount: group.size,
      });
  }
  return {
    name: input.name,
    vmCount: planned.groups.reduce((sum, group) => sum + group.size, 0),
    connections: [...connections.values()],
    groups: planned.groups.map(
      ({ name, size, connection, spec, cpu, memoryMib, image, imageName, user, because }) => ({
        name,
        size,
        connection,
        spec,
        cpu,
        memoryMib,
        image,
        imageName,
        user,
        because,
      }),
    ),
  };
}
