/**
 * Tags: the name that people see, and the token of the create that made a resource – set in the very request that makes it, so that
 * it can be found again when the answer got lost. Tag rules: "Tag your Amazon EC2 resources", EC2 User Guide.
 */
import type { Filter, ResourceType, Tag, TagSpecification } from '@aws-sdk/client-ec2';
import type { Token } from '@cloud-barista/model/ids';

export const tokenTag = 'cb-token';

const read = (tags: readonly Tag[] | undefined, key: string) => tags?.find(tag => tag.Key === key)?.Value;

/** "" where it carries none. */
export const nameOf = (tagged: { Tags?: Tag[] | undefined }): string => read(tagged.Tags, 'Name') ?? '';
export const tokenOf = (tagged: { Tags?: Tag[] | undefined }): Token | undefined =>
  read(tagged.Tags, tokenTag) as Token | undefined;

export const marks = (
  name: string,
  token: Token,
  ...types: [ResourceType, ...ResourceType[]]
): TagSpecification[] =>
  types.map(type => ({
    ResourceType: type,
    Tags: [
      { Key: 'Name', Value: name },
      { Key: tokenTag, Value: token },
    ],
  }));

export const filter = (name: string, ...values: string[]): Filter => ({ Name: name, Values: values });
export const byToken = (token: Token): Filter => filter(`tag:${tokenTag}`, token);
