/** One request on its way through the actions. */
import type { World } from '../../world/world.ts';
import { Ec2Error } from './errors.ts';
import type { Params } from './query.ts';
import type { AwsSite } from './site.ts';
import type { Members } from './xml.ts';

export interface Call {
  readonly world: World;
  readonly site: AwsSite;
  readonly params: Params;
  readonly action: string;
}

export type Action = (call: Call) => Members | Promise<Members>;

/** Each action calls it when all is checked and nothing is changed yet: here a dry run ends. */
export function commit({ params }: Call): void {
  if (params.boolean('DryRun') === true)
    throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
}
