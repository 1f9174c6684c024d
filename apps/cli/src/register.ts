/** Makes connections of the Twin's clouds: one for each cloud and region, called `<cloud>` or `<cloud>-<region>`. */
import { hasCode } from '@cloud-barista/model/errors';
import type { Context } from './context.ts';
import type { TwinClient, TwinConnection } from './twin-client.ts';

const thereAlready = (error: unknown) => {
  if (!hasCode(error, 'already_exists')) throw error;
};

export async function registerConnection(
  { client, signal }: Pick<Context, 'client' | 'signal'>,
  name: string,
  { driver, credential, region }: TwinConnection,
): Promise<void> {
  await client
    .call('credential.create', { body: { name, driver, values: credential } }, { signal })
    .catch(thereAlready);
  await client
    .call('region.create', { body: { name, driver, values: region } }, { signal })
    .catch(thereAlready);
  await client
    .call('connection.create', { body: { name, driver, credential: name, region: name } }, { signal })
    .catch(thereAlready);
}

export async function connectTwin(
  context: Pick<Context, 'client' | 'signal'>,
  twin: TwinClient,
  only: readonly string[],
): Promise<string[]> {
  const { items } = await twin.get<{ items: { name: string; regions: string[] }[] }>('/clouds');
  const made: string[] = [];
  for (const cloud of items)
    for (const region of cloud.regions) {
      if (only.length > 0 && !only.includes(cloud.name)) continue;
      const name = cloud.regions.length === 1 ? cloud.name : `${cloud.name}-${region.toLowerCase()}`;
      const path = `/clouds/${encodeURIComponent(cloud.name)}/connection?region=${encodeURIComponent(region)}`;
      await registerConnection(context, name, await twin.get<TwinConnection>(path));
      made.push(name);
    }
  return made;
}
