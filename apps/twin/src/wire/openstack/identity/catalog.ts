/** The service catalog: where each service of each region stands. Source: Identity API v3, "Service catalog and endpoints". */
import type { Account } from '../account.ts';
import { stableHex } from '../text.ts';

const offers = [
  { type: 'identity', name: 'keystone', path: () => '/identity/v3' },
  { type: 'compute', name: 'nova', path: (region: string) => `/${region}/compute/v2.1` },
  { type: 'network', name: 'neutron', path: (region: string) => `/${region}/network` },
  { type: 'image', name: 'glance', path: (region: string) => `/${region}/image` },
  // Cinder stands twice: under the name that clients have looked for since its third version, and under the official one.
  ...['volumev3', 'block-storage'].map(type => ({
    type,
    name: 'cinderv3',
    path: (region: string, project: string) => `/${region}/volume/v3/${project}`,
  })),
] as const;
const interfaces = ['public', 'internal', 'admin'] as const;

export const serviceList = (account: Account) =>
  offers.map(({ type, name }) => ({
    id: stableHex(`${account.cloud.name}/service/${type}`),
    type,
    name,
    enabled: true,
    description: '',
  }));

export const endpointList = (account: Account, root: string) =>
  offers.flatMap(({ type, path }) =>
    account.cloud.regions.flatMap(region =>
      interfaces.map(each => ({
        id: stableHex(`${account.cloud.name}/endpoint/${type}/${region}/${each}`),
        service_id: stableHex(`${account.cloud.name}/service/${type}`),
        interface: each,
        region,
        region_id: region,
        enabled: true,
        url: `${root}${path(encodeURIComponent(region), account.projectId)}`,
      })),
    ),
  );

export function catalog(account: Account, root: string) {
  const endpoints = endpointList(account, root);
  return serviceList(account).map(({ id: service, type, name }) => ({
    id: service,
    type,
    name,
    endpoints: endpoints
      .filter(endpoint => endpoint.service_id === service)
      .map(({ id, interface: each, region, region_id, url }) => ({
        id,
        interface: each,
        region,
        region_id,
        url,
      })),
  }));
}
