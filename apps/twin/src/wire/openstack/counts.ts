/** Ground truth of a project: what stands in all of its regions, without what every project has by itself. */
import type { Site } from './site.ts';

export function countSites(sites: Iterable<Site>) {
  const counts = {
    networks: 0,
    subnets: 0,
    routers: 0,
    ports: 0,
    securityGroups: 0,
    keyPairs: 0,
    servers: 0,
    floatingIps: 0,
    images: 0,
    volumes: 0,
    snapshots: 0,
  };
  for (const site of sites) {
    counts.networks += site.networks.size - 1;
    counts.subnets += site.subnets.size - 1;
    counts.routers += site.routers.size;
    for (const port of site.ports.values()) if (!port.auto) counts.ports++;
    counts.securityGroups += site.groups.size - 1;
    counts.keyPairs += site.keyPairs.size;
    counts.servers += site.servers.size - site.ended.length;
    counts.floatingIps += site.floatingIps.size;
    // What goes with its server, or is on its way out, is nobody's to clean up.
    for (const { state, attachment } of site.volumes.values())
      if (state !== 'deleting' && !attachment?.deleteOnTermination) counts.volumes++;
    for (const { state } of site.snapshots.values()) if (state !== 'deleting') counts.snapshots++;
    for (const image of site.images.values()) if (!image.given) counts.images++;
  }
  return counts;
}
