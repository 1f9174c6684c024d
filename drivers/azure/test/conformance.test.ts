/** The Azure driver before the judge, on Cloud-Twin: without a zone, and in one zone. */
import assert from 'node:assert/strict';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import { bySize } from '@cloud-barista/model/spec';
import { createRoad } from '@cloud-barista/suite/driver/road';
import type { Subject } from '@cloud-barista/suite/driver/subject';
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { driver } from '../src/open.ts';
import { closedPort, startTwin } from './twin.ts';

const timeoutMs = 10_000;

/** An Ubuntu image, and the least size that starts it. */
async function choose(config: CloudConfig): Promise<{ image: string; spec: string }> {
  const cloud = await driver.open(config, createRoad(driver, timeoutMs));
  try {
    const call = { signal: AbortSignal.timeout(timeoutMs), limit: 1000 };
    const [images, specs] = await Promise.all([cloud.images.list(call, 'ubuntu'), cloud.specs.list(call)]);
    const image = images.items.find(image => image.architecture === 'x86_64');
    const [spec] = specs.items.filter(spec => spec.architecture === 'x86_64').sort(bySize);
    assert.ok(image && spec, 'the cloud has an Ubuntu image and sizes');
    return { image: image.id, spec: spec.id };
  } finally {
    await cloud.close();
  }
}

const open = (zone: string) => async (): Promise<Subject> => {
  const twin = await startTwin();
  try {
    const name = 'judged';
    const { credential, region } = await twin.cloud(name, 'koreacentral', 20);
    const config = { credential, region: { ...region, ...(zone !== '' && { zone }) } };
    const nowhere = `http://127.0.0.1:${await closedPort()}`;
    return {
      driver,
      config,
      ...(await choose(config)),
      badCredential: { ...config, credential: { ...credential, clientSecret: 'not-the-client-secret' } },
      unreachable: { ...config, region: { ...config.region, endpoint: nowhere, authority: nowhere } },
      unknownRegion: { ...config, region: { ...config.region, region: 'marsnorth' } },
      count: () => twin.count(name),
      fault: rule => twin.fault(name, rule),
      pollMs: 5,
      timeoutMs,
      close: () => twin.close(),
    };
  } catch (error) {
    await twin.close();
    throw error;
  }
};

driverSuite('azure on Cloud-Twin', open(''));
driverSuite('azure on Cloud-Twin, in one zone', open('1'));
