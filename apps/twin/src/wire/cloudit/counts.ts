/** Ground truth of a tenant: what stands in it, without what every tenant has by itself and what goes with its server. */
import type { Site } from './site.ts';

export function countSites(sites: Iterable<Site>) {
  const counts = {
    subnets: 0,
    securityGroups: 0,
    servers: 0,
    adaptiveIps: 0,
    volumes: 0,
    snapshots: 0,
    templates: 0,
  };
  for (const site of sites) {
    for (const { given } of site.subnets.values()) if (!given) counts.subnets++;
    for (const { given } of site.groups.values()) if (!given) counts.securityGroups++;
    counts.servers += site.servers.size;
    counts.adaptiveIps += site.adaptiveIps.size;
    for (const { bootable, state } of site.volumes.values())
      if (!bootable && state !== 'DELETING') counts.volumes++;
    for (const { state } of site.snapshots.values()) if (state !== 'DELETING') counts.snapshots++;
    for (const { given, state } of site.templates.values())
      if (!given && state !== 'DELETING') counts.templates++;
  }
  return counts;
}
