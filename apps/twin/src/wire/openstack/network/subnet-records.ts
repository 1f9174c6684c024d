/** Taking a subnet out of its network; the callers have seen that nothing holds it. */
import type { Subnet } from '../records.ts';
import type { Site } from '../site.ts';

export function removeSubnet(site: Site, subnet: Subnet): void {
  const { subnets } = subnet.network;
  const at = subnets.indexOf(subnet);
  if (at >= 0) subnets.splice(at, 1);
  site.subnets.delete(subnet.id);
}
