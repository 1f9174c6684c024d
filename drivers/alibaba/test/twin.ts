/** For tests: the driver on a Cloud-Twin with one Alibaba Cloud in it. */
import { onTwin } from '@cloud-barista/suite/driver/twin';
import { driver } from '../src/open.ts';

/** `delayMs`: how long its VMs take for each change of state. `zone`: the one that the connection is bound to. */
export const openTwin = (delayMs: number, zone: string) =>
  onTwin(driver, {
    region: 'ap-northeast-2',
    zone,
    delays: delayMs,
    wrong: (config, nowhere) => ({
      badCredential: {
        ...config,
        credential: { ...config.credential, accessKeySecret: 'not-the-access-key-secret' },
      },
      unreachable: { ...config, region: { ...config.region, endpoint: nowhere } },
      unknownRegion: { ...config, region: { ...config.region, region: 'mars-north-1' } },
    }),
  });
