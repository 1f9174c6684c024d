/**
 * Security groups are network security groups. They belong to no VPC; a group's id is its name.
 *
 * An interface takes one group, and our VMs may be in several. Such a VM gets a group of its own that holds the rules
 * of all (`merge`), named after the VM with an underscore, which no name of ours has; it is listed nowhere, follows every change of the
 * rules it is made of, and goes with the VM.
 */
import { each } from '@cloud-barista/driver/concurrency';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type {
  CloudSecurityGroup,
  SecurityGroupRequest,
  SecurityGroups,
} from '@cloud-barista/driver/security-groups';
import { same, types, type Arm, type Resource } from './arm.ts';
import { make } from './claim.ts';
import { pageOf } from './pages.ts';
import type { ResourceGroup } from './resource-group.ts';
import { changed, fresh, readRules, type NsgRule } from './rules.ts';
import { groupsOf, groupTags, isMarked, mark, tokenOf } from './marks.ts';

export interface Nsg extends Resource {
  properties?: { securityRules?: NsgRule[]; networkInterfaces?: { id?: string }[] };
}

const mergedSuffix = '_groups';
export const mergedName = (vm: string): string => `${vm}${mergedSuffix}`;
const isMerged = (nsg: Nsg): boolean =>
  nsg.name.toLowerCase().endsWith(mergedSuffix) && groupsOf(nsg.tags).length > 0;
const holds = (nsg: Nsg, id: string): boolean =>
  isMerged(nsg) && groupsOf(nsg.tags).some(group => same(group, id));

const standing = (nsg: Nsg): NsgRule[] => nsg.properties?.securityRules ?? [];
const toGroup = (nsg: Nsg): CloudSecurityGroup => ({
  id: cloudId(nsg.name),
  name: nsg.name,
  vpc: '',
  rules: readRules(standing(nsg)),
  ...tokenOf(nsg.tags),
});

export interface Groups extends SecurityGroups {
  findMarked(call: Call, token: Token): Promise<string[]>;
  /** The group of a VM in several groups: its name. */
  merge(call: CreateCall, vm: string, groups: readonly string[]): Promise<string>;
  /** What `merge` made and whose VM was never made. */
  findMerged(call: Call, token: Token): Promise<string[]>;
  removeMerged(call: Call, vm: string): Promise<void>;
}

export function createSecurityGroups(
  arm: Arm,
  group: ResourceGroup,
  /** Called where what others keep of a group is no longer true. */
  forget: (id: string) => void,
): Groups {
  const { location } = arm.settings;
  const read = (call: Call, id: string) => arm.read<Nsg>(call, types.nsg, id);
  const list = (call: Call) => arm.list<Nsg>(call, types.nsg);
  const bodyOf = (tags: Record<string, string>, securityRules: NsgRule[]) => ({
    location,
    tags,
    properties: { securityRules },
  });

  /** Reads, changes and replaces; again where another writer was between (If-Match, 412). */
  async function rewrite(call: Call, id: string, change: (nsg: Nsg) => NsgRule[]): Promise<Nsg> {
    for (let attempt = 1; ; attempt++) {
      const nsg = await read(call, id);
      const before = standing(nsg);
      const after = change(nsg);
      if (after.length === before.length && after.every((rule, at) => rule === before[at])) return nsg;
      const body = { ...bodyOf(nsg.tags ?? {}, after), location: nsg.location ?? location };
      const headers: Record<string, string> = nsg.etag === undefined ? {} : { 'if-match': nsg.etag };
      try {
        return await arm.put<Nsg>(call, types.nsg, id, body, headers);
      } catch (error) {
        if (attempt >= 5 || !hasCode(error, 'aborted')) throw error;
      }
    }
  }

  async function change(
    call: Call,
    id: CloudId,
    added: SecurityRule[],
    removed: SecurityRule[],
  ): Promise<void> {
    await rewrite(call, id, nsg => changed(standing(nsg), added, removed));
    const all = await list(call);
    await each(
      all.filter(nsg => holds(nsg, id)),
      4,
      merged => {
        const parts = groupsOf(merged.tags);
        const wanted = all
          .filter(nsg => parts.some(part => same(part, nsg.name)))
          .flatMap(nsg => readRules(standing(nsg)));
        // All anew: a rule that one part has lost may be another's still.
        return rewrite(call, merged.name, () => fresh(wanted));
      },
    );
  }

  return {
    create: (call: CreateCall, { name, rules }: SecurityGroupRequest) =>
      group.within(call, async () =>
        toGroup(await make<Nsg>(arm, call, types.nsg, name, bodyOf(mark(call.token), fresh(rules)))),
      ),
    list: async (call: PageCall) => {
      const here = (await arm.listHere<Nsg>(call, types.nsg)).filter(nsg => !isMerged(nsg));
      return pageOf(here.map(toGroup), call);
    },
    get: async (call: Call, id: CloudId) => toGroup(await read(call, id)),

    async delete(call: Call, id: CloudId) {
      forget(id);
      const merged = (await list(call)).filter(nsg => holds(nsg, id));
      if (merged.some(nsg => (nsg.properties?.networkInterfaces ?? []).length > 0))
        throw new BaristaError('failed_precondition', `VMs are in security group ${id}.`, {
          next: 'Terminate them first.',
          cause: 'InUseNetworkSecurityGroupCannotBeDeleted',
        });
      // Those of VMs that were never made, or went without them.
      await each(merged, 4, nsg => arm.remove(call, types.nsg, nsg.name));
      await arm.remove(call, types.nsg, id);
      await group.sweep(call);
    },

    addRules: (call: Call, id: CloudId, rules: SecurityRule[]) => change(call, id, rules, []),
    removeRules: (call: Call, id: CloudId, rules: SecurityRule[]) => change(call, id, [], rules),

    async findMarked(call, token) {
      return (await list(call)).filter(nsg => !isMerged(nsg) && isMarked(nsg, token)).map(({ name }) => name);
    },

    async merge(call, vm, groups) {
      const parts = await each(groups, 8, id => read(call, id));
      const rules = parts.flatMap(nsg => readRules(standing(nsg)));
      const tags = { ...mark(call.token), ...groupTags(groups) };
      return (await make<Nsg>(arm, call, types.nsg, mergedName(vm), bodyOf(tags, fresh(rules)))).name;
    },
    async findMerged(call, token) {
      return (await list(call))
        .filter(nsg => isMerged(nsg) && isMarked(nsg, token))
        .map(({ name }) => name.slice(0, -mergedSuffix.length));
    },
    removeMerged: (call, vm) => arm.remove(call, types.nsg, mergedName(vm)),
  };
}
