/** Tags on anything: TagSpecification at creation, CreateTags, DeleteTags, DescribeTags. Source: EC2 user guide, "Tag restrictions". */
import { commit, type Call } from './call.ts';
import { instanceOf, interfaceId } from './derived.ts';
import { Ec2Error, invalidValue, missing } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { checkId, notFound, type IdKind } from './ids.ts';
import { own, type Params } from './query.ts';
import { noTags, type Resource, type Tags } from './records.ts';
import type { AwsSite } from './site.ts';
import { findVolume, volumesOf } from './volume-records.ts';
import type { Members, Xml } from './xml.ts';

const mostTags = 50;

export const tagSet = (tags: Tags): Xml => tags.map(([key, value]) => ({ key, value }));

function readTags(list: Params[]): Tags {
  const tags = new Map<string, string>();
  for (const tag of list) {
    const key = tag.text('Key');
    const value = tag.text('Value') ?? '';
    if (key === undefined || key === '') throw missing('Tag.Key');
    if (key.toLowerCase().startsWith('aws:'))
      throw new Ec2Error(
        'InvalidParameterValue',
        "Tag keys starting with 'aws:' are reserved for internal use",
      );
    if (key.length > 128)
      throw new Ec2Error('InvalidParameterValue', `Tag key exceeds the maximum length of 128 characters`);
    if (value.length > 256)
      throw new Ec2Error('InvalidParameterValue', `Tag value exceeds the maximum length of 256 characters`);
    if (tags.has(key)) throw new Ec2Error('InvalidParameterValue', `Duplicate tag key '${key}' specified.`);
    tags.set(own(key), own(value));
  }
  if (tags.size > mostTags) throw new Ec2Error('TagLimitExceeded', `More than ${mostTags} tags specified`);
  return tags.size === 0 ? noTags : [...tags];
}

/** The tags of `TagSpecification.N` for `type`; all types given must be of `allowed`. */
export function specifiedTags(params: Params, type: string, allowed: readonly string[] = [type]): Tags {
  let tags = noTags;
  for (const specification of params.list('TagSpecification')) {
    const given = specification.required('ResourceType');
    if (!allowed.includes(given))
      throw new Ec2Error(
        'InvalidParameterValue',
        `'${given}' is not a valid taggable resource type for this operation.`,
      );
    if (given === type) tags = readTags(specification.list('Tag'));
  }
  return tags;
}

/** Resource type of DescribeTags by id prefix, and where the resource is kept. */
const places: Readonly<
  Record<string, { kind: IdKind; type: string; find: (site: AwsSite, id: string) => Resource | undefined }>
> = {
  vpc: { kind: 'vpc', type: 'vpc', find: (site, id) => site.vpcs.get(id) },
  subnet: { kind: 'subnet', type: 'subnet', find: (site, id) => site.subnets.get(id) },
  igw: { kind: 'gateway', type: 'internet-gateway', find: (site, id) => site.gateways.get(id) },
  rtb: { kind: 'routeTable', type: 'route-table', find: (site, id) => site.routeTables.get(id) },
  acl: { kind: 'acl', type: 'network-acl', find: (site, id) => site.acls.get(id) },
  dopt: {
    kind: 'dhcpOptions',
    type: 'dhcp-options',
    find: (site, id) => (id === site.dhcpOptions.id ? site.dhcpOptions : undefined),
  },
  sg: { kind: 'securityGroup', type: 'security-group', find: (site, id) => site.groups.get(id) },
  sgr: { kind: 'rule', type: 'security-group-rule', find: (site, id) => site.rules.get(id) },
  key: { kind: 'keyPair', type: 'key-pair', find: (site, id) => site.keyPairs.get(id) },
  eipalloc: { kind: 'address', type: 'elastic-ip', find: (site, id) => site.addresses.get(id) },
  snap: { kind: 'snapshot', type: 'snapshot', find: (site, id) => site.snapshots.get(id) },
  ami: { kind: 'image', type: 'image', find: (site, id) => site.ownImages.get(id) },
  i: { kind: 'instance', type: 'instance', find: (site, id) => site.instances.get(id) },
};

interface Tagged {
  get(): Tags;
  set(tags: Tags): void;
}

