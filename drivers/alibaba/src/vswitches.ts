/** VSwitches, our subnets: each in one zone. Made one after the other, for a VPC takes one such change at a time. */
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import type { CloudSubnet, SubnetRequest } from '@cloud-barista/driver/vpcs';
import { hasCode } from '@cloud-barista/model/errors';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import { type Api, clientToken } from './api.ts';
import { says } from './errors.ts';
import { description, tokenOf } from './marks.ts';
import { patiently, whileRefused } from './wait.ts';
import type { Zones } from './zones.ts';

const resource = 'subnet';

export interface VSwitch {
  VSwitchId?: string;
  VSwitchName?: string;
  VpcId?: string;
  CidrBlock?: string;
  ZoneId?: string;
  /** Pending, Available. */
  Status?: string;
  Description?: string;
}
interface Answer {
  TotalCount?: number;
  VSwitches?: { VSwitch?: VSwitch[] };
}

/** What ends by itself: the VPC, or another VSwitch in it, is still changing. */
export const changing = (error: unknown): boolean =>
  hasCode(error, 'aborted') ||
  says(error, 'IncorrectVpcStatus', 'IncorrectVSwitchStatus', 'IncorrectStatus', 'InvalidStatus');

/** About ten seconds' patience. */
export const rounds = 10;
/** About a minute's. */
export const manyRounds = 40;

export const toSubnet = (vswitch: VSwitch): CloudSubnet => ({
  id: cloudId(vswitch.VSwitchId ?? ''),
  name: vswitch.VSwitchName ?? '',
  cidr: vswitch.CidrBlock ?? '',
  zone: vswitch.ZoneId ?? '',
});

/** Those of one VPC, or of the region. */
export const readVSwitches = (api: Api, call: Call, VpcId?: string): Promise<VSwitch[]> =>
  api.all<Answer, VSwitch>(
    call,
    'vpc',
    'DescribeVSwitches',
    { VpcId },
    { resource, ...(VpcId !== undefined && { name: VpcId }) },
    { size: 50, pick: answer => answer.VSwitches?.VSwitch, id: vswitch => vswitch.VSwitchId },
  );

export const findOurs = (vswitches: readonly VSwitch[], token: Token, cidr: string): VSwitch | undefined =>
  vswitches.find(vswitch => tokenOf(vswitch) === token && vswitch.CidrBlock === cidr);

/** Returns the new VSwitch's id. */
export async function makeVSwitch(
  api: Api,
  zones: Zones,
  call: CreateCall,
  VpcId: string,
  { name, cidr, zone }: SubnetRequest,
): Promise<string> {
  const parameters = {
    VpcId,
    ZoneId: zone || (await zones.choose(call)),
    CidrBlock: cidr,
    VSwitchName: name,
    Description: description(call.token),
    ClientToken: clientToken(call.token, `vswitch ${VpcId} ${cidr}`),
  };
  const { VSwitchId = '' } = await whileRefused(call.signal, rounds, changing, () =>
    api.ask<VSwitch>(call, 'vpc', 'CreateVSwitch', parameters, { resource, name }),
  );
  api.born(VSwitchId);
  return VSwitchId;
}

/** A VSwitch is Pending at first; instances want it Available. In the order of `ids`. */
export async function untilAvailable(
  api: Api,
  call: Call,
  vpc: string,
  ids: readonly string[],
): Promise<VSwitch[]> {
  if (ids.length === 0) return [];
  let last: VSwitch[] = [];
  const ready = await patiently(
    call.signal,
    async () => {
      const all = new Map((await readVSwitches(api, call, vpc)).map(one => [one.VSwitchId, one]));
      last = ids.flatMap(id => all.get(id) ?? []);
      const done = last.length === ids.length && last.every(one => one.Status !== 'Pending');
      return done ? last : undefined;
    },
    round => round < manyRounds,
  );
  return ready ?? last;
}

export async function deleteVSwitch(api: Api, call: Call, id: string): Promise<void> {
  api.gone(id);
  try {
    await whileRefused(call.signal, rounds, changing, () =>
      api.ask(call, 'vpc', 'DeleteVSwitch', { VSwitchId: id }, { resource, name: id }),
    );
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
  }
}
