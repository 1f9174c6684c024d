/** All methods, by the path that each stands at. */
import { addressRoutes } from './addresses.ts';
import { diskRoutes } from './disks.ts';
import { firewallRoutes } from './firewalls.ts';
import { imageRoutes } from './images.ts';
import { instanceAccessRoutes } from './instance-access.ts';
import { instanceActionRoutes } from './instance-actions.ts';
import { instanceAttachmentRoutes } from './instance-attachments.ts';
import { instanceRoutes } from './instances.ts';
import { machineImageRoutes } from './machine-images.ts';
import { networkRoutes } from './networks.ts';
import { operationRoutes } from './operations.ts';
import { placeRoutes } from './places.ts';
import type { Route } from './router.ts';
import { snapshotRoutes } from './snapshots.ts';
import { subnetworkRoutes } from './subnetworks.ts';

export const routes: readonly Route[] = [
  ...placeRoutes,
  ...imageRoutes,
  ...networkRoutes,
  ...subnetworkRoutes,
  ...firewallRoutes,
  ...addressRoutes,
  ...diskRoutes,
  ...snapshotRoutes,
  ...machineImageRoutes,
  ...instanceRoutes,
  ...instanceActionRoutes,
  ...instanceAttachmentRoutes,
  ...instanceAccessRoutes,
  ...operationRoutes,
];
