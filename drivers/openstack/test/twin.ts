/** For tests: the driver on a Cloud-Twin with one OpenStack in it. */
import { onTwin } from '@cloud-barista/suite/driver/twin';
import { driver } from '../src/open.ts';

/** `delayMs`: how long its VMs take for each change of state. */
export const openTwin = (delayMs: number) =>
  onTwin(driver, {
    delays: delayMs,
    wrong: ({ credential, region }, nowhere) => ({
      badCredential: { region, credential: { ...credential, password: 'not-the-password' } },
      unreachable: {
        credential: { ...credential, authUrl: `${nowhere}/v3` },
        region: { ...region, ...(region['endpoint'] !== undefined && { endpoint: `${nowhere}/v3` }) },
      },
      unknownRegion: { credential, region: { ...region, region: 'Nowhere' } },
    }),
  });
