/** Security groups by name and id, and what their texts may hold. */
import type { Call } from './call.ts';
import { Ec2Error, missing } from './errors.ts';
import { lookup } from './ids.ts';
import type { SecurityGroup } from './records.ts';
import { defaultVpc, type AwsSite } from './site.ts';

/** EC2 API reference, CreateSecurityGroup. */
export const allowed = 'a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*';
export const allowedText = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/;

/** By GroupId, or by GroupName in the default VPC. */
export function namedGroup({ site, params }: Call): SecurityGroup {
  const id = params.text('GroupId');
  if (id !== undefined && id !== '') return lookup(site.groups, 'securityGroup', id);
  const name = params.text('GroupName');
  if (name === undefined || name === '') throw missing('GroupName or GroupId');
  return groupByName(site, name);
}

export function groupByName(site: AwsSite, name: string): SecurityGroup {
  const vpc = defaultVpc(site);
  if (!vpc)
    throw new Ec2Error(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    );
  for (const group of site.groups.values()) if (group.vpc === vpc && group.name === name) return group;
  throw new Ec2Error(
    'InvalidGroup.NotFound',
    `The security group '${name}' does not exist in default VPC '${vpc.id}'`,
  );
}
