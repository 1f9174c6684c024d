/**
 * Security groups by Neutron (Networking API v2.0, "Security groups", "Security group rules"). A group belongs to the
 * project, to no network. Ours hold IPv4 rules by address only; others' rules (IPv6, by group, by ICMP type) are left
 * alone and not shown, for the contract has no words for them.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type {
  CloudSecurityGroup,
  SecurityGroupRequest,
  SecurityGroups,
} from '@cloud-barista/driver/security-groups';
import { all, asToken, mark, markOf, page, type Api, type Listing } from './api.ts';

export interface NeutronRule {
  id: string;
  direction: 'ingress' | 'egress';
  ethertype: string;
  protocol: string | number | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote_ip_prefix: string | null;
  remote_group_id?: string | null;
  remote_address_group_id?: string | null;
}
interface NeutronGroup {
  id: string;
  name: string;
  description?: string;
  security_group_rules: NeutronRule[];
}
interface One {
  security_group: NeutronGroup;
}

const everywhere = '0.0.0.0/0';
/** Neutron takes protocols as words and as IANA's numbers, and gives back what it was given. */
const protocols: Record<string, SecurityRule['protocol']> = {
  tcp: 'tcp',
  '6': 'tcp',
  udp: 'udp',
  '17': 'udp',
  icmp: 'icmp',
  '1': 'icmp',
  any: 'all',
  '0': 'all',
};

/** Our rule as Neutron's. Port 0 is no port to Neutron (SecurityGroupInvalidPortValue): 0 to 65535 is "all", 0 to n starts at 1. */
export function toNeutron(rule: SecurityRule): Omit<NeutronRule, 'id'> {
  const whole = rule.fromPort === undefined || (rule.fromPort <= 1 && rule.toPort === 65535);
  return {
    direction: rule.direction === 'inbound' ? 'ingress' : 'egress',
    ethertype: 'IPv4',
    protocol: rule.protocol === 'all' ? null : rule.protocol,
    port_range_min: whole ? null : Math.max(1, rule.fromPort ?? 1),
    port_range_max: whole ? null : Math.max(1, rule.toPort ?? 65535),
    remote_ip_prefix: rule.cidr,
  };
}

/** Neutron's rule as ours; undefined where ours can't say it. */
export function fromNeutron(rule: NeutronRule): SecurityRule | undefined {
  const protocol = protocols[String(rule.protocol ?? 'any').toLowerCase()];
  if (rule.ethertype !== 'IPv4' || protocol === undefined) return undefined;
  if (rule.remote_group_id || rule.remote_address_group_id) return undefined;
  const hasPorts = rule.port_range_min !== null && rule.port_range_min !== undefined;
  // For ICMP the range is a type and a code.
  if (hasPorts && protocol !== 'tcp' && protocol !== 'udp') return undefined;
  return {
    direction: rule.direction === 'ingress' ? 'inbound' : 'outbound',
    protocol,
    ...(hasPorts && {
      fromPort: rule.port_range_min ?? 0,
      toPort: rule.port_range_max ?? rule.port_range_min ?? 0,
    }),
    // The rules that Neutron adds by itself have no prefix.
    cidr: rule.remote_ip_prefix ?? everywhere,
  };
}

/** What a rule allows, in one way of writing: ours `0-65535` and Neutron's `null` are one. */
const meaning = (rule: SecurityRule): string => {
  const { direction, protocol, port_range_min, port_range_max, remote_ip_prefix } = toNeutron(rule);
  return [direction, protocol, port_range_min, port_range_max, remote_ip_prefix].join(' ');
};
const meaningOf = (rule: NeutronRule): string | undefined => {
  const ours = fromNeutron(rule);
  return ours && meaning(ours);
};

const read = (group: NeutronGroup): CloudSecurityGroup => ({
  id: cloudId(group.id),
  name: group.name,
  vpc: '',
  rules: group.security_group_rules.map(fromNeutron).filter(rule => rule !== undefined),
  ...asToken(markOf(group.description)),
});

const listing: Listing<NeutronGroup> = {
  service: 'network',
  call: 'GET /security-groups',
  resource: 'security-group',
  key: 'security_groups',
  id: group => group.id,
};

