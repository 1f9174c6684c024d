/** firewalls. Source: API reference, firewalls; "VPC firewall rules". */
import { tryCidr } from '@cloud-barista/model/cidr';
import { newResource } from './new-resource.ts';
import {
  checkKeys,
  flag,
  integer,
  isName,
  neededText,
  object,
  objects,
  resourceName,
  text,
  texts,
  type Json,
} from './body.ts';
import { link, own, type Call } from './call.ts';
import { alreadyExists, danglingLink, GcpError, invalid, notFound } from './errors.ts';
import { entries, listOf } from './listing.ts';
import { networkPath } from './networks.ts';
import { begin, ready } from './operations.ts';
import { checkProjectQuota } from './quotas.ts';
import type { Firewall, FirewallRule, Network, Resource } from './records.ts';
import { route } from './router.ts';
import { parseLink, time } from './text.ts';

const known = new Set(
  'kind id creationTimestamp name description network priority sourceRanges destinationRanges sourceTags targetTags sourceServiceAccounts targetServiceAccounts allowed denied direction logConfig disabled enableLogging selfLink params'.split(
    ' ',
  ),
);
const pathOf = (name: string) => `global/firewalls/${name}`;
const list = (key: string, values: readonly string[]) => values.length > 0 && { [key]: values };

const view = (call: Call, rule: Firewall): Json => ({
  kind: 'compute#firewall',
  id: rule.id,
  creationTimestamp: time(rule.createdAt),
  name: rule.name,
  description: rule.description,
  network: link(call, own(call, networkPath(rule.network.name))),
  priority: rule.priority,
  ...list('sourceRanges', rule.sourceRanges),
  ...list('destinationRanges', rule.destinationRanges),
  ...list('sourceTags', rule.sourceTags),
  ...list('targetTags', rule.targetTags),
  ...list('sourceServiceAccounts', rule.sourceServiceAccounts),
  ...list('targetServiceAccounts', rule.targetServiceAccounts),
  ...(rule.allowed.length > 0 && { allowed: rule.allowed }),
  ...(rule.denied.length > 0 && { denied: rule.denied }),
  direction: rule.direction,
  logConfig: { enable: rule.logging },
  disabled: rule.disabled,
  selfLink: link(call, own(call, pathOf(rule.name))),
});

const protocols = new Set(['tcp', 'udp', 'icmp', 'esp', 'ah', 'sctp', 'ipip', 'all']);

function rulesOf(body: Json, key: 'allowed' | 'denied'): FirewallRule[] | undefined {
  return objects(body, key)?.map((item, index) => {
    const at = `resource.${key}[${index}]`;
    checkKeys(item, new Set(['IPProtocol', 'ports']), at);
    const protocol = neededText(item, 'IPProtocol', at).toLowerCase();
    if (!protocols.has(protocol) && !(/^\d{1,3}$/.test(protocol) && Number(protocol) < 256))
      throw invalid(`${at}.IPProtocol`, protocol, 'Must be a valid protocol name or number.');
    const ports = texts(item, 'ports', at) ?? [];
    if (ports.length > 0 && !['tcp', 'udp', 'sctp', '6', '17', '132'].includes(protocol))
      throw invalid(
        `${at}.ports[0]`,
        ports[0],
        `Ports may only be specified on rules whose protocol is one of [TCP, UDP, SCTP].`,
      );
    for (const [n, port] of ports.entries()) {
      const [least = '', most = least, rest] = port.split('-');
      const good = [least, most].every(each => /^\d{1,5}$/.test(each) && Number(each) < 65_536);
      if (!good || rest !== undefined || Number(least) > Number(most))
        throw invalid(
          `${at}.ports[${n}]`,
          port,
          'Ports must be in the form of an integer or a range of integers, between 0 and 65535.',
        );
    }
    return ports.length > 0 ? { IPProtocol: protocol, ports } : { IPProtocol: protocol };
  });
}

function rangesOf(body: Json, key: string): string[] | undefined {
  return texts(body, key)?.map((range, index) => {
    // One address is its own block; IPv6 stands but nothing in the Twin comes from there.
    const whole = /^[\d.]+$/.test(range) ? `${range}/32` : range;
    if (!range.includes(':') && !tryCidr(whole))
      throw invalid(`resource.${key}[${index}]`, range, 'Must be a valid CIDR address range.');
    return whole === range ? range : whole;
  });
}
function tagsOf(body: Json, key: string): string[] | undefined {
  const tags = texts(body, key);
  for (const [index, tag] of (tags ?? []).entries())
    if (!isName(tag))
      throw invalid(
        `resource.${key}[${index}]`,
        tag,
        `Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'`,
      );
  return tags;
}

