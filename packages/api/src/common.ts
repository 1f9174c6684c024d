/** Path and query pieces that many operations share. */
import { closed, Name } from '@cloud-barista/model/schema';
import { Type } from '@cloud-barista/model/type';

export const pageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 1024, description: 'The `next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Items a page; default 100' })),
};
export const PageQuery = closed(pageQuery);
export const inConnection = { connection: Name };
export const inNamespace = { namespace: Name };
/** A cloud's id: whatever characters it has, URL-encoded. */
export const CloudRef = Type.String({ minLength: 1, maxLength: 512 });
export const Done = closed({});
/** What a call can fail with that goes to a cloud; and one that makes something there. */
export const fromCloud = [
  'not_found',
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'failed_precondition',
] as const;
export const making = ['already_exists', 'aborted', ...fromCloud] as const;
