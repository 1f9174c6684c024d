/** /v2.0/security-group-rules. Source: Networking API v2.0, "Security group rules"; protocols: IANA's numbers. */
import { isIPv6 } from 'node:net';
import type { SiteCall } from '../call.ts';
import { created, noContent, type Reply } from '../reply.ts';
import { neutronError } from '../errors.ts';
import { checkNeutronQuota } from '../quotas.ts';
import type { Ethertype, Rule } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import {
  addRule,
  looseCidr,
  removeRule,
  ruleKey,
  touch,
  wholeAddress,
  type RuleInput,
  type Site,
} from '../site.ts';
import * as fields from './fields.ts';
import { list, show } from './list.ts';
import { ruleView } from './rule-view.ts';
import { findGroup } from './security-groups.ts';

const readers = {
  description: fields.description,
  tenant_id: fields.text(255),
  project_id: fields.text(255),
  security_group_id: fields.uuid,
  direction: fields.text(16),
  ethertype: fields.text(16),
  protocol: fields.anything,
  port_range_min: fields.anything,
  port_range_max: fields.anything,
  remote_ip_prefix: fields.nullable(fields.text(64)),
  remote_group_id: fields.nullable(fields.uuid),
  remote_address_group_id: fields.nullable(fields.uuid),
};

const protocols = new Set(
  'ah dccp egp esp gre hopopt icmp igmp ip ipip ipv6-encap ipv6-frag ipv6-icmp icmpv6 ipv6-nonxt ipv6-opts ipv6-route ospf pgm rsvp sctp tcp udp udplite vrrp'.split(
    ' ',
  ),
);
const portProtocols = new Set(['tcp', 'udp', 'dccp', 'sctp', 'udplite', '6', '17', '33', '132', '136']);
const icmpProtocols = new Set(['icmp', 'icmpv6', 'ipv6-icmp', '1', '58']);

function protocolOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '' || value === 'any') return undefined;
  const word = String(value).toLowerCase();
  if (protocols.has(word)) return word;
  if (/^\d+$/.test(word) && Number(word) <= 255) return String(Number(word));
  throw neutronError(
    400,
    'SecurityGroupRuleInvalidProtocol',
    `Security group rule protocol ${word.slice(0, 64)} not supported. Only protocol values [None, ${[...protocols].map(each => `'${each}'`).join(', ')}] and integer representations [0 to 255] are supported.`,
  );
}

function portOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw neutronError(
      400,
      'SecurityGroupInvalidPortValue',
      `Invalid value for port ${String(value).slice(0, 64)}`,
    );
  if (number < -1 || number > 65_535)
    throw neutronError(400, 'SecurityGroupInvalidPortValue', `Invalid value for port ${number}`);
  // -1 is what old clients write for "any".
  return number === -1 ? undefined : number;
}

function ethertypeOf(given: string | undefined): Ethertype {
  const word = (given ?? 'IPv4').toLowerCase();
  if (word === 'ipv4') return 'IPv4';
  if (word === 'ipv6') return 'IPv6';
  throw neutronError(
    400,
    'SecurityGroupRuleInvalidEtherType',
    `Security group rule for ethertype '${given ?? ''}' not supported. Allowed values are ['IPv4', 'IPv6'].`,
  );
}

/** A bare address stands for itself alone. */
function prefixOf(given: string, ethertype: Ethertype): string {
  const [address = '', length] = given.split('/');
  if (isIPv6(address)) {
    if (ethertype !== 'IPv6') throw clash(ethertype, given);
    if (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= 128))
      throw fields.invalid('remote_ip_prefix', `'${given}' is not a valid IP subnet`);
    return length === undefined ? `${address}/128` : given;
  }
  if (!looseCidr(given)) throw fields.invalid('remote_ip_prefix', `'${given}' is not a valid IP subnet`);
  if (ethertype !== 'IPv4') throw clash(ethertype, given);
  return `${wholeAddress(address)}/${length ?? '32'}`;
}
const clash = (ethertype: Ethertype, cidr: string) =>
  neutronError(
    400,
    'SecurityGroupRuleParameterConflict',
    `Conflicting value ethertype ${ethertype} for CIDR ${cidr}`,
  );

