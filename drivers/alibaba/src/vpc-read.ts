/** VPCs as the VPC API describes them. */
import type { Call } from '@cloud-barista/driver/call';
import type { Token } from '@cloud-barista/model/ids';
import type { Api } from './api.ts';
import { type Tagged, tokenOf } from './marks.ts';

const resource = 'vpc';

export interface Vpc extends Tagged {
  VpcId?: string;
  VpcName?: string;
  CidrBlock?: string;
  /** Pending, Available. */
  Status?: string;
  Description?: string;
}
interface Answer {
  TotalCount?: number;
  Vpcs?: { Vpc?: Vpc[] };
}

export const readVpcs = (api: Api, call: Call): Promise<Vpc[]> =>
  api.all<Answer, Vpc>(
    call,
    'vpc',
    'DescribeVpcs',
    {},
    { resource },
    {
      size: 50,
      pick: answer => answer.Vpcs?.Vpc,
      id: vpc => vpc.VpcId,
    },
  );

export async function readVpc(api: Api, call: Call, id: string): Promise<Vpc | undefined> {
  const about = { resource, name: id } as const;
  const { Vpcs } = await api.ask<Answer>(call, 'vpc', 'DescribeVpcs', { VpcId: id }, about);
  return Vpcs?.Vpc?.find(vpc => vpc.VpcId === id);
}

/** By their description, which DescribeVpcs does not filter by: so all are read. */
export const markedVpcs = async (api: Api, call: Call, token: Token): Promise<Vpc[]> =>
  (await readVpcs(api, call)).filter(vpc => tokenOf(vpc) === token);
