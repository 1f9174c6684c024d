/** Ground truth of a project, without what every project has by itself. */
import { isGiven, type Account } from './account.ts';

const size = (places: ReadonlyMap<string, ReadonlyMap<string, unknown>>): number => {
  let sum = 0;
  for (const place of places.values()) sum += place.size;
  return sum;
};

export function countAll(account: Account): Record<string, number> {
  let [networks, subnetworks, firewalls] = [0, 0, 0];
  for (const network of account.networks.values()) {
    if (!isGiven(account, network)) networks++;
    for (const subnet of network.subnets.values()) if (!subnet.auto) subnetworks++;
  }
  for (const rule of account.firewalls.values()) if (!isGiven(account, rule)) firewalls++;
  return {
    networks,
    subnetworks,
    firewalls,
    addresses: account.addresses.size,
    disks: size(account.disks),
    instances: size(account.instances),
    images: account.images.size,
    snapshots: account.snapshots.size,
    machineImages: account.machineImages.size,
    metadataItems: account.metadata.length,
  };
}
