/** Regions: where a cloud is, in its driver's keys, and beside them `endpoint`, `sshPort` and `sshVia`. */
import type { KeySpec, Region, RegionInput } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import { requireName } from '@cloud-barista/model/names';
import type { Page } from '@cloud-barista/model/schema';
import { deletePart, noSuch } from './connections.ts';
import type { Spider } from './context.ts';
import { commitWithDriver } from './drivers.ts';
import { putPart } from './put-part.ts';
import { checkKeys } from './key-values.ts';
import { regionKey, regions } from './keys.ts';
import { paged, type PageOptions } from './paged.ts';

const common: readonly KeySpec[] = [
  {
    key: 'endpoint',
    required: false,
    description: "another address than the cloud's own, http:// or https://",
  },
  { key: 'sshPort', required: false, description: 'the port on which its VMs answer SSH' },
  { key: 'sshVia', required: false, description: 'HOST:PORT that stands for all its VMs' },
];

function checkCommon({ endpoint, sshPort, sshVia }: Record<string, string | undefined>): void {
  const fail = (key: string, message: string, next: string) => {
    throw new BaristaError('invalid_argument', message, { next, where: `values.${key}` });
  };
  const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
  if (endpoint !== undefined) {
    const url = URL.parse(endpoint);
    if (!url || !/^https?:$/.test(url.protocol))
      fail(
        'endpoint',
        `${JSON.stringify(endpoint.slice(0, 200))} is not an http or https address.`,
        'Write it like http://127.0.0.1:4566.',
      );
    else if (url.username !== '' || url.password !== '')
      fail('endpoint', 'An endpoint must not carry a user or a password.', 'Put them into the credential.');
  }
  if (sshPort !== undefined && !isPort(sshPort))
    fail('sshPort', `${JSON.stringify(sshPort)} is not a port.`, 'Give 1 to 65535.');
  if (sshVia !== undefined) {
    const [host = '', port = '', rest] = sshVia.split(':');
    // PORT + 15 bits of address must be a port too.
    if (host === '' || rest !== undefined || !isPort(port) || Number(port) > 65535 - 0x7fff)
      fail(
        'sshVia',
        `${JSON.stringify(sshVia)} is not HOST:PORT.`,
        'Write it like 127.0.0.1:20000, the port at most 32768.',
      );
  }
}

/** Checked. */
async function made(spider: Spider, input: RegionInput): Promise<Region> {
  requireName(input.name, 'Region name');
  const driver = await spider.drivers.get(input.driver);
  const own = new Set(driver.regionKeys.map(spec => spec.key));
  checkKeys(
    input.values,
    [...driver.regionKeys, ...common.filter(spec => !own.has(spec.key))],
    `A region of the driver ${driver.name}`,
  );
  checkCommon(input.values);
  return { ...input, created: new Date(spider.now()).toISOString() };
}

export async function createRegion(spider: Spider, input: RegionInput): Promise<Region> {
  const region = await made(spider, input);
  const key = regionKey(input.name);
  if (!(await commitWithDriver(spider, input.driver, key, region)))
    throw new BaristaError('already_exists', `The region ${JSON.stringify(input.name)} already exists.`, {
      next: 'Choose another name, or delete the old one first.',
      where: 'name',
    });
  return region;
}

/**
 * Makes it, or gives the one of that name these values. failed_precondition where a connection that uses it holds something: that
 * stands in the region that was.
 */
export async function putRegion(spider: Spider, input: RegionInput): Promise<Region> {
  const region = await made(spider, input);
  const before = spider.mirror.get<Region>(regionKey(input.name))?.value;
  if (before && JSON.stringify(sorted(before.values)) === JSON.stringify(sorted(region.values)))
    return before;
  await putPart(spider, 'region', region);
  return region;
}
const sorted = (values: Record<string, string>) =>
  Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));

export async function listRegions(spider: Spider, options: PageOptions = {}): Promise<Page<Region>> {
  const page = paged(spider.mirror.values<Region>(regions), held => held.value.name, options);
  return { ...page, items: page.items.map(held => held.value) };
}

export async function getRegion(spider: Spider, name: string): Promise<Region> {
  const held = await spider.mirror.find<Region>(regionKey(name));
  if (!held) throw noSuch(spider, 'region', regions, name);
  return held.value;
}

export const deleteRegion = (spider: Spider, name: string): Promise<void> =>
  deletePart(spider, 'region', name);
