/**
 * Public addresses of one's own: elastic addresses (EIPs). A VM comes with an address that is the instance's and no EIP; ECS keeps it only
 * beside none, and takes it back when the instance's bandwidth is set to 0 ("Static public IP addresses"). That is one request
 * which leaves nothing behind, unlike ConvertNatPublicIpToEip, whose EIP would have to be found and released.
 */
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { Listings } from '@cloud-barista/driver/listing';
import type { PublicIps } from '@cloud-barista/driver/public-ips';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import { type Api, clientToken } from './api.ts';
import { type Eip, markedEips, readEip, readEips, toPublicIp } from './eips.ts';
import { says } from './errors.ts';
import { type Instance, readInstance } from './instances.ts';
import { description } from './marks.ts';
import { bandwidthOut } from './vms.ts';
import { patiently, whileRefused } from './wait.ts';
import { manyRounds, rounds } from './vswitches.ts';

const resource = 'public-ip';
const about = (name: string) => ({ resource, name }) as const;
const missing = (what: string, where: string) =>
  new BaristaError('not_found', `There is no ${what} in ${where}.`);

export function createPublicIps(api: Api, listings: Listings): PublicIps {
  const seenEip = (call: Call, id: string) => api.seen(call, id, () => readEip(api, call, id));
  const eipOf = async (call: Call, id: CloudId): Promise<Eip> => {
    const eip = await seenEip(call, id);
    if (eip) return eip;
    throw missing(`public address ${id}`, api.region);
  };

  /** ECS and VPC each have their own view of it: waits until both show it. */
  async function until(
    call: Call,
    id: CloudId,
    vm: CloudId,
    shown: (eip: Eip, instance: Instance | undefined) => boolean,
  ): Promise<void> {
    const done = await patiently(
      call.signal,
      async () => {
        const [eip, instance] = await together([readEip(api, call, id), readInstance(api, call, vm)]);
        return eip && shown(eip, instance) ? eip : undefined;
      },
      round => round < manyRounds,
    );
    if (!done)
      throw new BaristaError('unavailable', `VM ${vm} and address ${id} do not agree yet.`, {
        next: 'Try again: what is done already is left.',
      });
  }

  /** One that was taken from a VM a moment ago is Unassociating: before it is free no VM gives its first address up for it. */
  async function untilFree(call: Call, id: CloudId): Promise<void> {
    const free = await patiently(
      call.signal,
      async () => ((await readEip(api, call, id))?.Status === 'Available' ? true : undefined),
      round => round < rounds,
    );
    if (free) return;
    throw new BaristaError('failed_precondition', `${id} is not free.`, { next: 'Try again in a moment.' });
  }

  async function take(call: Call, id: string, vm: CloudId): Promise<void> {
    const parameters = { AllocationId: id, InstanceId: vm, InstanceType: 'EcsInstance' };
    try {
      await api.ask(call, 'vpc', 'UnassociateEipAddress', parameters, about(id));
    } catch (error) {
      // Perhaps it is on its way already: a request whose answer was lost.
      const now = await readEip(api, call, id);
      if (now && now.InstanceId === vm && now.Status === 'InUse') throw error;
    }
  }

  async function give(call: Call, id: CloudId, vm: CloudId): Promise<void> {
    const parameters = { AllocationId: id, InstanceId: vm, InstanceType: 'EcsInstance' };
    // The address that was taken away a moment ago may still count.
    const passes = (error: unknown) =>
      says(
        error,
        'EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP',
        'InstanceAlreadyHasEip',
        'IncorrectInstanceStatus',
      ) || hasCode(error, 'aborted');
    await whileRefused(call.signal, rounds, passes, async () => {
      try {
        await api.ask(call, 'vpc', 'AssociateEipAddress', parameters, about(id));
      } catch (error) {
        if (!hasCode(error, 'failed_precondition')) throw error;
        if ((await readEip(api, call, id))?.InstanceId !== vm) throw error;
      }
    });
  }

  return {
    async create(call, { name }) {
      const [standing] = call.again ? await markedEips(api, call, call.token) : [];
      if (standing) return toPublicIp(standing);
      const parameters = {
        Name: name,
        Description: description(call.token),
        InstanceChargeType: 'PostPaid',
        InternetChargeType: 'PayByTraffic',
        Bandwidth: bandwidthOut,
        ClientToken: clientToken(call.token, 'eip'),
      };
      const { AllocationId: id = '', EipAddress: address = '' } = await api.ask<{
        AllocationId?: string;
        EipAddress?: string;
      }>(call, 'vpc', 'AllocateEipAddress', parameters, about(name));
      api.born(id);
      return { id: cloudId(id), name, address, vm: '', token: call.token };
    },
    list: call =>
      listings.page('public-ips', call, async () => (await readEips(api, call, {})).map(toPublicIp)),
    get: async (call, id) => toPublicIp(await eipOf(call, id)),
    async delete(call, id) {
      api.gone(id);
      try {
        await api.ask(call, 'vpc', 'ReleaseEipAddress', { AllocationId: id }, about(id));
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    },
    async associate(call, id, vm) {
      const [eip, instance] = await together([
        eipOf(call, id),
        api.seen(call, vm, () => readInstance(api, call, vm)),
      ]);
      if (!instance) throw missing(`instance ${vm}`, api.region);
      if (eip.InstanceId && eip.InstanceId !== vm)
        throw new BaristaError('failed_precondition', `${id} is carried by ${eip.InstanceId}.`, {
          next: 'Dissociate it first.',
          cause: 'IncorrectEipStatus',
        });
      if (!eip.InstanceId) {
        await untilFree(call, id);
        const { AllocationId: other = '' } = instance.EipAddress ?? {};
        if (other !== '') await take(call, other, vm);
        if (instance.PublicIpAddress?.IpAddress?.[0])
          await api.ask(
            call,
            'ecs',
            'ModifyInstanceNetworkSpec',
            { InstanceId: vm, InternetMaxBandwidthOut: 0 },
            about(id),
          );
        await give(call, id, vm);
      }
      await until(
        call,
        id,
        vm,
        (now, it) => now.Status === 'InUse' && it?.EipAddress?.IpAddress === now.IpAddress,
      );
    },
    async dissociate(call, id, vm) {
      const { InstanceId } = await eipOf(call, id);
      if (InstanceId !== vm) return;
      await take(call, id, vm);
      await until(
        call,
        id,
        vm,
        (now, it) => now.InstanceId !== vm && it?.EipAddress?.IpAddress !== now.IpAddress,
      );
    },
  };
}
