/** Security groups and their rules. */
import { BaristaError } from '@cloud-barista/model/errors';
import { ruleKey, type SecurityGroup, type SecurityRule } from '@cloud-barista/model/security-group';
import { cloudOf } from '@cloud-barista/spider/clouds';
import {
  addRules,
  createSecurityGroup,
  getSecurityGroup,
  listSecurityGroups,
  removeRules,
} from '@cloud-barista/spider/security-groups';
import { boundId } from '@cloud-barista/spider/claims';
import { whole } from './credentials.ts';
import { ours } from './names.ts';
import { remove, tag, tagsOf } from './removing.ts';
import { needed, type Fields } from './request.ts';
import type { Ask, SpiderRoute } from './route.ts';
import { securityInfo } from './views.ts';

const refuse = (where: string, message: string): never => {
  throw new BaristaError('invalid_argument', message, { where });
};
const isAny = (port: string) => port === '' || port === '-1';

function portOf(text: string, where: string): number {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port <= 65_535
    ? port
    : refuse(where, `${JSON.stringify(text)} is not a port.`);
}

/** Upstream's words: "-1" is all ports, `inbound` and 0.0.0.0/0 where nothing is said. */
export function ruleOf(fields: Fields, usual: string, where: string): SecurityRule {
  const word = (fields.text('IPProtocol') || 'tcp').toLowerCase();
  const protocol = word === '-1' || word === 'any' ? 'all' : word;
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'icmp' && protocol !== 'all')
    return refuse(`${where}.IPProtocol`, `${JSON.stringify(word)} is not a protocol: TCP, UDP, ICMP or ALL.`);
  const direction = (fields.text('Direction') || usual || 'inbound').toLowerCase();
  if (direction !== 'inbound' && direction !== 'outbound')
    return refuse(
      `${where}.Direction`,
      `${JSON.stringify(direction)} is not a direction: inbound or outbound.`,
    );
  const cidr = fields.text('CIDR') || '0.0.0.0/0';
  const [from, to] = [fields.text('FromPort'), fields.text('ToPort')];
  const base = { direction, protocol, cidr } as const;
  if (isAny(from) && isAny(to)) return base;
  if (protocol === 'icmp') return refuse(where, 'A rule for ICMP has no ports: give "-1".');
  const [fromPort, toPort] = [
    portOf(isAny(from) ? to : from, `${where}.FromPort`),
    portOf(isAny(to) ? from : to, `${where}.ToPort`),
  ];
  if (protocol !== 'all') return { ...base, fromPort, toPort };
  return fromPort <= 1 && toPort === 65_535
    ? base
    : refuse(where, 'A rule for all protocols has no ports: give "-1".');
}

function rulesOf(list: readonly Fields[], where: string, usual = ''): SecurityRule[] {
  const rules = list.map((one, at) => ruleOf(one, usual, `${where}[${at}]`));
  return [...new Map(rules.map(rule => [ruleKey(rule), rule])).values()];
}

/** Upstream's groups let everything out unless they say otherwise. */
async function withOutbound(ask: Ask, rules: SecurityRule[]): Promise<SecurityRule[]> {
  if (rules.some(rule => rule.direction === 'outbound')) return rules;
  const { driver } = await cloudOf(ask.spider, ask.connection(), ask.call.signal);
  if (driver.capabilities['securityGroup.outbound'] !== true) return rules;
  return [...rules, { direction: 'outbound', protocol: 'all', cidr: '0.0.0.0/0' }];
}

async function create(ask: Ask) {
  const { spider, info, call } = ask;
  const connection = ask.connection();
  const name = await ask.newName();
  const vpc = ours(needed(info.text('VPCName'), 'VPCName'));
  const given = rulesOf(info.parts('SecurityRules'), 'SecurityRules', info.text('Direction'));
  const rules = await withOutbound(ask, given);
  const tags = await tagsOf(ask, 'security-group');
  const group = await createSecurityGroup(spider, connection, { name, vpc, rules }, call);
  await tag(ask, 'security-group', name, tags);
  return securityInfo(spider, group);
}

async function all(ask: Ask): Promise<SecurityGroup[]> {
  return (await listSecurityGroups(ask.spider, ask.connection(), whole)).items;
}

async function ofVpc(ask: Ask) {
  const vpc = ask.name('VPCName');
  await boundId(ask.spider, ask.connection(), 'vpc', vpc);
  const groups = (await all(ask)).filter(group => group.vpc === vpc);
  return { securitygroup: groups.map(group => securityInfo(ask.spider, group)) };
}

async function change(ask: Ask, how: typeof addRules) {
  const rules = rulesOf(ask.info.parts('RuleInfoList'), 'RuleInfoList');
  if (rules.length === 0) refuse('RuleInfoList', 'RuleInfoList is empty!');
  return how(ask.spider, ask.connection(), ask.name('SGName'), rules, ask.call);
}

export const securityGroupRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/securitygroup',
    since: '2020',
    summary: 'Make a security group',
    differs:
      'a group is known by its name alone within its connection (upstream: within its VPC); the rule that lets everything out, which upstream’s clouds add, is shown',
    answer: create,
  },
  {
    method: 'GET',
    path: '/securitygroup',
    since: '2020',
    summary: 'List security groups',
    answer: async ask => ({ securitygroup: (await all(ask)).map(group => securityInfo(ask.spider, group)) }),
  },
  {
    method: 'GET',
    path: '/securitygroup/vpc/:VPCName',
    since: 'newest',
    summary: 'List a VPC’s security groups',
    answer: ofVpc,
  },
  {
    method: 'GET',
    path: '/securitygroup/:Name',
    since: '2020',
    summary: 'Get a security group',
    differs: 'Direction (of 2020) is empty: each rule has its own',
    answer: async ask =>
      securityInfo(ask.spider, await getSecurityGroup(ask.spider, ask.connection(), ask.name())),
  },
  {
    method: 'DELETE',
    path: '/securitygroup/:Name',
    since: '2020',
    summary: 'Delete a security group',
    differs: 'refused, also with force, while a VM of ours uses it',
    answer: ask => remove(ask, 'security-group'),
  },
  {
    method: 'POST',
    path: '/securitygroup/:SGName/rules',
    since: 'newest',
    summary: 'Add rules',
    differs: 'a rule that stands already is no error',
    answer: async ask => securityInfo(ask.spider, await change(ask, addRules)),
  },
  {
    method: 'DELETE',
    path: '/securitygroup/:SGName/rules',
    since: 'newest',
    summary: 'Remove rules',
    differs: 'a rule that does not stand is no error',
    async answer(ask) {
      await change(ask, removeRules);
      return { Result: 'true' };
    },
  },
];
