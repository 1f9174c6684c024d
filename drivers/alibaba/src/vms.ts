/** VMs are instances, paid by use, one a request: each has its own client token, so that RunInstances may be sent again and makes no double. */
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { CloudVm, VmRequest, Vms } from '@cloud-barista/driver/vms';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { type Api, clientToken, notShown } from './api.ts';
import { says } from './errors.ts';
import { type Instance, markedVms, pageSize, readInstances, toVm } from './instances.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { marks } from './marks.ts';
import { patiently, whileRefused } from './wait.ts';
import { manyRounds } from './vswitches.ts';

const resource = 'vm';
const about = (name: string) => ({ resource, name }) as const;

/** Mbit/s outbound: above 0 it brings a public address. Paid by traffic, so that the width itself costs nothing. */
export const bandwidthOut = 5;

/** Letters, digits and single hyphens, 2 to 63 ("RunInstances", HostName); undefined leaves it to ECS. */
export function hostName(name: string): string | undefined {
  const host = name
    .replace(/[^A-Za-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return host.length >= 2 ? host : undefined;
}

export function createVms(api: Api, listings: Listings): Vms {
  /** Types of the first generations, which do not go with ESSDs: theirs is the kind that ECS takes by itself. */
  const withoutEssd = new Set<string>();

  const describe = async (call: Call, ids: readonly string[]): Promise<Instance[]> => {
    if (ids.length === 0) return [];
    const chunks = Array.from({ length: Math.ceil(ids.length / pageSize) }, (_, chunk) =>
      ids.slice(chunk * pageSize, (chunk + 1) * pageSize),
    );
    const found = await together(
      chunks.map(chunk => readInstances(api, call, { InstanceIds: JSON.stringify(chunk) })),
    );
    return found.flat();
  };

  /** Those that exist; what was made moments ago is waited for. */
  async function known(call: Call, ids: readonly string[]): Promise<Instance[]> {
    const found: Instance[] = [];
    const wanted = new Set<string>(ids);
    await patiently(
      call.signal,
      async () => {
        for (const instance of await describe(call, [...wanted]))
          if (wanted.delete(instance.InstanceId ?? '')) found.push(instance);
        return wanted.size === 0 ? found : undefined;
      },
      () => [...wanted].some(id => api.isYoung(id)),
    );
    return found;
  }

  async function run(call: CreateCall, request: VmRequest): Promise<string> {
    const Category = withoutEssd.has(request.spec) ? undefined : 'cloud_essd';
    const parameters = {
      Amount: 1,
      ClientToken: clientToken(call.token, `vm ${Category ?? ''}`),
      InstanceChargeType: 'PostPaid',
      InstanceName: request.name,
      HostName: hostName(request.name),
      ImageId: request.image,
      InstanceType: request.spec,
      VSwitchId: request.subnet,
      SecurityGroupIds: request.securityGroups,
      KeyPairName: request.keyPair,
      InternetChargeType: 'PayByTraffic',
      InternetMaxBandwidthOut: bandwidthOut,
      SystemDisk: { Size: request.rootDiskGb, Category },
      UserData:
        request.userData === undefined ? undefined : Buffer.from(request.userData, 'utf8').toString('base64'),
      Tag: marks(call.token),
    };
    try {
      const { InstanceIdSets } = await api.ask<{ InstanceIdSets?: { InstanceIdSet?: string[] } }>(
        call,
        'ecs',
        'RunInstances',
        parameters,
        about(request.name),
      );
      const [id] = InstanceIdSets?.InstanceIdSet ?? [];
      if (id !== undefined) return id;
    } catch (error) {
      // The newer types go with ESSDs alone, and not with what ECS takes by itself; so those come first. Nothing was made.
      if (Category === undefined || !says(error, 'InvalidSystemDiskCategory', 'InvalidDiskCategory'))
        throw error;
      withoutEssd.add(request.spec);
      return run(call, request);
    }
    throw new BaristaError('unavailable', 'RunInstances answered without an instance.');
  }

  return {
    async create(call, request) {
      const [standing] = call.again ? await markedVms(api, call, call.token) : [];
      if (standing) return toVm(standing);
      const id = await run(call, request);
      api.born(id);
      const [instance] = await known(call, [id]);
      if (instance) return toVm(instance);
      throw notShown('Instance', id);
    },
    list: call =>
      listings.page('vms', call, async () =>
        (await readInstances(api, call, { ZoneId: api.zone || undefined })).map(toVm),
      ),
    async get(call, id) {
      const [instance] = await known(call, [id]);
      if (!instance) throw new BaristaError('not_found', `There is no instance ${id} in ${api.region}.`);
      return toVm(instance);
    },
    getMany: async (call, ids): Promise<CloudVm[]> => (await known(call, ids)).map(toVm),
    async suspend(call, id) {
      // An economical stop would give the public address back: KeepCharging keeps it ("StopInstance", StoppedMode).
      const parameters = { InstanceId: id, StoppedMode: 'KeepCharging' };
      await api.ask(call, 'ecs', 'StopInstance', parameters, about(id));
    },
    async resume(call, id) {
      await api.ask(call, 'ecs', 'StartInstance', { InstanceId: id }, about(id));
    },
    async reboot(call, id) {
      await api.ask(call, 'ecs', 'RebootInstance', { InstanceId: id }, about(id));
    },
    async terminate(call, id: CloudId) {
      api.gone(id);
      // "Force" releases a running instance; one that is still being made is refused until it is there.
      const early = (error: unknown) => says(error, 'IncorrectInstanceStatus') || hasCode(error, 'aborted');
      try {
        await whileRefused(call.signal, manyRounds, early, () =>
          api.ask(call, 'ecs', 'DeleteInstance', { InstanceId: id, Force: true }, about(id)),
        );
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    },
  };
}
