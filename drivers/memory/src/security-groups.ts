/** Security groups. This cloud lets all traffic out of a new group, as AWS and OpenStack do; the driver sets the rules asked for. */
import type { CloudSecurityGroup, SecurityGroups } from '@cloud-barista/driver/security-groups';
import type { CloudId } from '@cloud-barista/model/ids';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import type { Context } from './calls.ts';
import { MemoryCloudError } from './errors.ts';
import { settleAll } from './settle.ts';
import type { SecurityGroup, State } from './state.ts';
import { vpcOf } from './vpcs.ts';

/** Throws SecurityGroupNotFound. */
export function groupOf(state: State, id: CloudId): SecurityGroup {
  const group = state.groups.get(id);
  if (!group) throw new MemoryCloudError('SecurityGroupNotFound', `There is no security group ${id}.`);
  return group;
}

const byKey = (rules: readonly SecurityRule[]) => new Map(rules.map(rule => [ruleKey(rule), { ...rule }]));
const allOut: SecurityRule = { direction: 'outbound', protocol: 'all', cidr: '0.0.0.0/0' };

const view = ({ id, name, vpc, rules, token }: SecurityGroup): CloudSecurityGroup => ({
  id,
  name,
  vpc: vpc.id,
  rules: [...rules.values()].map(rule => ({ ...rule })),
  token,
});

export function createSecurityGroups(context: Context): SecurityGroups {
  const { state, send } = context;
  return {
    async create(call, request) {
      const { id } = await send('CreateSecurityGroup', 'security-group', call, request.name, () => {
        const marked = state.marked['security-group'].get(call.token);
        if (marked) return marked;
        const vpc = vpcOf(state, request.vpc);
        if (state.names.has(`group ${request.name}`))
          throw new MemoryCloudError(
            'SecurityGroupNameTaken',
            `There is a security group named ${request.name}.`,
          );
        const made: SecurityGroup = {
          id: state.groups.nextId(),
          name: request.name,
          token: call.token,
          vpc,
          rules: byKey([allOut]),
          vms: 0,
        };
        vpc.groups++;
        state.groups.add(made);
        state.names.add(`group ${made.name}`);
        state.marked['security-group'].set(call.token, made);
        return made;
      });
      return send('SetRules', 'security-group', call, id, () => {
        const group = groupOf(state, id);
        group.rules = byKey(request.rules);
        return view(group);
      });
    },
    list: call => send('ListSecurityGroups', 'security-group', call, '', () => state.groups.page(call, view)),
    get: (call, id) => send('GetSecurityGroup', 'security-group', call, id, () => view(groupOf(state, id))),
    delete: (call, id) =>
      send('DeleteSecurityGroup', 'security-group', call, id, () => {
        const group = state.groups.get(id);
        if (!group) return;
        settleAll(state, context.now());
        if (group.vms > 0)
          throw new MemoryCloudError('SecurityGroupInUse', `${group.vms} VMs still use ${id}.`);
        group.vpc.groups--;
        state.groups.delete(id);
        state.names.delete(`group ${group.name}`);
        state.marked['security-group'].delete(group.token);
        state.tags.delete(id);
      }),
    addRules: (call, id, rules) =>
      send('AddRules', 'security-group', call, id, () => {
        const group = groupOf(state, id);
        for (const rule of rules) group.rules.set(ruleKey(rule), { ...rule });
      }),
    removeRules: (call, id, rules) =>
      send('RemoveRules', 'security-group', call, id, () => {
        const group = groupOf(state, id);
        for (const rule of rules) group.rules.delete(ruleKey(rule));
      }),
  };
}
