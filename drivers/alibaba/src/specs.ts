/** Specs are instance types; their disks are separate. DescribeInstanceTypes tells what they are, DescribeAvailableResource which are sold here. */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { Specs } from '@cloud-barista/driver/specs';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Spec } from '@cloud-barista/model/spec';
import type { Api, Parameters } from './api.ts';
import type { Listings } from '@cloud-barista/driver/listing';

const resource = 'spec';

export interface InstanceType {
  InstanceTypeId?: string;
  CpuCoreCount?: number;
  /** GiB. */
  MemorySize?: number;
  /** X86 or ARM. */
  CpuArchitecture?: string;
  GPUAmount?: number;
  /** e.g. "NVIDIA V100". */
  GPUSpec?: string;
  /** GiB, of one. */
  GPUMemorySize?: number;
}
interface Types {
  InstanceTypes?: { InstanceType?: InstanceType[] };
  NextToken?: string;
}
interface Available {
  AvailableZones?: {
    AvailableZone?: {
      ZoneId?: string;
      AvailableResources?: {
        AvailableResource?: {
          Type?: string;
          SupportedResources?: { SupportedResource?: { Value?: string; Status?: string }[] };
        }[];
      };
    }[];
  };
}

function gpusOf({ GPUAmount = 0, GPUSpec = '', GPUMemorySize = 0 }: InstanceType): Spec['gpus'] {
  if (GPUAmount < 1) return [];
  // "NVIDIA V100", "AMD S7150", and "NVIDIA T4*1/2" for parts of one.
  const [, vendor = '', model = ''] = /^(NVIDIA|AMD|Intel)?\s*(.*)$/i.exec(GPUSpec.trim()) ?? [];
  return [
    { count: Math.max(1, Math.trunc(GPUAmount)), vendor, model, memoryMib: Math.round(GPUMemorySize * 1024) },
  ];
}

export function toSpec(type: InstanceType): Spec {
  const id = type.InstanceTypeId ?? '';
  const word = type.CpuArchitecture?.toUpperCase() ?? 'X86';
  return {
    id,
    name: id,
    cpu: type.CpuCoreCount ?? 0,
    memoryMib: Math.round((type.MemorySize ?? 0) * 1024),
    diskGb: 0,
    architecture: word === 'ARM' ? 'arm64' : word === 'X86' ? 'x86_64' : '',
    gpus: gpusOf(type),
  };
}

export function createSpecs(api: Api, listings: Listings): Specs {
  async function types(call: Call, parameters: Parameters): Promise<InstanceType[]> {
    const found: InstanceType[] = [];
    let NextToken: string | undefined;
    do {
      // At most 100 a page ("DescribeInstanceTypes").
      const page = { MaxResults: 100, NextToken, ...parameters };
      const answer = await api.ask<Types>(call, 'ecs', 'DescribeInstanceTypes', page, { resource });
      found.push(...(answer.InstanceTypes?.InstanceType ?? []));
      NextToken = answer.NextToken || undefined;
    } while (NextToken !== undefined);
    return found;
  }

  /** What the region – or the connection's zone – sells by the hour now. */
  async function sold(call: Call, InstanceType?: string): Promise<Set<string>> {
    const { AvailableZones } = await api.ask<Available>(
      call,
      'ecs',
      'DescribeAvailableResource',
      {
        DestinationResource: 'InstanceType',
        InstanceChargeType: 'PostPaid',
        IoOptimized: 'optimized',
        ZoneId: api.zone || undefined,
        InstanceType,
      },
      { resource },
    );
    return new Set(
      (AvailableZones?.AvailableZone ?? [])
        .filter(zone => api.zone === '' || zone.ZoneId === api.zone)
        .flatMap(zone => zone.AvailableResources?.AvailableResource ?? [])
        .filter(one => (one.Type ?? 'InstanceType') === 'InstanceType')
        .flatMap(one => one.SupportedResources?.SupportedResource ?? [])
        .filter(one => one.Status !== 'SoldOut')
        .map(one => one.Value ?? ''),
    );
  }

  return {
    list: call =>
      listings.page('specs', call, async () => {
        const [all, here] = await together([types(call, {}), sold(call)]);
        const found = new Map(all.map(type => [type.InstanceTypeId, toSpec(type)]));
        return [...found.values()].filter(spec => here.has(spec.id) && spec.cpu >= 1);
      }),
    async get(call, id) {
      const [all, here] = await together([types(call, { InstanceTypes: [id] }), sold(call, id)]);
      const type = all.find(one => one.InstanceTypeId === id);
      if (!type || !here.has(id))
        throw new BaristaError('not_found', `${api.zone || api.region} does not offer ${id}.`);
      return toSpec(type);
    },
  };
}
