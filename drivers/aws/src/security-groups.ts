/** Security groups of a VPC. EC2 adds an open outbound rule to each new group: it goes unless asked for. */
import { together } from '@cloud-barista/driver/concurrency';
import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import type {
  CloudSecurityGroup,
  SecurityGroupRequest,
  SecurityGroups,
} from '@cloud-barista/driver/security-groups';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { type Direction, permissionsOf, split, toRules, without } from './rules.ts';
import { byToken, marks, nameOf, tokenIn } from './marks.ts';

const resource = 'security-group';
const directions = ['inbound', 'outbound'] as const;

const openV4: IpPermission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
const openV6: IpPermission = { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] };

/** A group's name can't begin with `sg-` (CreateSecurityGroup, GroupName). Ours may: the Name tag has it as it is. */
const groupName = (name: string) => (/^sg-/i.test(name) ? `cb-${name}` : name).slice(0, 255);

const toGroup = (group: SecurityGroup): CloudSecurityGroup => ({
  id: cloudId(group.GroupId ?? ''),
  name: nameOf(group) || (group.GroupName ?? ''),
  vpc: cloudId(group.VpcId ?? ''),
  rules: toRules(group.IpPermissions ?? [], group.IpPermissionsEgress ?? []),
  ...tokenIn(group),
});

const standing = (group: SecurityGroup, direction: Direction): IpPermission[] =>
  split((direction === 'inbound' ? group.IpPermissions : group.IpPermissionsEgress) ?? []);

export async function markedGroups(ec2: Ec2, call: Call, token: Token): Promise<SecurityGroup[]> {
  return ec2.all(
    call,
    'DescribeSecurityGroups',
    { Filters: [byToken(token)] },
    { resource },
    out => out.SecurityGroups,
  );
}

export async function readGroup(ec2: Ec2, call: Call, id: CloudId): Promise<SecurityGroup> {
  const about = { resource, name: id } as const;
  const { SecurityGroups = [] } = await ec2.ask(call, 'DescribeSecurityGroups', { GroupIds: [id] }, about);
  const [group] = SecurityGroups;
  if (!group) throw new BaristaError('not_found', `There is no security group ${id} in ${ec2.region}.`);
  return group;
}

export function createSecurityGroups(ec2: Ec2, listings: Listings): SecurityGroups {
  /** How permissions are added and taken away, and what EC2 says where some stand already or are gone. */
  const deeds = {
    allow: {
      inbound: 'AuthorizeSecurityGroupIngress',
      outbound: 'AuthorizeSecurityGroupEgress',
      refusal: 'InvalidPermission.Duplicate',
      rest: without,
    },
    revoke: {
      inbound: 'RevokeSecurityGroupIngress',
      outbound: 'RevokeSecurityGroupEgress',
      refusal: 'InvalidPermission.NotFound',
      rest: (wanted: IpPermission[], has: IpPermission[]) => without(wanted, without(wanted, has)),
    },
  } as const;

  /** EC2 takes all of a request's permissions or none. Where it refuses, only what is left to do is asked for again. */
  async function change(
    call: Call,
    id: CloudId,
    deed: keyof typeof deeds,
    direction: Direction,
    permissions: IpPermission[],
  ): Promise<void> {
    const { [direction]: api, refusal, rest } = deeds[deed];
    let wanted = permissions;
    for (let tries = 1; wanted.length > 0; tries++)
      try {
        await ec2.ask(call, api, { GroupId: id, IpPermissions: wanted }, { resource, name: id });
        return;
      } catch (error) {
        // Someone else may be changing them too: that ends.
        if (!says(error, refusal) || tries > 5) throw error;
        wanted = rest(wanted, standing(await readGroup(ec2, call, id), direction));
      }
  }
  const changeBoth = async (call: Call, id: CloudId, deed: keyof typeof deeds, rules: SecurityRule[]) => {
    await together(directions.map(way => change(call, id, deed, way, permissionsOf(way, rules))));
  };

  /** What the group has when it is new: EC2's own outbound rules, the IPv6 one only where the VPC has IPv6. */
  async function make(call: CreateCall, { name, vpc }: SecurityGroupRequest): Promise<SecurityGroup> {
    const input = {
      GroupName: groupName(name),
      Description: 'Made by Cloud-Barista',
      VpcId: vpc,
      TagSpecifications: marks(name, call.token, 'security-group'),
    };
    const [{ Vpcs = [] }, { GroupId = '' }] = await together([
      ec2.ask(call, 'DescribeVpcs', { VpcIds: [vpc] }, { resource: 'vpc', name: vpc }),
      ec2.ask(call, 'CreateSecurityGroup', input, { resource, name }),
    ]);
    ec2.born(GroupId);
    const hasV6 = (Vpcs[0]?.Ipv6CidrBlockAssociationSet ?? []).length > 0;
    return { GroupId, IpPermissionsEgress: hasV6 ? [openV4, openV6] : [openV4] };
  }

  async function makeOrFind(call: CreateCall, request: SecurityGroupRequest): Promise<SecurityGroup> {
    const [marked] = call.again ? await markedGroups(ec2, call, call.token) : [];
    if (marked) return marked;
    try {
      return await make(call, request);
    } catch (error) {
      if (!says(error, 'InvalidGroup.Duplicate')) throw error;
      // Perhaps our own: the road sent it twice.
      const [mine] = await markedGroups(ec2, call, call.token);
      if (mine) return mine;
      throw error;
    }
  }

  return {
    async create(call, request) {
      const group = await makeOrFind(call, request);
      const id = cloudId(group.GroupId ?? '');
      const wanted = {
        inbound: permissionsOf('inbound', request.rules),
        outbound: permissionsOf('outbound', request.rules),
      };
      await together(
        directions.flatMap(direction => {
          const has = standing(group, direction);
          return [
            change(call, id, 'allow', direction, without(wanted[direction], has)),
            change(call, id, 'revoke', direction, without(has, wanted[direction])),
          ];
        }),
      );
      const rules = toRules(wanted.inbound, wanted.outbound);
      return { id, name: request.name, vpc: request.vpc, rules, token: call.token };
    },
    list: call =>
      listings.page('security-groups', call, async () => {
        const input = { MaxResults: 1000 };
        return (
          await ec2.all(call, 'DescribeSecurityGroups', input, { resource }, out => out.SecurityGroups)
        ).map(toGroup);
      }),
    get: async (call, id) => toGroup(await readGroup(ec2, call, id)),
    async delete(call, id) {
      ec2.gone(id);
      try {
        await ec2.ask(call, 'DeleteSecurityGroup', { GroupId: id }, { resource, name: id });
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    },
    addRules: (call, id, rules) => changeBoth(call, id, 'allow', rules),
    removeRules: (call, id, rules) => changeBoth(call, id, 'revoke', rules),
  };
}
