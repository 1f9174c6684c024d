/** A security group rule as Neutron shows it, alone and inside its group. */
import { formatCidr } from '@cloud-barista/model/cidr';
import type { Rule } from '../records.ts';
import { looseCidr, type Site } from '../site.ts';
import { seconds } from '../text.ts';
import type { View } from './list.ts';

/** In its group it has two more. */
export const ruleInGroup = (site: Site, rule: Rule): View => ({
  ...ruleView(site, rule),
  standard_attr_id: rule.n,
  tags: rule.tags,
});

export function ruleView(site: Site, rule: Rule): View {
  const block = rule.prefix !== undefined && rule.ethertype === 'IPv4' ? looseCidr(rule.prefix) : undefined;
  return {
    id: rule.id,
    tenant_id: site.projectId,
    project_id: site.projectId,
    security_group_id: rule.group.id,
    ethertype: rule.ethertype,
    direction: rule.egress ? 'egress' : 'ingress',
    protocol: rule.protocol ?? null,
    port_range_min: rule.min ?? null,
    port_range_max: rule.max ?? null,
    remote_ip_prefix: rule.prefix ?? null,
    remote_address_group_id: null,
    normalized_cidr: block ? formatCidr(block) : (rule.prefix ?? null),
    remote_group_id: rule.remoteGroup ?? null,
    description: rule.byDefault ? null : rule.description,
    created_at: seconds(rule.createdAt),
    updated_at: seconds(rule.updatedAt),
    revision_number: rule.revision,
  };
}
