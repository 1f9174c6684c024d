/** Elastic addresses as the VPC API describes them, and as ours. */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudPublicIp } from '@cloud-barista/driver/public-ips';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import type { Api, Parameters } from './api.ts';
import { tokenOf, withToken } from './marks.ts';

const resource = 'public-ip';

export interface Eip {
  AllocationId?: string;
  IpAddress?: string;
  Name?: string;
  /** Associating, Unassociating, InUse, Available, Releasing. */
  Status?: string;
  /** What carries it; "" while nothing does. */
  InstanceId?: string;
  /** EcsInstance, or Nat, SlbInstance, HaVip, NetworkInterface … */
  InstanceType?: string;
  Description?: string;
  /** So "DescribeEipAddresses" spells it. */
  Descritpion?: string;
}
interface Answer {
  TotalCount?: number;
  EipAddresses?: { EipAddress?: Eip[] };
}

const markOfEip = ({ Description, Descritpion }: Eip): Token | undefined =>
  tokenOf({ Description: Description || (Descritpion ?? '') });

export const toPublicIp = (eip: Eip): CloudPublicIp => ({
  id: cloudId(eip.AllocationId ?? ''),
  name: eip.Name ?? '',
  address: eip.IpAddress ?? '',
  vm: (eip.InstanceType || 'EcsInstance') === 'EcsInstance' ? cloudId(eip.InstanceId ?? '') : '',
  ...withToken(markOfEip(eip)),
});

/** "PageSize: at most 100". */
export const readEips = (api: Api, call: Call, parameters: Parameters): Promise<Eip[]> =>
  api.all<Answer, Eip>(
    call,
    'vpc',
    'DescribeEipAddresses',
    parameters,
    { resource },
    { size: 100, pick: answer => answer.EipAddresses?.EipAddress, id: eip => eip.AllocationId },
  );

export const readEip = async (api: Api, call: Call, id: string): Promise<Eip | undefined> =>
  (await readEips(api, call, { AllocationId: id })).find(eip => eip.AllocationId === id);

/** By their description, which DescribeEipAddresses does not filter by: so all are read. */
export const markedEips = async (api: Api, call: Call, token: Token): Promise<Eip[]> =>
  (await readEips(api, call, {})).filter(eip => markOfEip(eip) === token);
