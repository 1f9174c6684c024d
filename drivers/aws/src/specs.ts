/** Specs are instance types; their disks are separate (EBS). */
import { together } from '@cloud-barista/driver/concurrency';
import type { InstanceTypeInfo, _InstanceType } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Specs } from '@cloud-barista/driver/specs';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Spec } from '@cloud-barista/model/spec';
import type { Ec2 } from './ec2.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { filter } from './marks.ts';

const resource = 'spec';

export function toSpec(info: InstanceTypeInfo): Spec {
  const words = info.ProcessorInfo?.SupportedArchitectures ?? [];
  return {
    id: info.InstanceType ?? '',
    name: info.InstanceType ?? '',
    cpu: info.VCpuInfo?.DefaultVCpus ?? 0,
    memoryMib: info.MemoryInfo?.SizeInMiB ?? 0,
    diskGb: 0,
    architecture: words.includes('x86_64') ? 'x86_64' : words.includes('arm64') ? 'arm64' : '',
    gpus: (info.GpuInfo?.Gpus ?? []).map(gpu => ({
      count: gpu.Count ?? 1,
      vendor: gpu.Manufacturer ?? '',
      model: gpu.Name ?? '',
      memoryMib: gpu.MemoryInfo?.SizeInMiB ?? 0,
    })),
  };
}

/** Macs run on hosts that are rented by the day and are no place for a VM made on demand. */
const isOnDemand = (info: InstanceTypeInfo) =>
  (info.SupportedUsageClasses ?? ['on-demand']).includes('on-demand') && toSpec(info).architecture !== '';

export function createSpecs(ec2: Ec2, listings: Listings): Specs {
  /** The types that the connection's zone offers; undefined where it fixes no zone. */
  async function offered(call: Call, type?: string): Promise<Set<string | undefined> | undefined> {
    if (ec2.zone === '') return undefined;
    const Filters = [
      filter('location', ec2.zone),
      ...(type === undefined ? [] : [filter('instance-type', type)]),
    ];
    const offerings = await ec2.all(
      call,
      'DescribeInstanceTypeOfferings',
      { LocationType: 'availability-zone', Filters, MaxResults: 1000 },
      { resource },
      out => out.InstanceTypeOfferings,
    );
    return new Set(offerings.map(offering => offering.InstanceType));
  }

  return {
    list: call =>
      listings.page('specs', call, async () => {
        const [infos, here] = await together([
          // At most 100 a page ("DescribeInstanceTypes").
          ec2.all(call, 'DescribeInstanceTypes', { MaxResults: 100 }, { resource }, out => out.InstanceTypes),
          offered(call),
        ]);
        // Types of earlier generations boot few of today's images: whoever wants one names it, nobody is led there.
        return infos
          .filter(info => info.CurrentGeneration !== false)
          .filter(info => isOnDemand(info) && (here?.has(info.InstanceType) ?? true))
          .map(toSpec);
      }),
    async get(call, id) {
      const input = { InstanceTypes: [id as string as _InstanceType] };
      const [{ InstanceTypes = [] }, here] = await together([
        ec2.ask(call, 'DescribeInstanceTypes', input, { resource, name: id }),
        offered(call, id),
      ]);
      const info = InstanceTypes.find(info => isOnDemand(info) && (here?.has(info.InstanceType) ?? true));
      if (!info) throw new BaristaError('not_found', `${ec2.zone || ec2.region} does not offer ${id}.`);
      return toSpec(info);
    },
  };
}
