/**
 * Security groups out of tags and firewalls (rules.ts says how). The marker is made first and deleted last: as long as it stands the
 * group exists, and by its token all is found.
 */
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { CloudSecurityGroup, SecurityGroups } from '@cloud-barista/driver/security-groups';
import type { Shared } from '@cloud-barista/driver/shared';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import type { Api } from './api.ts';
import { deleteFirewall, ensureFirewall, insertFirewall, listFirewalls, readFirewall } from './firewalls.ts';
import { listInstances } from './instances.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { describeMark, markOf, requestIds, shown } from './marks.ts';
import { insertsOf, lookTwice } from './pending.ts';
import {
  isMarker,
  isRuleOf,
  markerFirewall,
  nameOfTag,
  networkOf,
  ruleName,
  tagOf,
  toFirewall,
  toRules,
  type Firewall,
} from './rules.ts';
import type { Zones } from './zones.ts';

const absent = (id: string): BaristaError =>
  new BaristaError('not_found', `There is no security group ${JSON.stringify(id.slice(0, 80))}.`, {
    next: 'List the security groups: barista security-group list',
    where: 'securityGroup',
    cause: 'notFound',
  });

function toGroup(marker: Firewall, all: readonly Firewall[]): CloudSecurityGroup {
  const tag = marker.name ?? '';
  return {
    id: cloudId(tag),
    name: nameOfTag(tag),
    vpc: cloudId(networkOf(marker)),
    rules: all.filter(one => isRuleOf(tag, one)).flatMap(toRules),
    ...shown(markOf(marker.description)),
  };
}

export interface GroupsOf extends SecurityGroups {
  findMarked(call: Call, token: Token): Promise<string[]>;
}

/** `markers` is what VMs are made with: it forgets a group that goes. */
export function createSecurityGroups(
  api: Api,
  zones: Zones,
  listings: Listings,
  markers: Shared<Firewall>,
): GroupsOf {
  const network = (id: string) => `projects/${api.settings.project}/global/networks/${id}`;

  async function makeMarker(call: CreateCall, tag: string, vpc: string): Promise<void> {
    const ours = async () =>
      markOf((await orAbsent(readFirewall(api, call, tag)))?.description) === call.token;
    if (call.again && (await ours())) return;
    const wanted = markerFirewall(tag, network(vpc), describeMark(call.token));
    try {
      await insertFirewall(api, call, wanted, requestIds(call)('marker'));
    } catch (error) {
      if (!hasCode(error, 'already_exists') || !(await ours())) throw error;
    }
  }

  /** The group's marker and the whole list. */
  async function read(call: Call, id: CloudId): Promise<{ marker: Firewall; all: Firewall[] }> {
    const all = await listFirewalls(api, call);
    const marker = all.find(one => one.name === id && isMarker(one));
    if (marker === undefined) throw absent(id);
    return { marker, all };
  }

  return {
    async create(call, { name, vpc, rules }) {
      const tag = tagOf(name);
      await makeMarker(call, tag, vpc);
      const ids = requestIds(call);
      const description = describeMark(call.token);
      await together(
        rules.map(rule => {
          const wanted = toFirewall(tag, network(vpc), description, rule);
          return ensureFirewall(api, call, wanted, ids(`rule ${wanted.name ?? ''}`));
        }),
      );
      return { id: cloudId(tag), name, vpc, rules, token: call.token };
    },

    list: call =>
      listings.page('security-groups', call, async () => {
        const all = await listFirewalls(api, call);
        const byTag = Map.groupBy(all, one => one.targetTags?.[0] ?? '');
        return all.filter(isMarker).map(marker => toGroup(marker, byTag.get(marker.name ?? '') ?? []));
      }),

    async get(call, id) {
      const { marker, all } = await read(call, id);
      return toGroup(marker, all);
    },

    async delete(call, id) {
      const [all, vms] = await Promise.all([
        listFirewalls(api, call),
        // Google would let the tag go unnoticed, and the VM stand open or shut.
        zones.ofRegion(call).then(places => listInstances(api, call, places)),
      ]);
      const marker = all.find(one => one.name === id && isMarker(one));
      if (marker === undefined) return;
      const users = vms.filter(vm => vm.tags?.items?.includes(id));
      if (users.length > 0)
        throw new BaristaError(
          'failed_precondition',
          `Security group ${nameOfTag(id)} is still used by ${users.length} VM${users.length > 1 ? 's' : ''}, e.g. ${users[0]?.name ?? ''}.`,
          { next: 'Terminate them first.', where: 'securityGroup', cause: 'resourceInUseByAnotherResource' },
        );
      markers.forget(id);
      const rules = all.filter(one => isRuleOf(id, one));
      await together(rules.map(rule => deleteFirewall(api, call, rule.name ?? '')));
      await deleteFirewall(api, call, id);
    },

    async addRules(call, id, rules) {
      const { marker, all } = await read(call, id);
      const standing = new Set(all.map(one => one.name));
      const description = marker.description ?? '';
      await together(
        rules
          .filter(rule => !standing.has(ruleName(id, rule)))
          .map(rule =>
            ensureFirewall(api, call, toFirewall(id, network(networkOf(marker)), description, rule)),
          ),
      );
    },

    async removeRules(call, id, rules: SecurityRule[]) {
      const all = await listFirewalls(api, call);
      const unwanted = new Set(rules.map(rule => ruleName(id, rule)));
      const standing = all.filter(one => isRuleOf(id, one) && unwanted.has(one.name ?? ''));
      await together(standing.map(one => deleteFirewall(api, call, one.name ?? '')));
    },

    findMarked: (call, token) =>
      lookTwice(api, call, async () => {
        const all = await listFirewalls(api, call);
        const hidden = insertsOf('firewalls', new Set(all.map(one => one.name ?? '')));
        const found = all.filter(one => isMarker(one) && markOf(one.description) === token);
        return {
          found: found.map(one => one.name ?? ''),
          scope: { resource: 'security-group', place: 'global', hidden },
        };
      }),
  };
}

/** The marker of a group that a VM is to stand in; not_found where there is none. */
export async function readMarker(api: Api, signal: AbortSignal, id: string): Promise<Firewall> {
  const found = id.startsWith('cb-') ? await orAbsent(readFirewall(api, { signal }, id)) : undefined;
  if (found === undefined || !isMarker(found)) throw absent(id);
  return found;
}
