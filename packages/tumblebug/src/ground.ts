/**
 * What the VMs of an MCIS stand on at a connection: its network, its key pair, a security group a group. Each is made by a
 * step that may run twice and finds what stands already, so that groups can grow where they could not be made at first. A
 * refusal is a result, not an error: the MCIS's policy decides what it means.
 */
import { hasCode, toBaristaError, type ErrorBody } from '@cloud-barista/model/errors';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import { findId } from '@cloud-barista/spider/claims';
import { cloudOf } from '@cloud-barista/spider/clouds';
import { createKeyPair, deleteKeyPair } from '@cloud-barista/spider/key-pairs';
import { createSecurityGroup, deleteSecurityGroup } from '@cloud-barista/spider/security-groups';
import type { SpiderCall } from '@cloud-barista/spider/spider';
import { undoCreate } from '@cloud-barista/spider/undo';
import { createVpc, deleteVpc } from '@cloud-barista/spider/vpcs';
import type { Group } from '@cloud-barista/model/mcis';
import type { Run } from '@cloud-barista/store/saga';
import type { GroupPlan, NetworkPlan } from './records.ts';
import { settled } from './parallel.ts';
import type { Tumblebug } from './tumblebug.ts';

/** SSH from everywhere, pings, and whatever goes out. */
const inboundRules: SecurityRule[] = [
  { direction: 'inbound', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '0.0.0.0/0' },
  { direction: 'inbound', protocol: 'icmp', cidr: '0.0.0.0/0' },
];
const outboundRule: SecurityRule = { direction: 'outbound', protocol: 'all', cidr: '0.0.0.0/0' };

/** Where a cloud has no outbound rules everything goes out as it is. */
export function rulesOf(group: Pick<Group, 'rules'>, outbound: boolean): SecurityRule[] {
  const base = outbound ? [...inboundRules, outboundRule] : inboundRules;
  return [...new Map([...base, ...(group.rules ?? [])].map(rule => [ruleKey(rule), rule])).values()];
}

export interface Making {
  bug: Tumblebug;
  run: Run;
  plans: readonly GroupPlan[];
  networks: readonly NetworkPlan[];
  groups: readonly Group[];
}

export type Made = { ok: true } | { ok: false; error: ErrorBody };

/** A step's deed whose refusal is its result. Cancelled is no refusal. */
export async function madeOf(signal: AbortSignal, deed: () => Promise<unknown>): Promise<Made> {
  try {
    await deed();
    return { ok: true };
  } catch (error) {
    if (signal.aborted || hasCode(error, 'cancelled')) throw error;
    return { ok: false, error: toBaristaError(error).toJSON() };
  }
}

/** The end of a step's name in each try but the first. */
export const tryName = (attempt: number): string => (attempt === 0 ? '' : `/try-${attempt}`);

function makePart(
  { bug, run }: Making,
  step: { name: string; attempt: number; group?: string },
  part: { connection: string; kind: 'vpc' | 'key-pair' | 'security-group'; name: string },
  create: (call: SpiderCall) => Promise<unknown>,
): Promise<Made> {
  const { connection, kind, name } = part;
  return run.step<Made>(`${step.name}${tryName(step.attempt)}`, {
    ...(step.group !== undefined && { group: step.group }),
    do: ({ signal, again }) =>
      madeOf(signal, async () => {
        const there = await findId(bug.spider, connection, kind, name);
        if (there?.value.state === 'bound') return;
        await create({ signal, resume: again || step.attempt > 0, owner: run.id });
      }),
    undo: ({ signal }) => undoCreate(bug.spider, connection, kind, name, { signal, owner: run.id }),
  });
}

/** Makes what is lacking for `wanted` groups at a connection. The groups that have no ground, with why. */
export async function makeGround(
  making: Making,
  connection: string,
  wanted: ReadonlySet<string>,
  attempt: number,
): Promise<Map<string, ErrorBody>> {
  const { bug, plans, networks, groups } = making;
  const { spider } = bug;
  const here = plans.filter(plan => plan.connection === connection && wanted.has(plan.name));
  const network = networks.find(candidate => candidate.connection === connection);
  const [vpc, key] = await Promise.all([
    network && network.vpc !== ''
      ? makePart(
          making,
          { name: `network/${connection}`, attempt },
          { connection, kind: 'vpc', name: network.vpc },
          call =>
            createVpc(
              spider,
              connection,
              {
                name: network.vpc,
                cidr: network.cidr,
                subnets: [{ name: network.subnet, cidr: network.cidr }],
              },
              call,
            ),
        )
      : undefined,
    network && network.keyPair !== ''
      ? makePart(
          making,
          { name: `key/${connection}`, attempt },
          { connection, kind: 'key-pair', name: network.keyPair },
          call => createKeyPair(spider, connection, { name: network.keyPair }, call),
        )
      : undefined,
  ]);
  const lacking = new Map<string, ErrorBody>();
  const ready = here.filter(plan => {
    const missing = [plan.vpcMade ? vpc : undefined, plan.keyPairMade ? key : undefined];
    const error = missing.flatMap(made => (made?.ok === false ? [made.error] : []))[0];
    if (error) lacking.set(plan.name, error);
    return !error;
  });
  await settled(
    ready
      .filter(plan => plan.securityGroupMade)
      .map(async plan => {
        const name = plan.securityGroups[0] ?? plan.name;
        const made = await makePart(
          making,
          { name: `security-group/${plan.name}`, attempt, group: 'security-group' },
          { connection, kind: 'security-group', name },
          async call => {
            const { driver } = await cloudOf(spider, connection, call.signal);
            const outbound = driver.capabilities['securityGroup.outbound'] === true;
            const rules = rulesOf(groups.find(group => group.name === plan.name) ?? {}, outbound);
            await createSecurityGroup(spider, connection, { name, vpc: plan.vpc, rules }, call);
          },
        );
        if (!made.ok) lacking.set(plan.name, made.error);
      }),
  );
  return lacking;
}

export type MadeGroup = Pick<GroupPlan, 'name' | 'connection' | 'securityGroups' | 'securityGroupMade'>;

/** What the MCIS made at a connection goes, in the order in which clouds allow it; what it found stays. */
export async function removeGround(
  bug: Tumblebug,
  run: Run,
  connection: string,
  { plans, networks }: { plans: readonly MadeGroup[]; networks: readonly NetworkPlan[] },
): Promise<void> {
  const { spider } = bug;
  const deed = (name: string, work: (call: SpiderCall) => Promise<void>) =>
    run.step<null>(name, {
      do: async ({ signal, again }) => {
        await work({ signal, resume: again }).catch((error: unknown) => {
          if (!hasCode(error, 'not_found')) throw error;
        });
        return null;
      },
    });
  await settled(
    plans
      .filter(plan => plan.connection === connection && plan.securityGroupMade)
      .map(plan =>
        deed(`security-group/${plan.name}`, call =>
          deleteSecurityGroup(spider, connection, plan.securityGroups[0] ?? plan.name, call),
        ),
      ),
  );
  const network = networks.find(candidate => candidate.connection === connection);
  if (!network) return;
  await settled([
    ...(network.vpc === ''
      ? []
      : [deed(`network/${connection}`, call => deleteVpc(spider, connection, network.vpc, call))]),
    ...(network.keyPair === ''
      ? []
      : [deed(`key/${connection}`, call => deleteKeyPair(spider, connection, network.keyPair, call))]),
  ]);
}
