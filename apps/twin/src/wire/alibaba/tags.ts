/** Tags. Source: ECS API reference, TagResources: at most 20 a resource, keys of 1 to 128 characters. */
import type { Answer, Call } from './call.ts';
import { AliError, invalid, missing } from './errors.ts';
import { own, type Params } from './params.ts';
import { readToken } from './pages.ts';
import { noTags, type Resource, type Tags } from './records.ts';
import type { AliSite } from './site.ts';

const most = 20;

/** `Tag.N.Key`, `Tag.N.Value`; also written in lower case in older clients. */
export function readTags(params: Params): Tags {
  const objects = params.objects('Tag');
  if (objects.length === 0) return noTags;
  if (objects.length > most)
    throw new AliError('InvalidTagCount', 'The specified tags are beyond the permitted number.');
  const tags = objects.map(fields => {
    const key = fields.get('key') ?? '';
    const value = fields.get('value') ?? '';
    if (key === '' || key.length > 128 || /^(?:aliyun|acs:)|https?:\/\//.test(key))
      throw new AliError('InvalidTagKey.Malformed', 'The specified Tag.n.Key is not valid.');
    if (value.length > 128 || /https?:\/\//.test(value))
      throw new AliError('InvalidTagValue.Malformed', 'The specified Tag.n.Value is not valid.');
    return [own(key), own(value)] as const;
  });
  if (new Set(tags.map(([key]) => key)).size < tags.length)
    throw new AliError('Duplicate.TagKey', 'The Tag.N.Key contain duplicate key.');
  return tags;
}

/** Whether a record has all the tags that a list is filtered by; without a value, any value does. */
export function tagFilter(params: Params): (record: { tags: Tags }) => boolean {
  const wanted = params.objects('Tag').map(fields => [fields.get('key') ?? '', fields.get('value')] as const);
  if (wanted.length === 0) return () => true;
  return ({ tags }) =>
    wanted.every(([key, value]) =>
      tags.some(each => each[0] === key && (value === undefined || value === '' || each[1] === value)),
    );
}

/** As ECS answers them. */
export const ecsTags = (tags: Tags): Answer => ({
  Tag: tags.map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
});
/** As the VPC API answers them. */
export const vpcTags = (tags: Tags): Answer => ({ Tag: tags.map(([Key, Value]) => ({ Key, Value })) });

type Finder = (site: AliSite, id: string) => Tagged | undefined;
type All = (site: AliSite) => Iterable<readonly [id: string, tags: Tags]>;

interface Kind {
  find: Finder;
  all: All;
}
interface Tagged {
  tags: Tags;
}
const plain = (of: (site: AliSite) => ReadonlyMap<string, Resource>): Kind => ({
  find: (site, id) => of(site).get(id),
  all: site => [...of(site)].map(([id, record]) => [id, record.tags] as const),
});

/** The tags of an instance's primary interface stand with the instance. */
const interfaces: Kind = {
  find(site, id) {
    const instance = site.instances.get(`i${id.slice(3)}`);
    if (!instance || !id.startsWith('eni-')) return undefined;
    return {
      get tags() {
        return instance.interfaceTags;
      },
      set tags(tags) {
        instance.interfaceTags = tags;
      },
    };
  },
  all: site =>
    [...site.instances.values()].map(each => [`eni${each.id.slice(1)}`, each.interfaceTags] as const),
};
/** What the vendor can tag and nobody has here. */
const none: Kind = { find: () => undefined, all: () => [] };

const ecsKinds: Readonly<Record<string, Kind>> = {
  instance: plain(site => site.instances),
  disk: plain(site => site.disks),
  volume: none,
  snapshot: plain(site => site.snapshots),
  image: plain(site => site.images),
  securitygroup: plain(site => site.groups),
  keypair: plain(site => site.keyPairs),
  eni: interfaces,
  ddh: none,
  ddhcluster: none,
  launchtemplate: none,
  reservedinstance: none,
  snapshotpolicy: none,
};
/** As DescribeTags counts them. */
const labels: Readonly<Record<string, string>> = {
  instance: 'Instance',
  disk: 'Disk',
  snapshot: 'Snapshot',
  image: 'Image',
  securitygroup: 'Securitygroup',
  keypair: 'KeyPair',
  eni: 'Eni',
};
const vpcKinds: Readonly<Record<string, Kind>> = {
  VPC: plain(site => site.vpcs),
  VSWITCH: plain(site => site.vSwitches),
  EIP: plain(site => site.eips),
};
export type Product = 'ecs' | 'vpc';
const kinds = { ecs: ecsKinds, vpc: vpcKinds };

function readKind(product: Product, { params }: Call): { type: string; kind: Kind } {
  const type = params.required('ResourceType');
  const table = kinds[product];
  const name = product === 'ecs' ? type.toLowerCase() : type.toUpperCase();
  const kind = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!kind) throw invalid('InvalidResourceType.NotFound', 'The specified ResourceType is not found.');
  return { type: name, kind };
}

function named(call: Call, kind: Kind): Tagged[] {
  const ids = call.params.list('ResourceId');
  if (ids.length === 0) throw missing('ResourceId');
  if (ids.length > 50)
    throw new AliError('NumberExceed.ResourceIds', 'The maximum number of ResourceIds is exceeded.');
  return ids.map(id => {
    const record = kind.find(call.site, id);
    if (!record)
      throw new AliError(
        'InvalidResourceId.NotFound',
        'The specified ResourceIds are not found in our records.',
        404,
      );
    return record;
  });
}

export const tagResources =
  (product: Product) =>
  (call: Call): Answer => {
    const { kind } = readKind(product, call);
    const records = named(call, kind);
    const tags = readTags(call.params);
    if (tags.length === 0) throw missing('Tag');
    const keys = new Set(tags.map(([key]) => key));
    const next = records.map(record => [...record.tags.filter(([key]) => !keys.has(key)), ...tags]);
    if (next.some(all => all.length > most))
      throw new AliError('NumberExceed.Tags', 'The maximum number of Tags is exceeded.');
    for (const [index, record] of records.entries()) record.tags = next[index] ?? noTags;
    return {};
  };

export const untagResources =
  (product: Product) =>
  (call: Call): Answer => {
    const { kind } = readKind(product, call);
    const records = named(call, kind);
    const keys = call.params.list('TagKey');
    const all = call.params.boolean('All') === true;
    for (const record of records) {
      const left = record.tags.filter(([key]) => !(keys.length === 0 ? all : keys.includes(key)));
      record.tags = left.length === 0 ? noTags : left;
    }
    return {};
  };

export const listTagResources =
  (product: Product) =>
  (call: Call): Answer => {
    const { type, kind } = readKind(product, call);
    const { params, site } = call;
    const ids = params.list('ResourceId');
    const has = tagFilter(params);
    if (ids.length === 0 && params.objects('Tag').length === 0)
      throw new AliError('MissingParameter.TagOrResourceId', 'You must specify ResourceId.N or Tag.N.');
    const all = [...kind.all(site)]
      .filter(([id, tags]) => (ids.length === 0 || ids.includes(id)) && has({ tags }))
      .flatMap(([ResourceId, tags]) =>
        tags.map(([TagKey, TagValue]) => ({ ResourceType: type, ResourceId, TagKey, TagValue })),
      );
    const token = params.text('NextToken');
    const from = token === undefined ? 0 : readToken(token);
    const to = from + (params.integer('MaxResults', 1, 50) ?? 50);
    return {
      TagResources: { TagResource: all.slice(from, to) },
      NextToken: to < all.length ? Buffer.from(`next/${to}`).toString('base64url') : '',
    };
  };

/** The tags in use in ECS. */
export function describeTags({ site, params }: Call): Answer {
  const type = params.text('ResourceType');
  const id = params.text('ResourceId');
  const counts = new Map<
    string,
    { TagKey: string; TagValue: string; ResourceTypeCount: Record<string, number> }
  >();
  for (const [name, kind] of Object.entries(ecsKinds)) {
    if (type !== undefined && type.toLowerCase() !== name) continue;
    for (const [resource, tags] of kind.all(site)) {
      if (id !== undefined && id !== resource) continue;
      for (const [TagKey, TagValue] of tags) {
        const key = `${TagKey}\0${TagValue}`;
        const entry = counts.get(key) ?? { TagKey, TagValue, ResourceTypeCount: {} };
        const label = labels[name] ?? name;
        entry.ResourceTypeCount[label] = (entry.ResourceTypeCount[label] ?? 0) + 1;
        counts.set(key, entry);
      }
    }
  }
  const all = [...counts.values()];
  const number = params.integer('PageNumber', 1, 1e6) ?? 1;
  const size = params.integer('PageSize', 1, 100) ?? 50;
  return {
    Tags: { Tag: all.slice((number - 1) * size, number * size) },
    TotalCount: all.length,
    PageNumber: number,
    PageSize: size,
  };
}
