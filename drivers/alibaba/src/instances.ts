/** Instances as ECS describes them, and as ours. */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { type Api, type Parameters, time } from './api.ts';
import { markOf, marks, type Tagged } from './marks.ts';

const resource = 'vm';

export interface Instance extends Tagged {
  InstanceId?: string;
  InstanceName?: string;
  ImageId?: string;
  InstanceType?: string;
  KeyPairName?: string;
  ZoneId?: string;
  Status?: string;
  CreationTime?: string;
  /** Of the last start; "" before the first. */
  StartTime?: string;
  PublicIpAddress?: { IpAddress?: string[] };
  EipAddress?: { IpAddress?: string; AllocationId?: string };
  VpcAttributes?: {
    VpcId?: string;
    VSwitchId?: string;
    PrivateIpAddress?: { IpAddress?: string[] };
  };
  SecurityGroupIds?: { SecurityGroupId?: string[] };
}
interface Answer {
  TotalCount?: number;
  Instances?: { Instance?: Instance[] };
}

const states: Readonly<Record<string, VmState>> = {
  Pending: 'Creating',
  Running: 'Running',
  Stopping: 'Suspending',
  Stopped: 'Suspended',
};
/** Times are told by the minute: a first start is within these of the creation. */
const firstStartMs = 120_000;

/**
 * `Starting` is what a new instance goes through behind `Pending`, and a stopped one behind StartInstance: ECS has one word for both.
 * It is the first start where the instance never started, or did so when it was made.
 */
export function toState({ Status = '', CreationTime = '', StartTime = '' }: Instance): VmState {
  if (Status !== 'Starting')
    return Object.hasOwn(states, Status) ? (states[Status] ?? 'Undefined') : 'Undefined';
  const sinceCreation = Date.parse(StartTime) - Date.parse(CreationTime);
  return Number.isNaN(sinceCreation) || sinceCreation <= firstStartMs ? 'Creating' : 'Resuming';
}

export const toVm = (instance: Instance): CloudVm => ({
  id: cloudId(instance.InstanceId ?? ''),
  name: instance.InstanceName ?? '',
  state: toState(instance),
  image: cloudId(instance.ImageId ?? ''),
  spec: cloudId(instance.InstanceType ?? ''),
  vpc: cloudId(instance.VpcAttributes?.VpcId ?? ''),
  subnet: cloudId(instance.VpcAttributes?.VSwitchId ?? ''),
  securityGroups: (instance.SecurityGroupIds?.SecurityGroupId ?? []).map(cloudId),
  keyPair: cloudId(instance.KeyPairName ?? ''),
  zone: instance.ZoneId ?? '',
  publicIp: instance.PublicIpAddress?.IpAddress?.[0] || (instance.EipAddress?.IpAddress ?? ''),
  privateIp: instance.VpcAttributes?.PrivateIpAddress?.IpAddress?.[0] ?? '',
  created: time(instance.CreationTime),
  ...markOf(instance),
});

/** "PageSize: maximum 100"; so many ids a call, too. */
export const pageSize = 100;

export const readInstances = (api: Api, call: Call, parameters: Parameters): Promise<Instance[]> =>
  api.all<Answer, Instance>(
    call,
    'ecs',
    'DescribeInstances',
    parameters,
    { resource },
    {
      size: pageSize,
      pick: answer => answer.Instances?.Instance,
      id: instance => instance.InstanceId,
    },
  );

export async function readInstance(api: Api, call: Call, id: string): Promise<Instance | undefined> {
  const found = await readInstances(api, call, { InstanceIds: JSON.stringify([id]) });
  return found.find(instance => instance.InstanceId === id);
}

export const markedVms = (api: Api, call: Call, token: Token): Promise<Instance[]> =>
  readInstances(api, call, { Tag: marks(token) });
