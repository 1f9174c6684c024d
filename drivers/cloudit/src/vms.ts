/**
 * VMs: Cloudit's servers. A server is made without a public address and without a key, in its groups and, beside them, in that of its key
 * pair, which lets SSH in. `complete` gives it an address, puts the key in place and takes it out of that group, in this order: so what is
 * left to do is told by the cloud itself, and another process can go on.
 */
import type { Call } from '@cloud-barista/driver/call';
import { each, pause } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Listings } from '@cloud-barista/driver/listing';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import type { Driver } from '@cloud-barista/driver/driver';
import type { Vms } from '@cloud-barista/driver/vms';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { giveAddress, releaseAddresses } from './adaptive-ips.ts';
import { width, type Api } from './api.ts';
import { findSnapshot, isSnapshot } from './custom-images.ts';
import { bringKey, rootPassword } from './door.ts';
import type { Nic, Server } from './fields.ts';
import { publicKeyOf } from './key-pairs.ts';
import { describeServer, originOf, stateOf, vmOf } from './servers.ts';
import { addressOfSubnet } from './vpcs.ts';

/** How long a released address may hinder the end of its server. */
const lettingGoMs = 20_000;
const napMs = 500;
/** Up to so many are read one by one; more cost fewer requests by the list. */
const few = 4;

export async function findServer(api: Api, call: Call, token: Token): Promise<Server | undefined> {
  const servers = await api.list<Server>(call, 'ace', 'servers', 'vm');
  return servers.find(server => originOf(server)?.token === token);
}

export const showServer = (api: Api, call: Call, id: string): Promise<Server> =>
  api.ask<Server>(call, 'GET', 'ace', 'servers/{id}', { resource: 'vm', name: id, path: { id } });

export function createVms(api: Api, listings: Listings, driver: Pick<Driver, 'name' | 'capabilities'>): Vms {
  const all = (call: Call) => api.list<Server>(call, 'ace', 'servers', 'vm');

  /** Doing what is done, or under way, succeeds: Cloudit refuses it. */
  async function order(
    call: Call,
    id: CloudId,
    verb: 'start' | 'shutdown' | 'reboot',
    done: readonly VmState[],
  ): Promise<void> {
    const path = {
      start: 'servers/{id}/start',
      shutdown: 'servers/{id}/shutdown',
      reboot: 'servers/{id}/reboot',
    };
    try {
      await api.ask(call, 'POST', 'ace', path[verb], { resource: 'vm', name: id, path: { id } });
    } catch (error) {
      if (!hasCode(error, 'failed_precondition')) throw error;
      if (!done.includes(stateOf(await showServer(api, call, id)))) throw error;
    }
  }

  /** Those of its interfaces that are still in the group of its key pair, each with its groups. */
  async function lockedNics(
    call: Call,
    id: string,
    keyPair: string,
  ): Promise<{ mac: string; groups: string[] }[]> {
    const about = { resource: 'vm', name: id, path: { id } } as const;
    const nics = await api.ask<Nic[] | null>(call, 'GET', 'ace', 'servers/{id}/nics', about);
    return (nics ?? [])
      .map(({ mac, secgroupMapInfo }) => ({
        mac,
        groups: (secgroupMapInfo ?? []).map(group => group.secgroup_id),
      }))
      .filter(({ groups }) => groups.includes(keyPair));
  }

  async function setGroups(call: Call, id: string, mac: string, groups: string[]): Promise<void> {
    const body = { secgroups: groups.map(group => ({ id: group })) };
    const about = { resource: 'vm', name: id, path: { id, mac }, body } as const;
    await api.ask(call, 'PUT', 'ace', 'servers/{id}/nic/{mac}/securitygroup', about);
  }

  return {
    async create(call, request) {
      if (request.userData !== undefined) requireCapability(driver, 'vm.userData');
      if (request.rootDiskGb !== undefined) requireCapability(driver, 'vm.rootDisk');
      const left = call.again ? await findServer(api, call, call.token) : undefined;
      if (left) return vmOf(left);
      const { name, image, spec, subnet, securityGroups, keyPair } = request;
      const [clusterId, subnetAddr, snapshot] = await Promise.all([
        api.cluster(call),
        addressOfSubnet(api, call, subnet),
        isSnapshot(image) ? findSnapshot(api, call, image) : undefined,
      ]);
      const body = {
        templateId: snapshot ? (snapshot.templateId ?? '') : image,
        ...(snapshot && { snapshotId: snapshot.id }),
        specId: spec,
        name,
        hostName: name,
        rootPassword: rootPassword(api.settings.token, call.token),
        subnetAddr,
        secgroups: [...new Set([...securityGroups, keyPair])].map(id => ({ id })),
        description: describeServer(call.token, request),
        protection: 0,
        clusterId,
      };
      return vmOf(await api.ask<Server>(call, 'POST', 'ace', 'servers', { resource: 'vm', name, body }));
    },

    async complete(call, id) {
      const server = await showServer(api, call, id);
      const vm = vmOf(server);
      if (vm.publicIp !== '') return vm;
      if (vm.state !== 'Running')
        throw new BaristaError('failed_precondition', `The VM ${server.name} is ${vm.state}, not Running.`);
      const publicIp = server.adaptiveIp || (await giveAddress(api, call, server));
      const origin = originOf(server);
      const locked = origin ? await lockedNics(call, id, origin.keyPair) : [];
      if (!origin || locked.length === 0) return { ...vm, publicIp };
      const publicKey = await publicKeyOf(api, call, origin.keyPair);
      await bringKey(api, call, { vm: server.name, address: publicIp, token: origin.token, publicKey });
      for (const { mac, groups } of locked)
        await setGroups(
          call,
          id,
          mac,
          groups.filter(group => group !== origin.keyPair),
        );
      return { ...vm, publicIp };
    },

    list: call => listings.page('vms', call, async () => (await all(call)).map(vmOf)),
    get: async (call, id) => vmOf(await showServer(api, call, id)),
    async getMany(call, ids) {
      if (ids.length <= few) {
        const servers = await each(ids, width, id => orAbsent(showServer(api, call, id)));
        return servers.flatMap(server => (server ? [vmOf(server)] : []));
      }
      const wanted = new Set<string>(ids);
      return (await all(call)).filter(server => wanted.has(server.id)).map(vmOf);
    },

    suspend: (call, id) => order(call, id, 'shutdown', ['Suspending', 'Suspended']),
    resume: (call, id) => order(call, id, 'start', ['Resuming', 'Running']),
    reboot: (call, id) => order(call, id, 'reboot', ['Rebooting']),

    /** The address first: Cloudit keeps a server that has one. */
    async terminate(call, id) {
      const server = await orAbsent(showServer(api, call, id));
      if (!server || ending.has(stateOf(server))) return;
      await releaseAddresses(api, call, server);
      const about = { resource: 'vm', name: id, path: { id } } as const;
      const end = performance.now() + lettingGoMs;
      for (;;)
        try {
          await orAbsent(api.ask(call, 'DELETE', 'ace', 'servers/{id}', about));
          return;
        } catch (error) {
          if (!hasCode(error, 'failed_precondition')) throw error;
          // Somebody else ended it meanwhile, or its address is still being taken away.
          const now = await orAbsent(showServer(api, call, id));
          if (!now || ending.has(stateOf(now))) return;
          if (performance.now() > end) throw error;
          await pause(napMs, call.signal);
        }
    },
  };
}

const ending: ReadonlySet<VmState> = new Set(['Terminating', 'Terminated']);
