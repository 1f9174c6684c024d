/**
 * VPCs with their VSwitches. No gateway: an instance reaches the internet, and is reached, by a public address of its own, which it
 * gets with its outbound bandwidth (vms.ts). Source: "Create and manage a VPC", "Internet access for VPCs".
 */
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { CloudSubnet, CloudVpc, VpcRequest, Vpcs } from '@cloud-barista/driver/vpcs';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { type Api, clientToken } from './api.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { description, tokenOf, withToken } from './marks.ts';
import { deleteVpc } from './vpc-delete.ts';
import { markedVpcs, readVpc, readVpcs, type Vpc } from './vpc-read.ts';
import {
  deleteVSwitch,
  findOurs,
  makeVSwitch,
  manyRounds,
  readVSwitches,
  toSubnet,
  untilAvailable,
  type VSwitch,
} from './vswitches.ts';
import { patiently } from './wait.ts';
import type { Zones } from './zones.ts';

const resource = 'vpc';

const byName = (a: CloudSubnet, b: CloudSubnet) =>
  a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1;

const toVpc = (vpc: Vpc, vswitches: readonly VSwitch[]): CloudVpc => ({
  id: cloudId(vpc.VpcId ?? ''),
  name: vpc.VpcName ?? '',
  cidr: vpc.CidrBlock ?? '',
  subnets: vswitches.map(toSubnet).sort(byName),
  ...withToken(tokenOf(vpc)),
});

export function createVpcs(api: Api, listings: Listings, zones: Zones): Vpcs {
  /** "CreateVpc": the VPC is Pending at first, and nothing can be made in it before it is Available. */
  async function untilReady(call: Call, id: string): Promise<Vpc> {
    const vpc = await patiently(
      call.signal,
      async () => {
        const now = await readVpc(api, call, id);
        return now?.Status === 'Pending' ? undefined : now;
      },
      round => round < manyRounds,
    );
    if (vpc) return vpc;
    throw new BaristaError('unavailable', `VPC ${id} did not become Available within a minute.`, {
      next: 'Try again: what stands is found and completed.',
    });
  }

  async function makeVpc(call: CreateCall, { name, cidr }: VpcRequest): Promise<string> {
    const parameters = {
      CidrBlock: cidr,
      VpcName: name,
      Description: description(call.token),
      ClientToken: clientToken(call.token, 'vpc'),
    };
    const { VpcId = '' } = await api.ask<Vpc>(call, 'vpc', 'CreateVpc', parameters, { resource, name });
    api.born(VpcId);
    return VpcId;
  }

  return {
    async create(call, request) {
      const [standing] = call.again ? await markedVpcs(api, call, call.token) : [];
      const id = standing?.VpcId ?? (await makeVpc(call, request));
      const vpc = await untilReady(call, id);
      const has = standing ? await readVSwitches(api, call, id) : [];
      const ids: string[] = [];
      for (const want of request.subnets)
        ids.push(
          findOurs(has, call.token, want.cidr)?.VSwitchId ?? (await makeVSwitch(api, zones, call, id, want)),
        );
      return toVpc(vpc, await untilAvailable(api, call, id, ids));
    },
    list: call =>
      listings.page('vpcs', call, async () => {
        const [vpcs, vswitches] = await together([readVpcs(api, call), readVSwitches(api, call)]);
        const byVpc = Map.groupBy(vswitches, vswitch => vswitch.VpcId);
        return vpcs.map(vpc => toVpc(vpc, byVpc.get(vpc.VpcId) ?? []));
      }),
    async get(call, id) {
      const [vpc, vswitches] = await together([
        api.seen(call, id, () => readVpc(api, call, id)),
        readVSwitches(api, call, id),
      ]);
      if (!vpc) throw new BaristaError('not_found', `There is no VPC ${id} in ${api.region}.`);
      return toVpc(vpc, vswitches);
    },
    delete: (call, id) => deleteVpc(api, call, id),
    async addSubnet(call, vpc, request) {
      const standing = call.again
        ? findOurs(await readVSwitches(api, call, vpc), call.token, request.cidr)
        : undefined;
      const id = standing?.VSwitchId ?? (await makeVSwitch(api, zones, call, vpc, request));
      const [ready = { VSwitchId: id, VSwitchName: request.name, CidrBlock: request.cidr }] =
        await untilAvailable(api, call, vpc, [id]);
      return toSubnet(ready);
    },
    removeSubnet: (call, _vpc, subnet) => deleteVSwitch(api, call, subnet),
  };
}