/** What the body says over what stands (of `patch`), or over the defaults (of `insert` and `update`). */
function read(call: Call, resource: Resource, network: Network, standing?: Firewall): Firewall {
  const { body } = call;
  const direction = text(body, 'direction') ?? standing?.direction ?? 'INGRESS';
  if (direction !== 'INGRESS' && direction !== 'EGRESS')
    throw invalid('resource.direction', direction, 'Must be one of INGRESS, EGRESS.');
  const priority = integer(body, 'priority') ?? standing?.priority ?? 1000;
  if (priority < 0 || priority > 65_535)
    throw invalid('resource.priority', priority, 'Must be between 0 and 65535.');
  const allowed = rulesOf(body, 'allowed') ?? standing?.allowed ?? [];
  const denied = rulesOf(body, 'denied') ?? standing?.denied ?? [];
  if ((allowed.length === 0) === (denied.length === 0))
    throw new GcpError(
      400,
      allowed.length === 0 ? 'required' : 'invalid',
      allowed.length === 0
        ? `Required field 'resource.allowed' not specified`
        : 'Exactly one of allowed and denied may be specified.',
    );
  const rule: Firewall = {
    ...resource,
    description: text(body, 'description') ?? resource.description,
    network,
    direction,
    priority,
    allowed,
    denied,
    sourceRanges: rangesOf(body, 'sourceRanges') ?? standing?.sourceRanges ?? [],
    destinationRanges: rangesOf(body, 'destinationRanges') ?? standing?.destinationRanges ?? [],
    sourceTags: tagsOf(body, 'sourceTags') ?? standing?.sourceTags ?? [],
    targetTags: tagsOf(body, 'targetTags') ?? standing?.targetTags ?? [],
    sourceServiceAccounts: texts(body, 'sourceServiceAccounts') ?? standing?.sourceServiceAccounts ?? [],
    targetServiceAccounts: texts(body, 'targetServiceAccounts') ?? standing?.targetServiceAccounts ?? [],
    disabled: flag(body, 'disabled') ?? standing?.disabled ?? false,
    logging:
      flag(object(body, 'logConfig') ?? {}, 'enable', 'resource.logConfig') ?? standing?.logging ?? false,
  };
  const sources = rule.sourceRanges.length + rule.sourceTags.length + rule.sourceServiceAccounts.length;
  if (direction === 'EGRESS' && sources > 0)
    throw invalid(
      'resource.sourceRanges',
      rule.sourceRanges[0] ?? '',
      'Sources may not be specified for EGRESS.',
    );
  if (direction === 'INGRESS' && sources === 0) rule.sourceRanges = ['0.0.0.0/0'];
  if (direction === 'EGRESS' && rule.destinationRanges.length === 0) rule.destinationRanges = ['0.0.0.0/0'];
  if (rule.targetTags.length > 0 && rule.targetServiceAccounts.length > 0)
    throw invalid(
      'resource.targetTags',
      rule.targetTags[0],
      'Target tags and service accounts may not both be specified.',
    );
  return rule;
}

function insert(call: Call) {
  const { account, body, world } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  const at = text(body, 'network') ?? 'global/networks/default';
  const { project, name: networkName } = parseLink(call, at, 'resource.network', 'networks');
  const network = project === account.projectId ? account.networks.get(networkName) : undefined;
  if (!network) throw danglingLink('resource.network', at, 'network');
  ready(call, network, networkPath(network.name));
  if (account.firewalls.has(name)) throw alreadyExists(own(call, pathOf(name)));
  const rule = read(call, newResource(world, account, 'firewall', name), network);
  checkProjectQuota(account, 'FIREWALLS', account.firewalls.size);
  account.firewalls.set(name, rule);
  network.firewalls.set(name, rule);
  return begin(call, { type: 'insert', scope: 'global', path: pathOf(name), target: rule });
}

function find(call: Call): Firewall {
  const rule = call.account.firewalls.get(call.name);
  if (!rule) throw notFound(own(call, pathOf(call.name)));
  return rule;
}

function change(call: Call, type: 'patch' | 'update') {
  const rule = ready(call, find(call), pathOf(call.name));
  checkKeys(call.body, known, 'resource');
  const name = text(call.body, 'name');
  if (name !== undefined && name !== rule.name)
    throw invalid('resource.name', name, 'The name of a firewall rule can not be changed.');
  const network = text(call.body, 'network');
  if (
    network !== undefined &&
    parseLink(call, network, 'resource.network', 'networks').name !== rule.network.name
  )
    throw invalid('resource.network', network, 'The network of a firewall rule can not be changed.');
  const next = read(call, rule, rule.network, type === 'patch' ? rule : undefined);
  return begin(call, {
    type,
    scope: 'global',
    path: pathOf(rule.name),
    target: rule,
    finish: () => Object.assign(rule, next, { busy: undefined }),
  });
}

export const firewallRoutes = [
  route('firewalls.list', 'GET global/firewalls', call =>
    listOf(
      call,
      'firewall',
      'global/firewalls',
      entries(call.account.firewalls.values(), each => view(call, each)),
    ),
  ),
  route('firewalls.get', 'GET global/firewalls/{name}', call => ({ view: view(call, find(call)) })),
  route('firewalls.insert', 'POST global/firewalls', insert),
  route('firewalls.patch', 'PATCH global/firewalls/{name}', call => change(call, 'patch')),
  route('firewalls.update', 'PUT global/firewalls/{name}', call => change(call, 'update')),
  route('firewalls.delete', 'DELETE global/firewalls/{name}', call => {
    const rule = ready(call, find(call), pathOf(call.name));
    return begin(call, {
      type: 'delete',
      scope: 'global',
      path: pathOf(rule.name),
      target: rule,
      finish() {
        rule.network.firewalls.delete(rule.name);
        call.account.firewalls.delete(rule.name);
      },
    });
  }),
];
