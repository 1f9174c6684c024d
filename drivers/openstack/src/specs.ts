/** Specs by Nova's flavors (Compute API, "List Flavors With Details", "Show Flavor Details"). */
import { orAbsent } from '@cloud-barista/driver/errors';
import { createShared } from '@cloud-barista/driver/shared';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import type { Spec } from '@cloud-barista/model/spec';
import type { Call, PageCall } from '@cloud-barista/driver/call';
import type { Specs } from '@cloud-barista/driver/specs';
import { all, pageOf, type Api, type Listing } from './api.ts';
import { isUuid } from './images.ts';

export interface Flavor {
  id: string;
  name: string;
  vcpus: number;
  /** MiB. */
  ram: number;
  /** GiB; 0: as large as the image. */
  disk: number;
  'OS-FLV-DISABLED:disabled'?: boolean;
  extra_specs?: Record<string, string>;
}

/**
 * Microversion 2.61 (Rocky, 2018) puts a flavor's extra specs, and with them its GPUs, into lists. A cloud before it
 * answers 406, and is then asked without. Servers stay on 2.1: from 2.47 on they no longer carry their flavor's id.
 */
const versionHeaders = { 'openstack-api-version': 'compute 2.61' };

export interface FlavorBook extends Specs {
  /** The id of the flavor that `ref`, an id or a name, stands for. Remembered, for a create needs it every time. */
  resolve(call: Call, ref: string): Promise<string>;
}

export function createSpecs(api: Api): FlavorBook {
  let headers: Record<string, string> | undefined = versionHeaders;
  const ids = createShared(10 * 60_000, async (ref, signal) => (await find({ signal }, ref)).id);

  async function versioned<T>(ask: (headers: Record<string, string>) => Promise<T>): Promise<T> {
    try {
      return await ask(headers ?? {});
    } catch (error) {
      if (headers === undefined || !hasCode(error, 'unimplemented')) throw error;
      headers = undefined;
      return await ask({});
    }
  }

  // Flavors are tens, their ids any words whose order depends on the database: read whole, ordered here.
  const flavors = (signal: AbortSignal): Promise<Flavor[]> =>
    versioned(h => all(api, { ...listing, headers: h }, signal)).then(list =>
      list.filter(flavor => flavor['OS-FLV-DISABLED:disabled'] !== true),
    );

  async function find({ signal }: Call, ref: string): Promise<Flavor> {
    const order = { resource: 'spec', name: ref, path: { id: ref } } as const;
    const byId = await orAbsent(
      versioned(h =>
        api.send<{ flavor: Flavor }>('compute', 'GET /flavors/{id}', { ...order, headers: h }, signal),
      ),
    );
    if (byId) return byId.flavor;
    const list = await flavors(signal);
    const byName = list.find(flavor => flavor.name === ref);
    if (byName) return byName;
    throw new BaristaError('not_found', `OpenStack has no flavor ${JSON.stringify(ref)}.`, {
      next: suggest(
        ref,
        list.map(flavor => flavor.name),
        'List the specs of this connection.',
      ),
      where: 'spec',
    });
  }

  return {
    async list(call: PageCall) {
      return pageOf((await flavors(call.signal)).map(readFlavor), spec => spec.id, call);
    },
    async get(call: Call, id: CloudId) {
      return readFlavor(await find(call, id));
    },
    // A UUID can only be an id; other ids are words, as names are.
    resolve: (call, ref) => (isUuid(ref) ? Promise.resolve(ref) : ids.get(ref, call.signal)),
  };
}

const listing: Listing<Flavor> = {
  service: 'compute',
  call: 'GET /flavors/detail',
  resource: 'spec',
  key: 'flavors',
  id: flavor => flavor.id,
};

const gpuWords = /gpu|nvidia|tesla|quadro|grid|radeon|instinct|\b[ahlptv]\d{1,3}\b/i;

/** GPUs by PCI alias (`pci_passthrough:alias = a100:2,nic:1`) or as shares of one (`resources:VGPU = 1`). */
function readGpus(extra: Record<string, string>): Spec['gpus'] {
  const gpus: Spec['gpus'] = [];
  for (const entry of (extra['pci_passthrough:alias'] ?? '').split(',')) {
    const [model = '', count = '1'] = entry.trim().split(':');
    // An alias may as well be a network card: only what is named like a GPU counts.
    if (!gpuWords.test(model)) continue;
    const vendor = /radeon|instinct|amd|\bmi\d/i.test(model) ? 'amd' : 'nvidia';
    gpus.push({ count: Number(count) || 1, vendor, model, memoryMib: 0 });
  }
  const shares = Number(extra['resources:VGPU'] ?? 0);
  if (shares > 0) gpus.push({ count: shares, vendor: '', model: 'VGPU', memoryMib: 0 });
  return gpus;
}

export function readFlavor(flavor: Flavor): Spec {
  const extra = flavor.extra_specs ?? {};
  const architecture = extra['capabilities:cpu_info:arch'] ?? extra['hw:architecture'] ?? '';
  return {
    id: flavor.id,
    name: flavor.name,
    cpu: flavor.vcpus,
    memoryMib: flavor.ram,
    diskGb: flavor.disk,
    architecture: /x86_64/.test(architecture) ? 'x86_64' : /aarch64/.test(architecture) ? 'arm64' : '',
    gpus: readGpus(extra),
  };
}
