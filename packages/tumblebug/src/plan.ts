/**
 * The plan of an MCIS: for each group the connection, spec, image and what it stands on, each with its reason. Makes nothing.
 */
import { tryCidr } from '@cloud-barista/model/cidr';
import { BaristaError } from '@cloud-barista/model/errors';
import { newSuffix } from '@cloud-barista/model/ids';
import type { GroupInput, McisInput, McisPlan } from '@cloud-barista/model/mcis';
import { suggest } from '@cloud-barista/model/nearest';
import type { Vpc } from '@cloud-barista/model/vpc';
import { getKeyPair } from '@cloud-barista/spider/key-pairs';
import { getSecurityGroup } from '@cloud-barista/spider/security-groups';
import { getVpc } from '@cloud-barista/spider/vpcs';
import {
  defaultRange,
  giveBlocks,
  networkPrefix,
  networkRoom,
  parseRange,
  readBlocks,
  type Room,
} from './blocks.ts';
import { checkGroups } from './check-groups.ts';
import { openPlacer, type PlaceCall } from './place.ts';
import type { GroupPlan, NetworkPlan } from './records.ts';
import type { Tumblebug } from './tumblebug.ts';
import { stem } from './vm-records.ts';

export interface Planned {
  groups: GroupPlan[];
  /** Of the groups' connections; those that are to be made have no block yet. */
  networks: NetworkPlan[];
  room: Room;
}
export interface Standing {
  networks: readonly NetworkPlan[];
  plans: readonly GroupPlan[];
}

/** An error as one about a field of a group: the first of `fields` that stands for its own words. */
const inGroup = (index: number, field?: string) => (error: unknown) => {
  if (!(error instanceof BaristaError)) throw error;
  const { code, message, next, vendorCode, where, operator, retryAfterMs } = error;
  const part = field ?? where;
  throw new BaristaError(code, message, {
    next,
    cause: vendorCode,
    operator,
    retryAfterMs,
    where: `groups[${index}]${part === undefined ? '' : `.${part}`}`,
    source: error,
  });
};

/** What the group says to use: all of it must be there, and belong together. */
async function findGround(
  bug: Tumblebug,
  connection: string,
  group: GroupInput,
  index: number,
): Promise<Vpc | undefined> {
  if (group.keyPair !== undefined)
    await getKeyPair(bug.spider, connection, group.keyPair).catch(inGroup(index, 'keyPair'));
  if (group.vpc === undefined) return undefined;
  const vpc = await getVpc(bug.spider, connection, group.vpc).catch(inGroup(index, 'vpc'));
  if (!vpc) return undefined;
  const names = vpc.subnets.map(subnet => subnet.name);
  if (group.subnet === undefined ? names.length === 0 : !names.includes(group.subnet))
    throw new BaristaError(
      'not_found',
      group.subnet === undefined
        ? `The vpc ${vpc.name} has no subnet.`
        : `The vpc ${vpc.name} has no subnet ${JSON.stringify(group.subnet)}.`,
      {
        where: `groups[${index}].subnet`,
        next: suggest(group.subnet ?? '', names, 'Add one first.'),
      },
    );
  for (const [i, name] of (group.securityGroups ?? []).entries()) {
    const where = `securityGroups[${i}]`;
    const found = await getSecurityGroup(bug.spider, connection, name).catch(inGroup(index, where));
    if (found && found.vpc !== vpc.name)
      throw new BaristaError(
        'invalid_argument',
        `The security group ${JSON.stringify(name)} belongs to the vpc ${JSON.stringify(found.vpc)}, not ${JSON.stringify(vpc.name)}.`,
        { where: `groups[${index}].${where}`, next: 'Use a security group of the same vpc.' },
      );
  }
  return vpc;
}

