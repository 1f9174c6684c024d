/** One call as the actions see it. */
import { hash } from 'node:crypto';
import type { World } from '../../world/world.ts';
import { AliError } from './errors.ts';
import { own, type Params } from './params.ts';
import type { AliSite } from './site.ts';

/** What an action answers, without its RequestId. Lists stand as the vendor writes them: { Instances: { Instance: [] } }. */
export type Answer = Readonly<Record<string, unknown>>;

export interface Call {
  readonly world: World;
  readonly params: Params;
  /** The region named by RegionId. MissingRegionId, InvalidRegionId.NotFound. */
  readonly site: AliSite;
  /** That region alone where one is named, else all: ids differ between regions. */
  readonly sites: readonly AliSite[];
}

export type Action = (call: Call) => Answer | Promise<Answer>;

/** Where all is checked and nothing is made yet: a dry run ends here. */
export function commit({ params }: Call): void {
  if (params.boolean('DryRun') === true)
    throw new AliError('DryRunOperation', 'Request validation has been passed with DryRun flag set.');
}

/** ECS API reference, "Ensure idempotence": the same token and request are carried out once and answered alike. */
export function idempotent(call: Call, action: string, deed: () => Answer): Answer {
  const token = call.params.text('ClientToken');
  if (token === undefined) return deed();
  if (token.length > 64 || !/^[\u0020-\u007e]+$/.test(token))
    throw new AliError('InvalidClientToken.Malformed', 'The specified ClientToken is not valid.');
  const { tokens } = call.site;
  const key = `${action}/${token}`;
  const digest = hash('sha256', call.params.canonical(), 'base64url').slice(0, 22);
  const standing = tokens.get(key);
  if (standing) {
    if (standing.digest === digest) return standing.answer;
    throw new AliError(
      'IdempotentParameterMismatch',
      'The request uses the same client token as a previous, but non-identical request.',
    );
  }
  const answer = deed();
  tokens.set(own(key), { digest: own(digest), answer });
  return answer;
}

/** The record of `id` and the region that it is in; undefined where there is none. */
export function find<T>(
  { sites }: Call,
  of: (site: AliSite) => ReadonlyMap<string, T>,
  id: string,
): { site: AliSite; record: T } | undefined {
  for (const site of sites) {
    const record = of(site).get(id);
    if (record) return { site, record };
  }
  return undefined;
}
