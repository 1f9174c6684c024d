/** VMs are instances, one a request: each has its own client token, so that RunInstances may be sent again and makes no double. */
import { patiently, together } from '@cloud-barista/driver/concurrency';
import type { _InstanceType, Filter, Instance, InstanceStateName } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { CloudVm, VmRequest, Vms } from '@cloud-barista/driver/vms';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import type { Ec2 } from './ec2.ts';
import type { RootDevices } from './images.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { byToken, filter, nameOf, tokenIn, vmMarks } from './marks.ts';

const resource = 'vm';
const about = (name: string) => ({ resource, name }) as const;

/** "A filter takes at most 200 values" (EC2 User Guide, "Filter using the API"). */
const filterValues = 200;

/** `pending` is also what a started instance goes through; EC2 does not tell the two apart. */
const states = {
  pending: 'Creating',
  running: 'Running',
  stopping: 'Suspending',
  stopped: 'Suspended',
  'shutting-down': 'Terminating',
  terminated: 'Terminated',
} as const satisfies Record<InstanceStateName, VmState>;

export function toState(word: string | undefined): VmState {
  return word !== undefined && Object.hasOwn(states, word) ? states[word as InstanceStateName] : 'Undefined';
}

export function toVm(instance: Instance): CloudVm {
  const card = instance.NetworkInterfaces?.find(card => card.Attachment?.DeviceIndex === 0);
  // LaunchTime is that of the last start; the attachment's is that of the making ("Instance", EC2 API reference).
  const created = card?.Attachment?.AttachTime ?? instance.LaunchTime;
  return {
    id: cloudId(instance.InstanceId ?? ''),
    name: nameOf(instance),
    state: toState(instance.State?.Name),
    image: cloudId(instance.ImageId ?? ''),
    spec: cloudId(instance.InstanceType ?? ''),
    vpc: cloudId(instance.VpcId ?? ''),
    subnet: cloudId(instance.SubnetId ?? ''),
    securityGroups: (instance.SecurityGroups ?? []).map(group => cloudId(group.GroupId ?? '')),
    keyPair: cloudId(instance.KeyName ?? ''),
    zone: instance.Placement?.AvailabilityZone ?? '',
    publicIp: instance.PublicIpAddress ?? '',
    privateIp: instance.PrivateIpAddress ?? '',
    created: created?.toISOString() ?? '',
    ...tokenIn(instance),
  };
}

const describe = (ec2: Ec2, call: Call, Filters: Filter[], MaxResults?: number): Promise<Instance[]> =>
  ec2.all(
    call,
    'DescribeInstances',
    { ...(Filters.length > 0 && { Filters }), ...(MaxResults !== undefined && { MaxResults }) },
    { resource },
    out => out.Reservations?.flatMap(reservation => reservation.Instances ?? []),
  );

/** Those that carry the token and are not gone. */
export async function markedVms(ec2: Ec2, call: Call, token: Token): Promise<Instance[]> {
  return describe(ec2, call, [
    byToken(token),
    filter('instance-state-name', 'pending', 'running', 'stopping', 'stopped', 'shutting-down'),
  ]);
}

export async function readInstance(ec2: Ec2, call: Call, id: CloudId): Promise<Instance> {
  const { Reservations = [] } = await ec2.ask(call, 'DescribeInstances', { InstanceIds: [id] }, about(id));
  const instance = Reservations[0]?.Instances?.[0];
  if (!instance) throw new BaristaError('not_found', `There is no instance ${id} in ${ec2.region}.`);
  return instance;
}

export function createVms(ec2: Ec2, listings: Listings, rootDevices: RootDevices): Vms {
  async function rootDisk(call: Call, { image, rootDiskGb }: VmRequest) {
    if (rootDiskGb === undefined) return {};
    const DeviceName = await rootDevices(call, image);
    return {
      BlockDeviceMappings: [{ DeviceName, Ebs: { VolumeSize: rootDiskGb, DeleteOnTermination: true } }],
    };
  }

  return {
    async create(call, request) {
      const [standing] = call.again ? await markedVms(ec2, call, call.token) : [];
      if (standing) return toVm(standing);
      const input = {
        MinCount: 1,
        MaxCount: 1,
        ClientToken: call.token,
        ImageId: request.image,
        // The SDK's type lists the sizes of its day; the cloud's are strings.
        InstanceType: request.spec as string as _InstanceType,
        KeyName: request.keyPair,
        NetworkInterfaces: [
          {
            DeviceIndex: 0,
            SubnetId: request.subnet,
            Groups: request.securityGroups,
            AssociatePublicIpAddress: true,
            DeleteOnTermination: true,
          },
        ],
        ...(request.userData !== undefined && {
          UserData: Buffer.from(request.userData, 'utf8').toString('base64'),
        }),
        ...(await rootDisk(call, request)),
        TagSpecifications: vmMarks(request.name, call.token),
      };
      const { Instances = [] } = await ec2.ask(call, 'RunInstances', input, about(request.name));
      const [instance] = Instances;
      if (!instance) throw new BaristaError('unavailable', 'RunInstances answered without an instance.');
      ec2.born(instance.InstanceId ?? '');
      return toVm(instance);
    },
    list: call =>
      listings.page('vms', call, async () => {
        const here = ec2.zone === '' ? [] : [filter('availability-zone', ec2.zone)];
        return (await describe(ec2, call, here, 1000)).map(toVm);
      }),
    get: async (call, id) => toVm(await readInstance(ec2, call, id)),
    // By a filter, to which an unknown id is no error as it is in InstanceIds.
    async getMany(call, ids) {
      const found: CloudVm[] = [];
      const wanted = new Set<string>(ids);
      await patiently(
        call.signal,
        async () => {
          const left = [...wanted];
          const chunks = Array.from({ length: Math.ceil(left.length / filterValues) }, (_, chunk) =>
            left.slice(chunk * filterValues, (chunk + 1) * filterValues),
          );
          for (const instances of await together(
            chunks.map(chunk => describe(ec2, call, [filter('instance-id', ...chunk)])),
          ))
            for (const instance of instances)
              if (wanted.delete(instance.InstanceId ?? '')) found.push(toVm(instance));
          return wanted.size === 0 ? found : undefined;
        },
        () => [...wanted].some(id => ec2.isYoung(id)),
      );
      return found;
    },
    async suspend(call, id) {
      await ec2.ask(call, 'StopInstances', { InstanceIds: [id] }, about(id));
    },
    async resume(call, id) {
      await ec2.ask(call, 'StartInstances', { InstanceIds: [id] }, about(id));
    },
    async reboot(call, id) {
      await ec2.ask(call, 'RebootInstances', { InstanceIds: [id] }, about(id));
    },
    async terminate(call, id: CloudId) {
      try {
        await ec2.ask(call, 'TerminateInstances', { InstanceIds: [id] }, about(id));
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
      // Not before: what EC2 does not know yet would pass for terminated, and run on.
      ec2.gone(id);
    },
  };
}
