/** Names and descriptions as the vendor takes them: ECS API reference, CreateSecurityGroup, RunInstances; VPC API reference, CreateVpc. */
import { invalid } from './errors.ts';
import { own, type Params } from './params.ts';

/** 2 to 128 characters, a letter first, not a URL. */
export function readName(params: Params, field: string): string {
  const text = params.text(field);
  if (text === undefined) return '';
  if (
    text.length < 2 ||
    text.length > 128 ||
    !/^\p{L}[\p{L}\p{N}:_.,[\]-]*$/u.test(text) ||
    /^https?:\/\//.test(text)
  )
    throw invalid(`Invalid${field}.Malformed`, `The specified ${field} is wrongly formed.`);
  return own(text);
}

export function readDescription(params: Params): string {
  const text = params.text('Description');
  if (text === undefined) return '';
  if (text.length < 2 || text.length > 256 || /^https?:\/\//.test(text))
    throw invalid('InvalidDescription.Malformed', 'The specified Description is wrongly formed.');
  return own(text);
}
