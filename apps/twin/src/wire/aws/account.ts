/** What an account is told about itself: its attributes, and (STS) who asks. */
import { createHash } from 'node:crypto';
import type { Cloud } from '../../world/clouds.ts';
import type { Call } from './call.ts';
import { invalidValue } from './errors.ts';
import { quota } from './quotas.ts';
import { defaultVpc } from './site.ts';
import type { Members } from './xml.ts';

export function describeAccountAttributes({ site, params }: Call): Members {
  const { cloud } = site;
  const all: Readonly<Record<string, string>> = {
    'supported-platforms': 'VPC',
    'vpc-max-security-groups-per-interface': `${quota(cloud, 'securityGroupsPerInterface')}`,
    'max-elastic-ips': `${quota(cloud, 'addresses')}`,
    'max-instances': `${quota(cloud, 'instances')}`,
    'vpc-max-elastic-ips': `${quota(cloud, 'addresses')}`,
    'default-vpc': defaultVpc(site)?.id ?? 'none',
  };
  const asked = params.texts('AttributeName');
  for (const name of asked)
    if (!Object.hasOwn(all, name)) throw invalidValue(name, 'attributeName', 'Unknown account attribute.');
  return {
    accountAttributeSet: Object.entries(all)
      .filter(([name]) => asked.length === 0 || asked.includes(name))
      .map(([attributeName, attributeValue]) => ({ attributeName, attributeValueSet: [{ attributeValue }] })),
  };
}

/** GetCallerIdentity: each account has one user, named as its cloud. */
export function callerIdentity(cloud: Cloud): Members {
  const account = cloud.credentials['accountId'] ?? '';
  const digits = createHash('sha256').update(`user/${cloud.name}`).digest('hex').toUpperCase().slice(0, 17);
  return { Arn: `arn:aws:iam::${account}:user/${cloud.name}`, UserId: `AIDA${digits}`, Account: account };
}
