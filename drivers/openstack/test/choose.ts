/** For tests: what a VM is made with in a cloud not known before, and an address where nobody answers. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import { bySize } from '@cloud-barista/model/spec';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { driver } from '../src/open.ts';

/** The image to start from, and the least spec that it fits on; or those of the names `wanted`. */
export async function choose(
  config: CloudConfig,
  timeoutMs = 10_000,
  wanted: { image?: string | undefined; spec?: string | undefined } = {},
): Promise<{ image: string; spec: string }> {
  const cloud = await driver.open(config, createRoad(driver, timeoutMs));
  const call = { signal: AbortSignal.timeout(timeoutMs), limit: 1000 };
  const [images, specs] = await Promise.all([cloud.images.list(call), cloud.specs.list(call)]);
  await cloud.close();
  const image =
    wanted.image === undefined
      ? (images.items.find(one => one.os === 'ubuntu') ?? images.items[0])
      : images.items.find(one => one.name === wanted.image);
  const [spec] = specs.items
    .filter(({ diskGb, name }) =>
      wanted.spec === undefined ? diskGb === 0 || diskGb >= (image?.minDiskGb ?? 0) : name === wanted.spec,
    )
    .sort(bySize);
  assert.ok(image && spec, 'the cloud has such images and specs');
  return { image: image.id, spec: spec.id };
}

/** A port on which nothing listens: one that was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
