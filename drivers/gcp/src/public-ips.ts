/**
 * Public addresses of one's own: the region's static external addresses ("addresses"). Labels "can only be added or modified by the
 * setLabels method", so the mark stands in the description, which the insert takes. How VMs carry them: access-configs.ts.
 */
import type { Call } from '@cloud-barista/driver/call';
import { backOff } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Listings } from '@cloud-barista/driver/listing';
import type { CloudPublicIp, PublicIps } from '@cloud-barista/driver/public-ips';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import { addConfig, dropConfig, readCard } from './access-configs.ts';
import { tail, type Api } from './api.ts';
import type { Operation } from './errors.ts';
import { describeMark, markOf, requestIds, shown } from './marks.ts';
import { change, insertsOf, lookTwice } from './pending.ts';
import { idAt, isPlace } from './places.ts';

interface Address {
  name?: string;
  description?: string;
  address?: string;
  addressType?: string;
  networkTier?: string;
  purpose?: string;
  /** Addresses of what carries it: an instance, a forwarding rule, a router. */
  users?: string[];
}
const fields = 'name,description,address,addressType,networkTier,purpose,users';
const collection = 'projects/{project}/regions/{region}/addresses';

/** Internal ones, and those that Cloud NAT reserves for itself (NAT_AUTO), are none for VMs. */
const isPublic = ({ addressType, purpose }: Address): boolean =>
  addressType !== 'INTERNAL' && purpose !== 'NAT_AUTO';

/** `…/zones/ZONE/instances/NAME`; "" for other users. */
function vmOf([user = '']: readonly string[] = []): CloudPublicIp['vm'] {
  const [, zone, name] = /\/zones\/([^/]+)\/instances\/([^/]+)$/.exec(user) ?? [];
  return zone === undefined || name === undefined ? '' : idAt(zone, name);
}

export function toPublicIp(address: Address): CloudPublicIp {
  const { name = '' } = address;
  return {
    id: cloudId(name),
    name,
    address: address.address ?? '',
    vm: vmOf(address.users),
    ...shown(markOf(address.description)),
  };
}

const refusal = (message: string): BaristaError =>
  new BaristaError('failed_precondition', message, {
    next: 'Look at it (barista public-ip get), and try again once no one carries it.',
    where: 'publicIp',
    cause: 'resourceInUseByAnotherResource',
  });

export function createPublicIps(
  api: Api,
  listings: Listings,
): PublicIps & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const about = (name: string) => ({ resource: 'public-ip', name, path: { name } }) as const;
  const read = ({ signal }: Call, name: string): Promise<Address> =>
    api.send<Address>(`GET ${collection}/{name}`, { ...about(name), query: { fields } }, signal);
  const readAll = async ({ signal }: Call): Promise<Address[]> => {
    const query = { fields: `items(${fields}),nextPageToken` };
    const all = await api.all<Address>(`GET ${collection}`, { resource: 'public-ip', query }, signal);
    return all.filter(isPublic);
  };

  const marked = (call: Call, token: Token): Promise<Address[]> =>
    lookTwice(api, call, async () => {
      const all = await readAll(call);
      const hidden = insertsOf('addresses', new Set(all.map(one => one.name ?? '')));
      const found = all.filter(one => markOf(one.description) === token);
      return { found, scope: { resource: 'public-ip', place: { region: api.settings.region }, hidden } };
    });

  /** What an address says of its users may come a moment later than what the instance says. */
  async function shows(call: Call, id: string, wanted: (vm: string) => boolean): Promise<void> {
    for (let round = 0; ; round++) {
      const found = await orAbsent(read(call, id));
      if (found === undefined || wanted(toPublicIp(found).vm)) return;
      await backOff(call.signal, round);
    }
  }

  return {
    async create(call, { name }) {
      const [standing] = call.again ? await marked(call, call.token) : [];
      if (standing?.address) return toPublicIp(standing);
      const body = { name, description: describeMark(call.token), addressType: 'EXTERNAL' };
      const query = { requestId: requestIds(call)('address') };
      const order = { resource: 'public-ip', name, body, query } as const;
      try {
        const operation = await api.send<Operation>(`POST ${collection}`, order, call.signal);
        await api.done(operation, { resource: 'public-ip', name }, call.signal);
      } catch (error) {
        if (!hasCode(error, 'already_exists')) throw error;
        if (markOf((await orAbsent(read(call, name)))?.description) !== call.token) throw error;
      }
      for (let round = 0; ; round++) {
        const made = toPublicIp(await read(call, name));
        if (made.address !== '') return made;
        await backOff(call.signal, round);
      }
    },

    list: call => listings.page('public-ips', call, async () => (await readAll(call)).map(toPublicIp)),

    async get(call, id) {
      const found = await read(call, id);
      if (isPublic(found)) return toPublicIp(found);
      throw new BaristaError('not_found', `${id} is no public address.`, {
        next: 'List them: barista public-ip list',
        where: 'publicIp',
      });
    },

    async delete(call, id) {
      await orAbsent(change(api, call, `DELETE ${collection}/{name}`, about(id)));
    },

    async associate(call, id, vm) {
      const { users = [], address: natIP = '', networkTier } = await read(call, id);
      const card = await readCard(api, call, vm);
      if (card.config?.natIP !== natIP) {
        if (users.length > 0) throw refusal(`Address ${id} is carried by ${vmOf(users) || tail(users[0])}.`);
        if (natIP === '') throw refusal(`Address ${id} is still being made.`);
        await dropConfig(api, call, card, id);
        try {
          await addConfig(api, call, card, id, { natIP, ...(networkTier !== undefined && { networkTier }) });
        } catch (error) {
          // Not left without any: Google gives it another, as at its beginning. What went wrong is what is told.
          if (card.config && !call.signal.aborted)
            await addConfig(api, call, card, id).catch(() => undefined);
          throw error;
        }
      }
      await shows(call, id, carrier => carrier === vm);
    },

    async dissociate(call, id, vm) {
      if (!isPlace(vm)) return;
      const found = await orAbsent(read(call, id));
      if (!found?.address) return;
      const card = await orAbsent(readCard(api, call, vm));
      if (card?.config?.natIP !== found.address) return;
      await dropConfig(api, call, card, id);
      await shows(call, id, carrier => carrier !== vm);
    },

    findMarked: async (call, token) => (await marked(call, token)).map(one => one.name ?? ''),
  };
}
