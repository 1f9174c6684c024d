/** For tests: the driver on a Cloud-Twin with one Cloudit in it, whose VMs answer SSH: the driver brings keys over it. */
import { onTwin } from '@cloud-barista/suite/driver/twin';
import { driver } from '../src/open.ts';

/** `delayMs`: how long its VMs take for each change of state. */
export const openTwin = (delayMs: number) =>
  onTwin(driver, {
    delays: delayMs,
    ssh: true,
    // Keys are put in place by a command in a sandbox of the VM's own: that takes a moment on a busy machine.
    timeoutMs: 20_000,
    wrong: (config, nowhere) => ({
      badCredential: {
        ...config,
        credential: { ...config.credential, authToken: 'not-the-token-of-this-tenant' },
      },
      unreachable: { ...config, region: { ...config.region, endpoint: nowhere } },
    }),
  });
