/** All routes of upstream's API, in the order of its parts. */
import { apiPageRoutes } from './api-page.ts';
import { connectionRoutes } from './connections.ts';
import { countRoutes } from './counts.ts';
import { credentialRoutes } from './credentials.ts';
import { destroyRoutes } from './destroy.ts';
import { diskRoutes } from './disks.ts';
import { driverRoutes } from './drivers.ts';
import { infoRoutes } from './info.ts';
import { inventoryRoutes } from './inventory.ts';
import { keyPairRoutes } from './key-pairs.ts';
import { myImageRoutes } from './my-images.ts';
import { offerRoutes } from './offers.ts';
import { placeRoutes } from './places.ts';
import { publicIpRoutes } from './public-ips.ts';
import { regionRoutes } from './regions.ts';
import type { SpiderRoute } from './route.ts';
import { securityGroupRoutes } from './security-groups.ts';
import { sshRoutes } from './ssh.ts';
import { tagRoutes } from './tags.ts';
import { unservedRoutes } from './unserved.ts';
import { vmRoutes } from './vms.ts';
import { vpcRoutes } from './vpcs.ts';

/** By the heading that docs/compatibility.md gives them. */
export const served: Readonly<Record<string, readonly SpiderRoute[]>> = {
  'The server': [...infoRoutes, ...apiPageRoutes(() => routes)],
  Drivers: driverRoutes,
  Credentials: credentialRoutes,
  Regions: regionRoutes,
  Connections: connectionRoutes,
  'Images and specs': offerRoutes,
  'VPCs and subnets': vpcRoutes,
  'Security groups': securityGroupRoutes,
  'Key pairs': keyPairRoutes,
  VMs: vmRoutes,
  Disks: diskRoutes,
  'Images of VMs': myImageRoutes,
  'Public addresses': publicIpRoutes,
  Tags: tagRoutes,
  'Regions, zones, prices': placeRoutes,
  'Ours and the cloud’s': [...inventoryRoutes, ...destroyRoutes],
  Counts: countRoutes,
  SSH: sshRoutes,
};
const servedRoutes: readonly SpiderRoute[] = Object.values(served).flat();
export const routes: readonly SpiderRoute[] = [...servedRoutes, ...unservedRoutes];
