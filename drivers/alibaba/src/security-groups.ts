/**
 * Security groups (basic ones) of a VPC. A new one lets everything out: ours gets a weak rule that refuses it (rules.ts), which is not
 * shown. Adding a rule that stands and revoking one that does not both succeed in ECS. No IPv6 rules: our VPCs have no IPv6.
 */
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type {
  CloudSecurityGroup,
  SecurityGroupRequest,
  SecurityGroups,
} from '@cloud-barista/driver/security-groups';
import { hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { type Api, clientToken, type Parameters } from './api.ts';
import { says } from './errors.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { markOf, marks, type Tagged } from './marks.ts';
import {
  asStanding,
  type Direction,
  dropOutbound,
  opensAll,
  type Permission,
  permissionsOf,
  requirePorts,
  toRules,
} from './rules.ts';

const resource = 'security-group';
/** "Permissions.N: 1 to 100". */
const permissionsMax = 100;
/** Each listed group costs a request of its own for its rules. */
const listMax = 100;

export interface Group extends Tagged {
  SecurityGroupId?: string;
  SecurityGroupName?: string;
  VpcId?: string;
}
interface Answer {
  TotalCount?: number;
  SecurityGroups?: { SecurityGroup?: Group[] };
}
interface Attribute extends Group {
  Permissions?: { Permission?: Permission[] };
  NextToken?: string;
}

export const readGroups = (api: Api, call: Call, parameters: Parameters): Promise<Group[]> =>
  api.all<Answer, Group>(
    call,
    'ecs',
    'DescribeSecurityGroups',
    parameters,
    { resource },
    {
      size: 50,
      pick: answer => answer.SecurityGroups?.SecurityGroup,
      id: group => group.SecurityGroupId,
    },
  );

export async function readGroup(api: Api, call: Call, id: string): Promise<Group | undefined> {
  const found = await readGroups(api, call, { SecurityGroupIds: JSON.stringify([id]) });
  return found.find(group => group.SecurityGroupId === id);
}

export const markedGroups = (api: Api, call: Call, token: Token): Promise<Group[]> =>
  readGroups(api, call, { Tag: marks(token) });

const actions = {
  allow: { inbound: 'AuthorizeSecurityGroup', outbound: 'AuthorizeSecurityGroupEgress' },
  revoke: { inbound: 'RevokeSecurityGroup', outbound: 'RevokeSecurityGroupEgress' },
} as const;
type Deed = keyof typeof actions;

export function createSecurityGroups(api: Api, listings: Listings): SecurityGroups {
  async function read(call: Call, id: CloudId): Promise<CloudSecurityGroup> {
    const about = { resource, name: id } as const;
    const permissions: Permission[] = [];
    let NextToken: string | undefined;
    let group: Attribute;
    do {
      const parameters = { SecurityGroupId: id, Direction: 'all', NicType: 'intranet', NextToken };
      group = await api.ask<Attribute>(call, 'ecs', 'DescribeSecurityGroupAttribute', parameters, about);
      permissions.push(...(group.Permissions?.Permission ?? []));
      NextToken = group.NextToken || undefined;
    } while (NextToken !== undefined);
    const name = group.SecurityGroupName ?? '';
    return { id, name, vpc: cloudId(group.VpcId ?? ''), rules: toRules(permissions) };
  }

  async function change(
    call: Call,
    id: CloudId,
    deed: Deed,
    direction: Direction,
    permissions: readonly Permission[],
  ): Promise<void> {
    for (let start = 0; start < permissions.length; start += permissionsMax) {
      const Permissions = permissions.slice(start, start + permissionsMax).map(one => ({ ...one }));
      try {
        const parameters = { SecurityGroupId: id, Permissions };
        await api.ask(call, 'ecs', actions[deed][direction], parameters, { resource, name: id });
      } catch (error) {
        const done =
          deed === 'allow'
            ? says(error, 'InvalidPermission.Duplicate')
            : says(error, 'InvalidSecurityGroupRule.RuleNotExist', 'InvalidPermission.NotFound');
        if (!done) throw error;
      }
    }
  }

  /** A basic group lets its own members reach each other, by no rule ("ModifySecurityGroupPolicy"). */
  const closeInside = (call: Call, id: CloudId) =>
    api.ask(
      call,
      'ecs',
      'ModifySecurityGroupPolicy',
      { SecurityGroupId: id, InnerAccessPolicy: 'Drop' },
      { resource, name: id },
    );

  async function make(call: CreateCall, { name, vpc }: SecurityGroupRequest): Promise<CloudId> {
    const parameters = {
      VpcId: vpc,
      SecurityGroupName: name,
      Description: 'Made by Cloud-Barista',
      Tag: marks(call.token),
      ClientToken: clientToken(call.token, 'security-group'),
    };
    const { SecurityGroupId = '' } = await api.ask<Group>(call, 'ecs', 'CreateSecurityGroup', parameters, {
      resource,
      name,
    });
    api.born(SecurityGroupId);
    return cloudId(SecurityGroupId);
  }

  return {
    async create(call, request) {
      requirePorts(request.rules);
      const [standing] = call.again ? await markedGroups(api, call, call.token) : [];
      const id = standing ? cloudId(standing.SecurityGroupId ?? '') : await make(call, request);
      await together([
        change(call, id, 'allow', 'inbound', permissionsOf('inbound', request.rules)),
        change(call, id, 'allow', 'outbound', [...permissionsOf('outbound', request.rules), dropOutbound]),
        closeInside(call, id),
      ]);
      return {
        id,
        name: request.name,
        vpc: request.vpc,
        rules: asStanding(request.rules),
        token: call.token,
      };
    },
    async list(call) {
      const limit = Math.min(call.limit, listMax);
      const heads = await listings.page('security-groups', { ...call, limit }, async () =>
        (await readGroups(api, call, {})).map(group => ({
          id: cloudId(group.SecurityGroupId ?? ''),
          mark: markOf(group),
        })),
      );
      const items = await together(
        heads.items.map(({ id, mark }) =>
          read(call, id).then(
            group => ({ ...group, ...mark }),
            (error: unknown) => {
              // Deleted since.
              if (hasCode(error, 'not_found')) return undefined;
              throw error;
            },
          ),
        ),
      );
      return { ...heads, items: items.filter(group => group !== undefined) };
    },
    get: (call, id) => read(call, id),
    async delete(call, id) {
      api.gone(id);
      try {
        await api.ask(call, 'ecs', 'DeleteSecurityGroup', { SecurityGroupId: id }, { resource, name: id });
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    },
    async addRules(call, id, rules) {
      requirePorts(rules);
      await together([
        change(call, id, 'allow', 'inbound', permissionsOf('inbound', rules)),
        change(call, id, 'allow', 'outbound', permissionsOf('outbound', rules)),
      ]);
    },
    async removeRules(call, id, rules) {
      await together([
        change(call, id, 'revoke', 'inbound', permissionsOf('inbound', rules)),
        change(call, id, 'revoke', 'outbound', permissionsOf('outbound', rules)),
      ]);
      // A group made elsewhere lets everything out by no rule: only refusing it takes that away.
      if (rules.some((rule: SecurityRule) => opensAll(rule)))
        await change(call, id, 'allow', 'outbound', [dropOutbound]);
    },
  };
}
