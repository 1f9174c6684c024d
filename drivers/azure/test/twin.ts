/** For tests: the driver on a Cloud-Twin with one Azure in it. */
import { onTwin } from '@cloud-barista/suite/driver/twin';
import { driver } from '../src/open.ts';

export const region = 'koreacentral';
/** Networks are made and deleted at once: a wait of Azure's is a second at least (Retry-After), for each of hundreds. */
export const delays = { create: 0, start: 20, stop: 20, reboot: 20, terminate: 20 };

/** `zone`: the one that the connection is bound to. */
export const openTwin = (zone: string) =>
  onTwin(driver, {
    region,
    zone,
    delays,
    wrong: (config, nowhere) => ({
      badCredential: {
        ...config,
        credential: { ...config.credential, clientSecret: 'not-the-client-secret' },
      },
      unreachable: { ...config, region: { ...config.region, endpoint: nowhere, authority: nowhere } },
      unknownRegion: { ...config, region: { ...config.region, region: 'marsnorth' } },
    }),
  });