export function createSecurityGroups(
  api: Api,
): SecurityGroups & { findMarked(call: Call, token: Token): Promise<string[]> } {
  async function show({ signal }: Call, id: string): Promise<NeutronGroup> {
    const order = { resource: 'security-group', name: id, path: { id } } as const;
    return (await api.send<One>('network', 'GET /security-groups/{id}', order, signal)).security_group;
  }

  async function marked({ signal }: Call, token: Token): Promise<NeutronGroup[]> {
    const query = { description: mark(token) };
    const groups = await all(api, { ...listing, query }, signal);
    return groups.filter(group => markOf(group.description) === token);
  }

  const dropRules = ({ signal }: Call, rules: readonly NeutronRule[]): Promise<unknown> =>
    together(
      rules.map(({ id }) => {
        const order = { resource: 'security-group', name: id, path: { id } } as const;
        return orAbsent(api.send('network', 'DELETE /security-group-rules/{id}', order, signal));
      }),
    );

  async function post({ signal }: Call, group: string, body: unknown): Promise<NeutronRule[]> {
    // A rule that stands is refused (SecurityGroupRuleExists): sending one twice can't double it.
    const order = { resource: 'security-group', name: group, body, idempotent: true } as const;
    const answer = await api.send<{
      security_group_rules?: NeutronRule[];
      security_group_rule?: NeutronRule;
    }>('network', 'POST /security-group-rules', order, signal);
    return answer.security_group_rules ?? (answer.security_group_rule ? [answer.security_group_rule] : []);
  }

  /** All in one request ("Bulk create security group rule": all of them or none). */
  async function postRules(call: Call, id: string, rules: readonly SecurityRule[]): Promise<NeutronRule[]> {
    if (rules.length === 0) return [];
    const bodies = rules.map(rule => ({ security_group_id: id, ...toNeutron(rule) }));
    try {
      return await post(
        call,
        id,
        bodies.length === 1 ? { security_group_rule: bodies[0] } : { security_group_rules: bodies },
      );
    } catch (error) {
      // 409: one stood already (another writer); 400: a cloud that disallows bulk. One by one, then.
      if (!hasCode(error, 'already_exists') && !(bodies.length > 1 && hasCode(error, 'invalid_argument')))
        throw error;
      if (bodies.length === 1) return [];
      const made: NeutronRule[] = [];
      for (const security_group_rule of bodies)
        made.push(
          ...(await post(call, id, { security_group_rule }).catch((cause: unknown) => {
            if (hasCode(cause, 'already_exists')) return [];
            throw cause;
          })),
        );
      return made;
    }
  }

  return {
    async create(call: CreateCall, request: SecurityGroupRequest): Promise<CloudSecurityGroup> {
      const { name } = request;
      let group = call.again ? (await marked(call, call.token))[0] : undefined;
      if (group === undefined) {
        const body = { security_group: { name, description: mark(call.token) } };
        const order = { resource: 'security-group', name, body } as const;
        group = (await api.send<One>('network', 'POST /security-groups', order, call.signal)).security_group;
      }
      // Neutron gives a new group two rules of its own, all egress for IPv4 and IPv6: they go unless asked for.
      const wanted = new Set(request.rules.map(meaning));
      const isWanted = (rule: NeutronRule): boolean => wanted.has(meaningOf(rule) ?? '');
      const kept = group.security_group_rules.filter(isWanted);
      const standing = new Set(kept.map(meaningOf));
      const unwanted = group.security_group_rules.filter(rule => !isWanted(rule));
      const missing = distinct(request.rules).filter(rule => !standing.has(meaning(rule)));
      const [made] = await together([
        postRules(call, group.id, missing),
        dropRules(call, unwanted).then(() => []),
      ]);
      return read({ ...group, security_group_rules: [...kept, ...made] });
    },
    async list(call: PageCall) {
      const { projectId } = await api.session(call.signal);
      const query = { project_id: projectId, sort_key: 'id', sort_dir: 'asc' };
      const { items, next } = await page(api, { ...listing, query }, call);
      return { items: items.map(read), ...(next !== undefined && { next }) };
    },
    async get(call: Call, id: CloudId) {
      return read(await show(call, id));
    },
    async delete({ signal }: Call, id: CloudId) {
      const order = { resource: 'security-group', name: id, path: { id } } as const;
      await orAbsent(api.send('network', 'DELETE /security-groups/{id}', order, signal));
    },
    async addRules(call: Call, id: CloudId, rules: SecurityRule[]) {
      const group = await show(call, id);
      const standing = new Set(group.security_group_rules.map(meaningOf));
      await postRules(
        call,
        id,
        distinct(rules).filter(rule => !standing.has(meaning(rule))),
      );
    },
    async removeRules(call: Call, id: CloudId, rules: SecurityRule[]) {
      const group = await show(call, id);
      const unwanted = new Set(rules.map(meaning));
      await dropRules(
        call,
        group.security_group_rules.filter(rule => unwanted.has(meaningOf(rule) ?? '')),
      );
    },
    async findMarked(call, token) {
      return (await marked(call, token)).map(group => group.id);
    },
  };
}

/** Two of our rules may be one of Neutron's (0-65535 and all ports). */
const distinct = (rules: readonly SecurityRule[]): SecurityRule[] => [
  ...new Map(rules.map(rule => [meaning(rule), rule])).values(),
];
