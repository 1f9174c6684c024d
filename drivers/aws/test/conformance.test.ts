/** The AWS driver before the judge, on Cloud-Twin: with the region's zones left open, and in one zone. */
import { driverSuite } from '@cloud-barista/suite/driver/suite';
import { onTwin } from '@cloud-barista/suite/driver/twin';
import { driver } from '../src/open.ts';

const open = (zone: string) =>
  onTwin(driver, {
    region: 'ap-northeast-2',
    zone,
    spec: 't3.micro',
    wrong: (config, nowhere) => ({
      badCredential: {
        ...config,
        credential: { ...config.credential, secretAccessKey: 'not-the-secret-access-key' },
      },
      unreachable: { ...config, region: { ...config.region, endpoint: nowhere } },
      unknownRegion: { ...config, region: { ...config.region, region: 'mars-north-1' } },
    }),
  });

driverSuite('aws on Cloud-Twin', open(''));
driverSuite('aws on Cloud-Twin, in one zone', open('ap-northeast-2a'));
