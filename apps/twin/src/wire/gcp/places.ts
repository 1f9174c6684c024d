/** Projects, regions and zones, and what a zone has to choose from: machine types, accelerators, disk types. */
import { acceleratorIn, acceleratorsIn, type AcceleratorType } from './accelerator-catalogue.ts';
import { regionOf, type Account } from './account.ts';
import { metadataItems, type Json } from './body.ts';
import { checkFingerprint, link, own, zoneScopes, type Call } from './call.ts';
import { diskTypes, type DiskType } from './disk-type-catalogue.ts';
import { notFound } from './errors.ts';
import { applyKeys } from './instance-keys.ts';
import { aggregatedOf, listOf, shown } from './listing.ts';
import { machineTypeIn, machineTypes, type MachineType } from './machine-type-catalogue.ts';
import { begin } from './operations.ts';
import { projectQuotaList, regionQuotaList } from './quotas.ts';
import { route } from './router.ts';
import { fingerprint, stableId, time } from './text.ts';

const since = Date.parse('2019-01-16T12:00:00Z');

const metadataView = (account: Account): Json => ({
  kind: 'compute#metadata',
  fingerprint: fingerprint(account.metadata),
  ...(account.metadata.length > 0 && { items: account.metadata }),
});

const projectView = (call: Call): Json => ({
  kind: 'compute#project',
  id: stableId(call.account.projectId),
  creationTimestamp: time(call.account.createdAt),
  name: call.account.projectId,
  commonInstanceMetadata: metadataView(call.account),
  quotas: projectQuotaList(call.account),
  defaultServiceAccount: `${call.account.projectNumber}-compute@developer.gserviceaccount.com`,
  defaultNetworkTier: 'PREMIUM',
  xpnProjectStatus: 'UNSPECIFIED_XPN_PROJECT_STATUS',
  vmDnsSetting: 'ZONAL_ONLY',
  selfLink: link(call, `projects/${call.account.projectId}`),
});

const regionView = (call: Call, region: string): Json => ({
  kind: 'compute#region',
  id: stableId(`region/${region}`),
  creationTimestamp: time(since),
  name: region,
  description: region,
  status: 'UP',
  zones: (call.account.zonesOf.get(region) ?? []).map(zone => link(call, own(call, `zones/${zone}`))),
  quotas: regionQuotaList(call.account, region),
  supportsPzs: false,
  selfLink: link(call, own(call, `regions/${region}`)),
});

const zoneView = (call: Call, zone: string): Json => ({
  kind: 'compute#zone',
  id: stableId(`zone/${zone}`),
  creationTimestamp: time(since),
  name: zone,
  description: zone,
  status: 'UP',
  region: link(call, own(call, `regions/${regionOf(zone)}`)),
  availableCpuPlatforms: [
    'Intel Skylake',
    'Intel Broadwell',
    'Intel Cascade Lake',
    'Intel Ice Lake',
    'AMD Rome',
  ],
  supportsPzs: false,
  selfLink: link(call, own(call, `zones/${zone}`)),
});

const typeView = (call: Call, zone: string, type: MachineType): Json => ({
  kind: 'compute#machineType',
  id: stableId(`machineType/${type.name}`).slice(0, 6),
  creationTimestamp: '1969-12-31T16:00:00.000-08:00',
  name: type.name,
  description: type.description,
  guestCpus: type.cpus,
  memoryMb: Math.floor(type.memoryMb),
  imageSpaceGb: 0,
  maximumPersistentDisks: type.shared ? 16 : 128,
  maximumPersistentDisksSizeGb: type.shared ? '3072' : '263168',
  zone,
  isSharedCpu: type.shared,
  architecture: type.arm ? 'ARM64' : 'X86_64',
  ...(type.accelerator && {
    accelerators: [
      { guestAcceleratorType: type.accelerator.type, guestAcceleratorCount: type.accelerator.count },
    ],
  }),
  selfLink: link(call, own(call, `zones/${zone}/machineTypes/${type.name}`)),
});

