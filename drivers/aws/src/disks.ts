/** Data disks are EBS volumes (volumes.ts). What the kinds may be: disk-types.ts; where one is attached: disk-attach.ts. */
import { createShared } from '@cloud-barista/driver/shared';
import type { CreateVolumeCommandInput, VolumeType } from '@aws-sdk/client-ec2';
import type { Disks } from '@cloud-barista/driver/disks';
import type { Listings } from '@cloud-barista/driver/listing';
import { BaristaError } from '@cloud-barista/model/errors';
import { diskTypes, iops } from './disk-types.ts';
import { attach, detach } from './disk-attach.ts';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import { filter, marks } from './marks.ts';
import { readZones } from './regions.ts';
import { describeVolumes, isInstances, markedVolumes, readVolume, toDisk } from './volumes.ts';

const resource = 'disk';
const about = (name: string) => ({ resource, name }) as const;

export function createDisks(ec2: Ec2, listings: Listings): Disks {
  /** EC2 chooses no zone for a volume. */
  const someZone = createShared(3_600_000, async (region, signal) => {
    const zones = await readZones(ec2, { signal });
    const names = zones
      .filter(zone => zone.State === 'available' && zone.ZoneType === 'availability-zone')
      .map(zone => zone.ZoneName ?? '');
    const [first] = names.sort();
    if (first !== undefined) return first;
    throw new BaristaError('failed_precondition', `No zone of ${region} is available to make a disk in.`, {
      next: 'Name a zone, or try again later.',
      where: 'zone',
    });
  });

  const claimed = new Set<string>();
  return {
    async create(call, { name, sizeGb, type, zone }) {
      const [marked] = call.again ? await markedVolumes(ec2, call, call.token) : [];
      if (marked) return toDisk(marked);
      const kind = type || (diskTypes[0]?.type ?? '');
      const input: CreateVolumeCommandInput = {
        ClientToken: call.token,
        AvailabilityZone: zone || ec2.zone || (await someZone.get(ec2.region, call.signal)),
        Size: sizeGb,
        VolumeType: kind as VolumeType,
        ...iops(kind, sizeGb),
        TagSpecifications: marks(name, call.token, 'volume'),
      };
      const volume = await ec2.ask(call, 'CreateVolume', input, about(name));
      ec2.born(volume.VolumeId ?? '');
      return toDisk(volume);
    },
    list: call =>
      listings.page('disks', call, async () => {
        const here = ec2.zone === '' ? [] : [filter('availability-zone', ec2.zone)];
        const volumes = await describeVolumes(ec2, call, ...here);
        return volumes.filter(volume => !isInstances(volume)).map(toDisk);
      }),
    get: async (call, id) => toDisk(await readVolume(ec2, call, id)),
    async delete(call, id) {
      try {
        await ec2.ask(call, 'DeleteVolume', { VolumeId: id }, about(id));
      } catch (error) {
        if (!says(error, 'InvalidVolume.NotFound', 'InvalidVolumeID.Malformed')) throw error;
      }
      // Not before: what EC2 does not know yet would pass for deleted.
      ec2.gone(id);
    },
    attach: (call, id, vm) => attach(ec2, call, id, vm, claimed),
    detach: (call, id, vm) => detach(ec2, call, id, vm),
    async resize(call, id, sizeGb) {
      try {
        await ec2.ask(call, 'ModifyVolume', { VolumeId: id, Size: sizeGb }, about(id));
      } catch (error) {
        // EC2 makes one change at a time, and few a day. Perhaps the last was this very one: the road sent it twice.
        if (!says(error, 'IncorrectModificationState', 'VolumeModificationRateExceeded')) throw error;
        const input = { VolumeIds: [id] };
        const { VolumesModifications: [last] = [] } = await ec2.ask(
          call,
          'DescribeVolumesModifications',
          input,
          about(id),
        );
        if (last?.TargetSize !== sizeGb || last.ModificationState === 'failed') throw error;
      }
    },
  };
}
