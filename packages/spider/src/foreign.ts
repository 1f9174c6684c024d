/** Whose an id is that the connection's cloud does not know: people mix clouds up. */
import { cloudOf } from './clouds.ts';
import type { Spider, SpiderCall } from './context.ts';

/** `AWS`, where it looks like an id of that cloud and not like one of the connection's own; only drivers that are here already are asked. */
export async function ownerOf(
  spider: Spider,
  connection: string,
  kind: 'image' | 'spec',
  id: string,
  call: SpiderCall,
): Promise<string | undefined> {
  const { driver: own } = await cloudOf(spider, connection, call.signal);
  const matches = (pattern: string | undefined) =>
    pattern !== undefined && new RegExp(`^(?:${pattern})$`, 'u').test(id.slice(0, 512));
  if (matches(own.ids?.[kind])) return undefined;
  for (const name of spider.drivers.names) {
    const driver = await spider.drivers.get(name).catch(() => undefined);
    if (driver && driver.provider !== own.provider && matches(driver.ids?.[kind])) return driver.provider;
  }
  return undefined;
}