const acceleratorView = (call: Call, zone: string, type: AcceleratorType): Json => ({
  kind: 'compute#acceleratorType',
  id: stableId(`accelerator/${type.name}`).slice(0, 5),
  creationTimestamp: '1969-12-31T16:00:00.000-08:00',
  name: type.name,
  description: type.description,
  zone: link(call, own(call, `zones/${zone}`)),
  maximumCardsPerInstance: type.most,
  selfLink: link(call, own(call, `zones/${zone}/acceleratorTypes/${type.name}`)),
});

const diskTypeView = (call: Call, zone: string, type: DiskType): Json => ({
  kind: 'compute#diskType',
  creationTimestamp: '1969-12-31T16:00:00.000-08:00',
  name: type.name,
  description: type.description,
  validDiskSize: type.size,
  zone: link(call, own(call, `zones/${zone}`)),
  defaultDiskSizeGb: type.standard,
  selfLink: link(call, own(call, `zones/${zone}/diskTypes/${type.name}`)),
});

const typesIn = (zone: string): MachineType[] =>
  [...machineTypes.values()].filter(type => type.zones?.has(zone) ?? true);

/** list, get and aggregatedList of what each zone has without anybody's making it. */
function zonal<T extends { name: string }>(
  noun: string,
  kind: string,
  all: (zone: string) => readonly T[],
  one: (name: string, zone: string) => T | undefined,
  view: (call: Call, zone: string, each: T) => Json,
) {
  return [
    route(`${noun}.list`, `GET zones/{zone}/${noun}`, call =>
      listOf(
        call,
        kind,
        `zones/${call.zone}/${noun}`,
        shown(all(call.zone).map(each => view(call, call.zone, each))),
      ),
    ),
    route(`${noun}.get`, `GET zones/{zone}/${noun}/{name}`, call => {
      const found = one(call.name, call.zone);
      if (!found) throw notFound(own(call, `zones/${call.zone}/${noun}/${call.name}`));
      return { view: view(call, call.zone, found) };
    }),
    route(`${noun}.aggregatedList`, `GET aggregated/${noun}`, call =>
      aggregatedOf(
        call,
        kind,
        noun,
        zoneScopes(call),
        call.account.zones.flatMap(zone =>
          shown(
            all(zone).map(each => view(call, zone, each)),
            `zones/${zone}`,
          ),
        ),
      ),
    ),
  ];
}

export const placeRoutes = [
  route('projects.get', 'GET /', call => ({ view: projectView(call) })),
  route('projects.setCommonInstanceMetadata', 'POST setCommonInstanceMetadata', call => {
    const { account, body } = call;
    checkFingerprint(body['fingerprint'], fingerprint(account.metadata), 'metadata');
    const items = metadataItems(body, 'metadata');
    return begin(call, {
      type: 'compute.projects.setCommonInstanceMetadata',
      scope: 'global',
      path: '',
      target: { id: stableId(account.projectId) },
      finish() {
        account.metadata = items;
        for (const zone of account.instances.values())
          for (const instance of zone.values()) applyKeys(account, instance);
      },
    });
  }),
  route('regions.list', 'GET regions', call =>
    listOf(call, 'region', 'regions', shown(call.account.regions.map(region => regionView(call, region)))),
  ),
  route('regions.get', 'GET regions/{name}', call => {
    if (!call.account.regions.includes(call.name)) throw notFound(own(call, `regions/${call.name}`));
    return { view: regionView(call, call.name) };
  }),
  route('zones.list', 'GET zones', call =>
    listOf(call, 'zone', 'zones', shown(call.account.zones.map(zone => zoneView(call, zone)))),
  ),
  route('zones.get', 'GET zones/{name}', call => {
    if (!call.account.zones.includes(call.name)) throw notFound(own(call, `zones/${call.name}`));
    return { view: zoneView(call, call.name) };
  }),
  ...zonal('machineTypes', 'machineType', typesIn, machineTypeIn, typeView),
  ...zonal('acceleratorTypes', 'acceleratorType', acceleratorsIn, acceleratorIn, acceleratorView),
  ...zonal(
    'diskTypes',
    'diskType',
    () => diskTypes,
    name => diskTypes.find(each => each.name === name),
    diskTypeView,
  ),
];