function tagged(site: AwsSite, id: string): Tagged {
  const prefix = id.slice(0, Math.max(0, id.lastIndexOf('-')));
  if (prefix === 'vol') return ofResource(findVolume(site, id));
  if (prefix === 'ami' && site.images.has(id))
    return {
      get: () => site.imageTags.get(id) ?? noTags,
      set: tags => {
        if (tags.length === 0) site.imageTags.delete(id);
        else site.imageTags.set(own(id), tags);
      },
    };
  if (prefix === 'eni') {
    const owner = site.instances.get(instanceOf(id));
    if (!owner || owner.terminatedAt > 0) throw notFound('interface', id);
    return { get: () => owner.interfaceTags, set: tags => (owner.interfaceTags = tags) };
  }
  const place = places[prefix];
  if (!place) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
  const resource = place.find(site, id);
  if (resource) return ofResource(resource);
  checkId(place.kind, id);
  throw notFound(place.kind, id);
}

const ofResource = (resource: Resource): Tagged => ({
  get: () => resource.tags,
  set: tags => {
    resource.tags = tags;
  },
});

function targets({ site, params }: Call): Tagged[] {
  const ids = params.texts('ResourceId');
  if (ids.length === 0) throw missing('resourceIdSet');
  if (ids.length > 1000)
    throw invalidValue(`${ids.length} resources`, 'ResourceId', 'At most 1000 at a time.');
  return ids.map(id => tagged(site, id));
}

export function createTags(call: Call): Members {
  const found = targets(call);
  const tags = readTags(call.params.list('Tag'));
  if (tags.length === 0) throw missing('tagSet');
  const next = found.map(target => [...new Map([...target.get(), ...tags])] as Tags);
  if (next.some(all => all.length > mostTags))
    throw new Ec2Error('TagLimitExceeded', `The maximum number of tags is ${mostTags}`);
  commit(call);
  for (const [index, target] of found.entries()) target.set(next[index] ?? noTags);
  return { return: true };
}

/** Without tags: all of them; with a key alone: whatever its value; with both: only if the value is that one. */
export function deleteTags(call: Call): Members {
  const found = targets(call);
  const doomed = call.params.list('Tag').map(tag => ({ key: tag.required('Key'), value: tag.text('Value') }));
  commit(call);
  for (const target of found)
    target.set(
      doomed.length === 0
        ? noTags
        : target
            .get()
            .filter(
              ([key, value]) =>
                !doomed.some(one => one.key === key && (one.value === undefined || one.value === value)),
            ),
    );
  return { return: true };
}

interface TagRow {
  n: number;
  id: string;
  type: string;
  key: string;
  value: string;
}

const tagFilters = {
  key: (row: TagRow) => row.key,
  'resource-id': (row: TagRow) => row.id,
  'resource-type': (row: TagRow) => row.type,
  value: (row: TagRow) => row.value,
};

export function describeTags(call: Call): Members {
  const { site, params } = call;
  const rows: TagRow[] = [];
  const add = (id: string, type: string, tags: Tags) => {
    for (const [key, value] of tags) rows.push({ n: rows.length + 1, id, type, key, value });
  };
  const stores = [
    site.vpcs,
    site.subnets,
    site.gateways,
    site.routeTables,
    site.acls,
    site.groups,
    site.rules,
    site.keyPairs,
    site.addresses,
    site.snapshots,
    site.ownImages,
  ];
  for (const store of stores)
    for (const resource of store.values() as Iterable<Resource>)
      add(resource.id, places[resource.id.slice(0, resource.id.lastIndexOf('-'))]?.type ?? '', resource.tags);
  add(site.dhcpOptions.id, 'dhcp-options', site.dhcpOptions.tags);
  for (const instance of site.instances.values()) {
    add(instance.id, 'instance', instance.tags);
    if (instance.terminatedAt > 0) continue;
    if (!instance.volumes) for (const { id, tags } of volumesOf(instance)) add(id, 'volume', tags);
    add(interfaceId(instance.id), 'network-interface', instance.interfaceTags);
  }
  for (const volume of site.volumes.values()) add(volume.id, 'volume', volume.tags);
  for (const [id, tags] of site.imageTags) add(id, 'image', tags);
  const { records, nextToken } = page(params, 'DescribeTags', filterAll(params, tagFilters, rows), {
    least: 5,
    most: 1000,
  });
  return {
    tagSet: records.map(row => ({
      resourceId: row.id,
      resourceType: row.type,
      key: row.key,
      value: row.value,
    })),
    nextToken,
  };
}
