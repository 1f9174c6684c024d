/**
 * The marks that each resource of ours carries as tags: the name that people see, and the token of the create that made it – set in the
 * very request that makes it, so that it can be found again when the answer got lost.
 */
import type { Filter, ResourceType, Tag, TagSpecification } from '@aws-sdk/client-ec2';
import type { Token } from '@cloud-barista/model/ids';
import type { TagRule } from '@cloud-barista/model/tag';

export const nameTag = 'Name';
export const tokenTag = 'cb-token';
/** On a VM's own disks in the token's place: they are no data disks, also while EC2 shows them apart from it. */
export const vmTag = 'cb-vm';

const ours: ReadonlySet<string> = new Set([nameTag, tokenTag, vmTag]);
/** Marks, and AWS' own, e.g. `aws:cloudformation:stack-name`, which nobody may set. */
export const isReserved = (key: string): boolean => ours.has(key) || /^aws:/i.test(key);

/** What users may add ("Tag your Amazon EC2 resources", EC2 User Guide). Of the 50 that EC2 takes, two are marks. */
export const tagRule: TagRule = {
  key: `(?!${[...ours].join('$|')}$|[aA][wW][sS]:)[\\p{L}\\p{N}\\p{Zs}_.:/=+@-]{1,128}`,
  value: '[\\p{L}\\p{N}\\p{Zs}_.:/=+@-]{0,256}',
  most: 48,
};

export interface Tagged {
  Tags?: Tag[] | undefined;
}

const read = ({ Tags }: Tagged, key: string) => Tags?.find(tag => tag.Key === key)?.Value;

/** "" where it carries none. */
export const nameOf = (tagged: Tagged): string => read(tagged, nameTag) ?? '';
export const tokenOf = (tagged: Tagged): Token | undefined => read(tagged, tokenTag) as Token | undefined;
/** The token as the contract's shapes have it: there or not. */
export function tokenIn(tagged: Tagged): { token?: Token } {
  const token = tokenOf(tagged);
  return token === undefined ? {} : { token };
}

const tags = (name: string, token: Token, key: string): Tag[] => [
  { Key: nameTag, Value: name },
  { Key: key, Value: token },
];

export const marks = (
  name: string,
  token: Token,
  ...types: [ResourceType, ...ResourceType[]]
): TagSpecification[] => types.map(ResourceType => ({ ResourceType, Tags: tags(name, token, tokenTag) }));

/** An instance's, and its volumes'. */
export const vmMarks = (name: string, token: Token): TagSpecification[] => [
  ...marks(name, token, 'instance'),
  { ResourceType: 'volume', Tags: tags(name, token, vmTag) },
];
export const isOfVm = (tagged: Tagged): boolean => read(tagged, vmTag) !== undefined;

export const filter = (name: string, ...values: string[]): Filter => ({ Name: name, Values: values });
export const byToken = (token: Token): Filter => filter(`tag:${tokenTag}`, token);
