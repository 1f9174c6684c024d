/** The regions that a cloud has. */
import type { CloudRegion } from '@cloud-barista/model/cloud-region';
import type { Page } from '@cloud-barista/model/schema';
import { cloudOf, guarded } from './clouds.ts';
import type { Spider, SpiderCall } from './context.ts';
import { paged, type PageOptions } from './paged.ts';
import { partOf } from './parts.ts';

export async function listCloudRegions(
  spider: Spider,
  connection: string,
  options: PageOptions,
  call: SpiderCall,
): Promise<Page<CloudRegion>> {
  const open = await cloudOf(spider, connection, call.signal);
  const regions = await guarded(open, () => partOf(open, 'regions').list({ signal: call.signal }));
  return paged(regions, region => region.id, options);
}
