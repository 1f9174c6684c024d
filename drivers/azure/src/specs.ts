/**
 * Specs are VM sizes, by the list of SKUs ("Resource Skus - List"): the only one that tells capabilities, zones and what the subscription
 * may not use. It is of megabytes, so it is kept for a while. Disks are separate; what a size has is a temporary one.
 */
import { createShared } from '@cloud-barista/driver/shared';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import type { Spec } from '@cloud-barista/model/spec';
import type { Call, PageCall } from '@cloud-barista/driver/call';
import type { Specs } from '@cloud-barista/driver/specs';
import { same, versions, type Arm } from './arm.ts';
import { pageOf } from './pages.ts';
import { locationOf } from './settings.ts';

const keepMs = 10 * 60_000;

export interface Sku {
  resourceType?: string;
  name?: string;
  family?: string;
  locations?: string[];
  locationInfo?: { location?: string; zones?: string[] }[];
  capabilities?: { name?: string; value?: string }[];
  restrictions?: { type?: string; restrictionInfo?: { locations?: string[]; zones?: string[] } }[];
}

/** Azure tells how many GPUs and not which: the size's family says it ("GPU accelerated sizes"). Memory of one, in MiB. */
const gpuModels = [
  { family: /T4/, vendor: 'NVIDIA', model: 'T4', memoryMib: 16_384 },
  { family: /H200/, vendor: 'NVIDIA', model: 'H200', memoryMib: 144_384 },
  { family: /H100|NDv5|NCads_H100/, vendor: 'NVIDIA', model: 'H100', memoryMib: 81_920 },
  { family: /NDasrA?v4|NDasv4|ND96asr/, vendor: 'NVIDIA', model: 'A100', memoryMib: 40_960 },
  { family: /A100/, vendor: 'NVIDIA', model: 'A100', memoryMib: 81_920 },
  { family: /A10/, vendor: 'NVIDIA', model: 'A10', memoryMib: 24_576 },
  { family: /MI300X/, vendor: 'AMD', model: 'MI300X', memoryMib: 196_608 },
  { family: /NVSv4|NVv4/, vendor: 'AMD', model: 'MI25', memoryMib: 16_384 },
  { family: /NCSv3|NCv3|NDv2|NDSv2/i, vendor: 'NVIDIA', model: 'V100', memoryMib: 16_384 },
  { family: /NVSv2|NVSv3|NVv3/i, vendor: 'NVIDIA', model: 'M60', memoryMib: 8192 },
] as const;

export function toSpec({ name = '', family = '', capabilities = [] }: Sku): Spec {
  const value = (key: string) =>
    capabilities.find(one => one.name !== undefined && same(one.name, key))?.value ?? '';
  const count = Math.ceil(Number(value('GPUs')) || 0);
  const gpu = gpuModels.find(({ family: pattern }) => pattern.test(name) || pattern.test(family));
  const processor = value('CpuArchitectureType').toLowerCase();
  return {
    id: name,
    name,
    cpu: Number(value('vCPUs')) || 0,
    memoryMib: Math.round((Number(value('MemoryGB')) || 0) * 1024),
    diskGb: 0,
    architecture: processor === 'arm64' ? 'arm64' : 'x86_64',
    gpus:
      count === 0
        ? []
        : [{ count, vendor: gpu?.vendor ?? '', model: gpu?.model ?? '', memoryMib: gpu?.memoryMib ?? 0 }],
  };
}

/** Whether the subscription may use the size in the location, and in the zone where one is set. */
export function isOffered(sku: Sku, location: string, zone: string): boolean {
  const isHere = (text: string | undefined) => text !== undefined && locationOf(text) === location;
  if (sku.resourceType === undefined || !same(sku.resourceType, 'virtualMachines')) return false;
  if (!(sku.locations ?? []).some(isHere)) return false;
  const barred = (sku.restrictions ?? []).map(({ type = '', restrictionInfo }) =>
    same(type, 'Zone')
      ? zone !== '' && (restrictionInfo?.zones ?? []).includes(zone)
      : same(type, 'Location'),
  );
  if (barred.includes(true)) return false;
  const zones = sku.locationInfo?.find(info => isHere(info.location))?.zones ?? [];
  return zone === '' || zones.includes(zone);
}

export function createSpecs(arm: Arm): Specs {
  const { subscriptionId, location, zone } = arm.settings;
  const shared = createShared(keepMs, async (_, signal) => {
    const skus = await arm.all<Sku>(
      { signal },
      {
        api: 'ResourceSkus_List',
        resource: 'spec',
        path: `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.Compute/skus`,
        version: versions.skus,
        query: { $filter: `location eq '${location}'` },
      },
    );
    const specs = skus.filter(sku => isOffered(sku, location, zone)).map(toSpec);
    return specs.filter(spec => spec.cpu >= 1 && spec.memoryMib >= 1);
  });

  return {
    list: async (call: PageCall) => pageOf(await shared.get('', call.signal), call),
    async get(call: Call, id: CloudId) {
      const specs = await shared.get('', call.signal);
      const spec = specs.find(spec => same(spec.id, id));
      if (spec) return spec;
      const ids = specs.map(spec => spec.id);
      throw new BaristaError(
        'not_found',
        `${location}${zone && ` zone ${zone}`} does not offer ${id.slice(0, 100)}.`,
        {
          next: suggest(id, ids, 'List the specs of this connection.'),
        },
      );
    },
  };
}
