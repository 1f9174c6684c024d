/** Specs: the machine types of the zone ("machineTypes"). Their names are the same in every zone; which there are differs. */
import type { Call } from '@cloud-barista/driver/call';
import type { Specs } from '@cloud-barista/driver/specs';
import type { Spec } from '@cloud-barista/model/spec';
import type { Api } from './api.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import type { Zones } from './zones.ts';

export interface MachineType {
  name?: string;
  guestCpus?: number;
  memoryMb?: number;
  architecture?: string;
  deprecated?: { state?: string };
  /** Local disks that come with it, priced apart. */
  bundledLocalSsds?: { partitionCount?: number };
  accelerators?: { guestAcceleratorType?: string; guestAcceleratorCount?: number }[];
}
const fields =
  'name,guestCpus,memoryMb,architecture,deprecated/state,accelerators(guestAcceleratorType,guestAcceleratorCount)';

/** Arm families, for answers from before `architecture` was told ("Arm VMs on Compute Engine"). */
const armFamily = /^(t2a|c4a|n4a|a4x)-/;

/** GiB of a GPU where its name does not tell ("GPU machine types"). */
const gpuMemory: Readonly<Record<string, number>> = {
  'nvidia-tesla-a100': 40,
  'nvidia-l4': 24,
  'nvidia-tesla-t4': 16,
  'nvidia-tesla-v100': 16,
  'nvidia-tesla-p100': 16,
  'nvidia-tesla-p4': 8,
  'nvidia-b200': 180,
  'nvidia-gb200': 186,
};

function toGpu(type: string, count: number): Spec['gpus'][number] {
  const [, vendor = '', model = type] = /^(nvidia|amd|google|ct)-(?:tesla-)?(.+)$/.exec(type) ?? [];
  const gb = Number(/-(\d+)gb$/.exec(type)?.[1] ?? gpuMemory[type] ?? 0);
  return { count, vendor: vendor === 'ct' ? 'google' : vendor, model, memoryMib: gb * 1024 };
}

export function toSpec(type: MachineType): Spec {
  const name = type.name ?? '';
  const arm = type.architecture === undefined ? armFamily.test(name) : type.architecture === 'ARM64';
  return {
    id: name,
    name,
    cpu: type.guestCpus ?? 0,
    memoryMib: type.memoryMb ?? 0,
    diskGb: 0,
    architecture: arm ? 'arm64' : 'x86_64',
    gpus: (type.accelerators ?? [])
      .filter(({ guestAcceleratorCount: count = 0 }) => count > 0)
      .map(({ guestAcceleratorType: word = '', guestAcceleratorCount: count = 0 }) => toGpu(word, count)),
  };
}

export const listTypes = (api: Api, { signal }: Call, zone: string, more = ''): Promise<MachineType[]> =>
  api.all<MachineType>(
    'GET projects/{project}/zones/{zone}/machineTypes',
    { resource: 'spec', path: { zone }, query: { fields: `items(${fields}${more}),nextPageToken` } },
    signal,
  );

export function createSpecs(api: Api, zones: Zones, listings: Listings): Specs {
  return {
    list: call =>
      listings.page('specs', call, async () => {
        const types = await listTypes(api, call, await zones.home(call));
        return types.filter(type => type.deprecated?.state === undefined).map(toSpec);
      }),
    async get(call, id) {
      const path = { zone: await zones.home(call), type: id };
      const order = { resource: 'spec', name: id, path, query: { fields } } as const;
      return toSpec(
        await api.send<MachineType>(
          'GET projects/{project}/zones/{zone}/machineTypes/{type}',
          order,
          call.signal,
        ),
      );
    },
  };
}
