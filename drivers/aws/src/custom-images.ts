/**
 * AMIs of the account's own. CreateImage makes image and snapshots in one request; its name, unique in the region, keeps a second attempt
 * from making another.
 */
import { together } from '@cloud-barista/driver/concurrency';
import type { Image as Ami, ImageState } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { CloudCustomImage, CustomImages } from '@cloud-barista/driver/custom-images';
import type { Listings } from '@cloud-barista/driver/listing';
import type { CustomImageState } from '@cloud-barista/model/custom-image';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import { volumesOf } from './volumes.ts';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import { readAmi, rootOf } from './images.ts';
import { byToken, marks, tokenIn } from './marks.ts';
import { readInstance } from './vms.ts';

const resource = 'custom-image';
const about = (name: string) => ({ resource, name }) as const;
const self = ['self'];

const states = {
  pending: 'Creating',
  transient: 'Creating',
  available: 'Available',
  deregistered: 'NotExist',
  error: 'Failed',
  failed: 'Failed',
  invalid: 'Failed',
  // Kept by its owner's wish, and no VM starts from it.
  disabled: 'Undefined',
} as const satisfies Record<ImageState, CustomImageState>;

export const toCustomImage = (ami: Ami): CloudCustomImage => ({
  id: cloudId(ami.ImageId ?? ''),
  name: ami.Name ?? '',
  state: ami.State !== undefined && Object.hasOwn(states, ami.State) ? states[ami.State] : 'Undefined',
  sizeGb: rootOf(ami)?.Ebs?.VolumeSize ?? 0,
  created: ami.CreationDate ?? '',
  ...tokenIn(ami),
});

async function describe(ec2: Ec2, call: Call, token?: Token): Promise<Ami[]> {
  const Filters = token === undefined ? [] : [byToken(token)];
  const input = { Owners: self, Filters, MaxResults: 1000 };
  const amis = await ec2.all(call, 'DescribeImages', input, { resource }, out => out.Images);
  return amis.filter(({ State }) => State !== 'deregistered');
}
export const markedAmis = (ec2: Ec2, call: Call, token: Token): Promise<Ami[]> => describe(ec2, call, token);

export function createCustomImages(ec2: Ec2, listings: Listings): CustomImages {
  const read = (call: Call, id: CloudId) => readAmi(ec2, call, id, about(id), self);

  /** Every volume that is attached would be in the image; `NoDevice` leaves those out that are not the root disk. */
  async function withoutDataDisks(call: Call, vm: CloudId) {
    const [{ RootDeviceName }, volumes] = await together([
      readInstance(ec2, call, vm),
      volumesOf(ec2, call, vm),
    ]);
    return volumes
      .flatMap(({ Attachments = [] }) => Attachments)
      .filter(({ InstanceId, Device }) => InstanceId === vm && Device !== RootDeviceName)
      .map(({ Device }) => ({ DeviceName: Device, NoDevice: '' }));
  }

  return {
    async create(call, { name, vm }) {
      const [marked] = call.again ? await markedAmis(ec2, call, call.token) : [];
      if (marked) return toCustomImage(marked);
      const devices = await withoutDataDisks(call, vm);
      const input = {
        InstanceId: vm,
        Name: name,
        NoReboot: true,
        ...(devices.length > 0 && { BlockDeviceMappings: devices }),
        TagSpecifications: marks(name, call.token, 'image', 'snapshot'),
      };
      try {
        const { ImageId = '' } = await ec2.ask(call, 'CreateImage', input, about(name));
        ec2.born(ImageId);
        return toCustomImage(await read(call, cloudId(ImageId)));
      } catch (error) {
        if (!says(error, 'InvalidAMIName.Duplicate')) throw error;
        // Perhaps our own: the road sent it twice.
        const [mine] = await markedAmis(ec2, call, call.token);
        if (mine) return toCustomImage(mine);
        throw error;
      }
    },
    list: call =>
      listings.page('custom images', call, async () => (await describe(ec2, call)).map(toCustomImage)),
    get: async (call, id) => toCustomImage(await read(call, id)),
    /** The snapshots go in the same request; those that another image uses too stay ("DeregisterImage"). */
    async delete(call, id) {
      const input = { ImageId: id, DeleteAssociatedSnapshots: true };
      try {
        const { DeleteSnapshotResults = [] } = await ec2.ask(call, 'DeregisterImage', input, about(id));
        const left = DeleteSnapshotResults.filter(
          ({ ReturnCode }) => ReturnCode !== 'success' && ReturnCode !== 'skipped',
        );
        if (left.length > 0) throw leftover(id, left);
      } catch (error) {
        if (!hasCode(error, 'not_found') && !says(error, 'InvalidAMIID.Unavailable')) throw error;
      }
      ec2.gone(id);
    },
  };
}

function leftover(
  id: CloudId,
  left: { SnapshotId?: string | undefined; ReturnCode?: string | undefined }[],
): BaristaError {
  const words = new Set(left.map(({ ReturnCode }) => ReturnCode));
  const ids = left.map(({ SnapshotId }) => SnapshotId).join(', ');
  return new BaristaError(
    words.has('missing-permissions') ? 'permission_denied' : 'internal',
    `Image ${id} is gone; EC2 could not delete its snapshots ${ids}.`,
    { next: 'Delete these snapshots in the AWS console: they are billed.', cause: [...words].join(', ') },
  );
}