function checkPorts(protocol: string | undefined, min: number | undefined, max: number | undefined): void {
  if (min === undefined && max === undefined) return;
  if (protocol === undefined)
    throw neutronError(
      400,
      'SecurityGroupProtocolRequiredWithPorts',
      'Must also specify protocol if port range is given.',
    );
  if (icmpProtocols.has(protocol)) {
    for (const [field, value] of [
      ['type', min],
      ['code', max],
    ] as const)
      if (value !== undefined && value > 255)
        throw neutronError(
          400,
          'SecurityGroupInvalidIcmpValue',
          `Invalid value for ICMP ${field} (${field === 'type' ? 'port_range_min' : 'port_range_max'}) ${value}. It must be 0 to 255.`,
        );
    if (min === undefined)
      throw neutronError(
        400,
        'SecurityGroupMissingIcmpType',
        `ICMP code (port-range-max) ${max ?? ''} is provided but ICMP type (port-range-min) is missing.`,
      );
    return;
  }
  if (!portProtocols.has(protocol))
    throw neutronError(
      400,
      'SecurityGroupInvalidProtocolForPort',
      `Invalid protocol ${protocol} for port range, only supported for TCP, UDP, UDPLITE, SCTP and DCCP.`,
    );
  if (min === undefined || max === undefined || min > max)
    throw neutronError(
      400,
      'SecurityGroupInvalidPortRange',
      'For TCP/UDP protocols, port_range_min must be <= port_range_max',
    );
  if (min === 0) throw neutronError(400, 'SecurityGroupInvalidPortValue', `Invalid value for port ${min}`);
}

function makeRule(call: SiteCall, item: Record<string, unknown>, before: readonly Rule[]): Rule {
  const { site, world } = call;
  const given = fields.read(readers, item);
  fields.ownProject(call, given);
  const groupId = fields.required(given.security_group_id, 'security_group_id');
  const direction = fields.required(given.direction, 'direction');
  if (direction !== 'ingress' && direction !== 'egress')
    throw fields.invalid('direction', `'${direction}' is not in ['ingress', 'egress']`);
  const ethertype = ethertypeOf(given.ethertype);
  const protocol = protocolOf(given.protocol);
  const min = portOf(given.port_range_min);
  const max = portOf(given.port_range_max);
  checkPorts(protocol, min, max);
  if (given.remote_ip_prefix && given.remote_group_id)
    throw neutronError(
      400,
      'SecurityGroupRemoteGroupAndRemoteIpPrefix',
      'Only remote_ip_prefix or remote_group_id may be provided.',
    );
  if (given.remote_address_group_id)
    throw neutronError(
      404,
      'AddressGroupNotFound',
      `Address group ${given.remote_address_group_id} could not be found.`,
    );
  const group = findGroup(site, groupId);
  const rule: RuleInput = {
    egress: direction === 'egress',
    ethertype,
    protocol,
    min,
    max,
    prefix: given.remote_ip_prefix ? prefixOf(given.remote_ip_prefix, ethertype) : undefined,
    remoteGroup: given.remote_group_id ? findGroup(site, given.remote_group_id).id : undefined,
  };
  const known = group.rules.get(ruleKey(rule));
  if (known && before.includes(known))
    throw neutronError(409, 'DuplicateSecurityGroupRuleInPost', 'Duplicate Security Group Rule in POST.');
  if (known)
    throw neutronError(
      409,
      'SecurityGroupRuleExists',
      `Security group rule already exists. Rule id is ${known.id}.`,
    );
  checkNeutronQuota(call.account, 'security_group_rule', site.rules.size);
  touch(world, group);
  return addRule(site, group, world.now(), rule, given.description ?? '');
}

function create(call: SiteCall): Reply {
  const { items, bulk } = fields.inputs(call, 'security_group_rule', 'security_group_rules');
  if (new Set(items.map(item => item['security_group_id'])).size > 1)
    throw neutronError(
      400,
      'SecurityGroupNotSingleGroupRules',
      'Only allowed to update rules for one security profile at a time',
    );
  const made: Rule[] = [];
  try {
    for (const item of items) made.push(makeRule(call, item, made));
  } catch (error) {
    for (const rule of made) removeRule(call.site, rule);
    throw error;
  }
  const views = made.map(rule => ruleView(call.site, rule));
  return created(bulk ? { security_group_rules: views } : { security_group_rule: views[0] });
}

function findRule(site: Site, id: string): Rule {
  const rule = site.rules.get(id);
  if (!rule) throw neutronError(404, 'SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`);
  return rule;
}

function remove(call: SiteCall): Reply {
  const rule = findRule(call.site, call.id);
  removeRule(call.site, rule);
  touch(call.world, rule.group);
  return noContent;
}

const shown =
  'id tenant_id project_id security_group_id ethertype direction protocol port_range_min port_range_max remote_ip_prefix remote_address_group_id normalized_cidr remote_group_id description created_at updated_at revision_number'.split(
    ' ',
  );

export const ruleRoutes: readonly SiteRoute[] = [
  route('GET /security-group-rules', call =>
    list(call, {
      plural: 'security_group_rules',
      records: call.query.get('security_group_id')
        ? call.query
            .getAll('security_group_id')
            .flatMap(id => [...(call.site.groups.get(id)?.rules.values() ?? [])])
        : call.site.rules.values(),
      view: rule => ruleView(call.site, rule),
      attributes: shown,
      find: id => findRule(call.site, id),
      quick: { security_group_id: rule => rule.group.id },
    }),
  ),
  route('POST /security-group-rules', create),
  route('GET /security-group-rules/{}', call =>
    show(call, 'security_group_rule', ruleView(call.site, findRule(call.site, call.id))),
  ),
  route('DELETE /security-group-rules/{}', remove),
];
