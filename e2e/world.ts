/** What the end-to-end tests stand on: Cloud-Twin, and the frameworks over it in this process. */
import { randomBytes } from 'node:crypto';
import type { Driver } from '@cloud-barista/driver/driver';
import { openSpider } from '@cloud-barista/spider/spider';
import { createConnection } from '@cloud-barista/spider/connections';
import { createCredential } from '@cloud-barista/spider/credentials';
import { createRegion } from '@cloud-barista/spider/regions';
import type { Store } from '@cloud-barista/store/store';
import { openTumblebug, type Tumblebug } from '@cloud-barista/tumblebug/tumblebug';
import { ensureDefaultNamespace } from '@cloud-barista/tumblebug/namespaces';
import { openTwin, type Twin } from '@cloud-barista/twin/twin';

export const drivers: Record<string, () => Promise<{ driver: Driver }>> = {
  aws: () => import('@cloud-barista/driver-aws/open'),
  openstack: () => import('@cloud-barista/driver-openstack/open'),
};
/** Nothing waits: VMs run as soon as the next call asks. */
export const noDelays = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };

/** A Twin without SSH, with `clouds` of each kind: aws-1 … and openstack-1 …. */
export async function openClouds(counts: { aws?: number; openstack?: number }): Promise<Twin> {
  const twin = await openTwin({ port: 0, ssh: 'off' });
  for (const kind of ['aws', 'openstack'] as const)
    for (let number = 1; number <= (counts[kind] ?? 0); number++)
      twin.world.addCloud({ name: `${kind}-${number}`, kind, delays: noDelays });
  return twin;
}

/** Everything that stands in the Twin, for comparing and for "nothing left". */
export function standing(twin: Twin): Record<string, Record<string, number>> {
  return Object.fromEntries(
    twin.world
      .clouds()
      .map(cloud => [cloud.name, twin.wires.find(wire => wire.kind === cloud.kind)?.counts(cloud) ?? {}]),
  );
}
export const total = (twin: Twin): number =>
  Object.values(standing(twin)).reduce(
    (sum, counts) => sum + Object.values(counts).reduce((a, b) => a + b, 0),
    0,
  );

const key = randomBytes(32);

/** The frameworks on `store`, as one process has them. */
export async function openFrameworks(store: Store): Promise<Tumblebug> {
  const spider = await openSpider({ store, drivers, key, random: () => 0 });
  const bug = openTumblebug({ store, spider });
  await ensureDefaultNamespace(bug);
  return bug;
}

/** A connection of the cloud's name to each cloud of the Twin, in its first region. */
export async function connect(bug: Tumblebug, twin: Twin): Promise<string[]> {
  const names: string[] = [];
  for (const cloud of twin.world.clouds()) {
    const wire = twin.wires.find(candidate => candidate.kind === cloud.kind);
    const values = wire?.connection(cloud, cloud.regions[0] ?? '', twin.url);
    if (!values) continue;
    const { name, kind: driver } = cloud;
    await createCredential(bug.spider, { name, driver, values: values.credential });
    await createRegion(bug.spider, { name, driver, values: values.region });
    await createConnection(bug.spider, { name, driver, credential: name, region: name });
    names.push(name);
  }
  return names;
}
