/** The AWS driver before the judge, on Cloud-Twin: with the region's zones left open, and in one zone. */
import assert from 'node:assert/strict';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import { createRoad } from '@cloud-barista/suite/driver/road';
import type { Subject } from '@cloud-barista/suite/driver/subject';
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { driver } from '../src/open.ts';
import { closedPort, startTwin } from './twin.ts';

const timeoutMs = 10_000;

/** An image of Canonical's that t3.micro starts. */
async function someImage(config: CloudConfig): Promise<string> {
  const cloud = await driver.open(config, createRoad(driver, timeoutMs));
  try {
    const { items } = await cloud.images.list(
      { signal: AbortSignal.timeout(timeoutMs), limit: 1000 },
      'ubuntu',
    );
    const image = items.find(image => image.architecture === 'x86_64');
    assert.ok(image, 'the cloud has an Ubuntu image');
    return image.id;
  } finally {
    await cloud.close();
  }
}

const open = (zone: string) => async (): Promise<Subject> => {
  const twin = await startTwin();
  try {
    const cloud = 'suite';
    const { credential, region } = await twin.cloud(cloud, 'ap-northeast-2');
    const config = { credential, region: { ...region, ...(zone !== '' && { zone }) } };
    return {
      driver,
      config,
      image: await someImage(config),
      spec: 't3.micro',
      badCredential: {
        ...config,
        credential: { ...credential, secretAccessKey: 'not-the-secret-access-key' },
      },
      unreachable: {
        ...config,
        region: { ...config.region, endpoint: `http://127.0.0.1:${await closedPort()}` },
      },
      unknownRegion: { ...config, region: { ...region, region: 'mars-north-1' } },
      count: () => twin.count(cloud),
      fault: rule =>
        twin.fault(
          rule && { cloud, operation: rule.api ?? '*', fault: rule.fault, probability: rule.probability },
        ),
      pollMs: 10,
      timeoutMs,
      close: () => twin.close(),
    };
  } catch (error) {
    await twin.close();
    throw error;
  }
};

driverSuite('aws on Cloud-Twin', open(''));
driverSuite('aws on Cloud-Twin, in one zone', open('ap-northeast-2a'));