/** The plan of `groups` of one MCIS, beside what stands of it already. */
export async function planGroups(
  bug: Tumblebug,
  input: {
    mcis: string;
    groups: readonly GroupInput[];
    range?: string | undefined;
    standing?: Standing;
  },
  call: PlaceCall,
): Promise<Planned> {
  checkGroups(input.groups);
  const range = input.range ?? defaultRange;
  parseRange(range);
  const { networks: before = [], plans: others = [] } = input.standing ?? {};
  const networks = new Map<string, NetworkPlan>();
  const avoid = new Set<string>();
  const seats = new Map<string, number>();
  const sit = (plan: GroupPlan) => {
    if (plan.vpcMade) seats.set(plan.connection, (seats.get(plan.connection) ?? 0) + plan.size);
  };
  const placer = openPlacer(bug, call);
  for (const plan of others) {
    sit(plan);
    placer.took(plan.connection, plan.size);
    // Gone, or out of reach: then nothing is to be avoided.
    if (!plan.vpcMade)
      avoid.add((await getVpc(bug.spider, plan.connection, plan.vpc).catch(() => undefined))?.cidr ?? '');
  }
  const suffix = newSuffix(6);
  const ours = `${stem(input.mcis, 40)}-${suffix}`;
  const groups: GroupPlan[] = [];
  // Groups that name their connection don't wait for one another; the others are placed in turn, each knowing the load before it.
  const named = new Map(
    input.groups.flatMap((group, i) =>
      group.connection === undefined ? [] : [[i, placer.place(group)] as const],
    ),
  );
  await Promise.allSettled(named.values());
  for (const [index, group] of input.groups.entries()) {
    const place = await (named.get(index) ?? placer.place(group)).catch(inGroup(index));
    if (!place) continue;
    const { connection, region, spec, image, because } = place;
    placer.took(connection.name, group.size);
    const found = await findGround(bug, connection.name, group, index);
    if (found) avoid.add(found.cidr);
    const network = networks.get(connection.name) ??
      before.find(candidate => candidate.connection === connection.name) ?? {
        connection: connection.name,
        vpc: '',
        subnet: 'main',
        cidr: '',
        keyPair: '',
      };
    const own = {
      ...network,
      vpc: network.vpc || (found ? '' : ours),
      keyPair: network.keyPair || (group.keyPair === undefined ? ours : ''),
    };
    networks.set(connection.name, own);
    const plan: GroupPlan = {
      name: group.name,
      size: group.size,
      connection: connection.name,
      provider: connection.provider,
      region,
      spec: spec.id,
      specName: spec.name,
      cpu: spec.cpu,
      memoryMib: spec.memoryMib,
      image: image.id,
      imageName: image.name,
      user: image.user,
      because,
      vpc: group.vpc ?? own.vpc,
      subnet: group.subnet ?? found?.subnets[0]?.name ?? own.subnet,
      vpcMade: !found,
      securityGroups: group.securityGroups ?? [`${stem(group.name, 48)}-${suffix}`],
      securityGroupMade: group.securityGroups === undefined,
      keyPair: group.keyPair ?? own.keyPair,
      keyPairMade: group.keyPair === undefined,
    };
    sit(plan);
    const crowd = seats.get(connection.name) ?? 0;
    if (plan.vpcMade && crowd > networkRoom) throw tooMany(connection.name, crowd, `groups[${index}].size`);
    groups.push(plan);
  }
  return {
    groups,
    networks: [...networks.values()],
    room: { range, avoid: [...avoid].filter(text => tryCidr(text) !== undefined).sort() },
  };
}

export const tooMany = (connection: string, vms: number, where: string): BaristaError =>
  new BaristaError(
    'invalid_argument',
    `The network at ${connection} has room for ${networkRoom} VMs (a /${networkPrefix}), not ${vms}.`,
    { where, next: 'Spread them over more connections, or name a larger vpc.' },
  );

/** What would be made, for people. */
export async function reviewMcis(
  bug: Tumblebug,
  namespace: string,
  input: McisInput,
  call: PlaceCall,
): Promise<McisPlan> {
  const { name, groups, cidr } = input;
  const planned = await planGroups(bug, { mcis: name, groups, range: cidr }, call);
  const { taken } = await readBlocks(bug.store, namespace);
  const { networks } = giveBlocks(name, planned.networks, planned.room, taken);
  const connections = new Map<string, McisPlan['connections'][number]>();
  for (const group of planned.groups) {
    const known = connections.get(group.connection);
    if (known) {
      known.vmCount += group.size;
      known.reusesNetwork &&= !group.vpcMade;
    } else
      connections.set(group.connection, {
        connection: group.connection,
        provider: group.provider,
        region: group.region,
        cidr: networks.find(network => network.connection === group.connection)?.cidr ?? '',
        reusesNetwork: !group.vpcMade,
        vmCount: group.size,
      });
  }
  return {
    name,
    vmCount: planned.groups.reduce((sum, group) => sum + group.size, 0),
    connections: [...connections.values()],
    groups: planned.groups.map(
      ({
        name: group,
        size,
        connection,
        spec,
        specName,
        cpu,
        memoryMib,
        image,
        imageName,
        user,
        because,
      }) => ({
        name: group,
        size,
        connection,
        spec,
        specName,
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
