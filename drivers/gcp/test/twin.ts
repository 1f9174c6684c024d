/** For tests: the driver on a Cloud-Twin with one Google Cloud in it. */
import { generateKeyPairSync } from 'node:crypto';
import { onTwin } from '@cloud-barista/suite/driver/twin';
import { driver } from '../src/open.ts';

/** `delayMs`: how long its VMs take for each change of state. `zone`: the one that the connection is bound to. */
export const openTwin = (delayMs: number, zone: string) =>
  onTwin(driver, {
    region: 'asia-northeast3',
    zone,
    delays: delayMs,
    wrong: (config, nowhere) => {
      const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
      const privateKey = other.export({ type: 'pkcs8', format: 'pem' }) as string;
      return {
        badCredential: { ...config, credential: { ...config.credential, privateKey } },
        unreachable: { ...config, region: { ...config.region, endpoint: nowhere, tokenUri: nowhere } },
        unknownRegion: { ...config, region: { ...config.region, region: 'mars-north1' } },
      };
    },
  });
