/** VPCs: a mark for the whole, a bridge network for each subnet. Networks of one engine never overlap: it refuses. */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudSubnet, CloudVpc, SubnetRequest, Vpcs } from '@cloud-barista/driver/vpcs';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { filters, type Engine } from './engine.ts';
import { isAbsent } from './errors.ts';
import { usersOf } from './key-pairs.ts';
import { cut, label, listMarks, makeMark, readMark, removeMark, tokenIn, type Mark } from './marks.ts';

interface Network {
  Id: string;
  Name: string;
  Labels: Record<string, string> | null;
  IPAM: { Config: { Subnet?: string }[] | null };
}

const subnetOf = (network: Network): CloudSubnet => ({
  id: cloudId(network.Name),
  name: network.Labels?.[label.subnet] ?? network.Name,
  cidr: network.IPAM.Config?.[0]?.Subnet ?? '',
  zone: '',
});

export function createVpcs(engine: Engine): Vpcs {
  const networks = (call: Call, vpc?: string) =>
    engine.ask<Network[]>(
      call,
      'GET',
      `/networks?${filters({ label: [vpc === undefined ? label.vpc : `${label.vpc}=${vpc}`] })}`,
      { resource: 'subnet' },
    );
  const shown = (mark: Mark, all: readonly Network[]): CloudVpc => ({
    id: cloudId(mark.name),
    name: mark.name,
    cidr: ((mark.data ?? {}) as { cidr?: string }).cidr ?? '',
    subnets: all
      .filter(network => network.Labels?.[label.vpc] === mark.name)
      .map(subnetOf)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...tokenIn(mark.token),
  });

  async function ensureSubnet(
    call: Call,
    vpc: string,
    token: string,
    request: SubnetRequest,
    standing: readonly Network[],
  ): Promise<CloudSubnet> {
    const there = standing.find(network => network.Labels?.[label.subnet] === request.name);
    if (there && there.Labels?.[label.token] === token) return subnetOf(there);
    if (there)
      throw new BaristaError('already_exists', `The VPC ${vpc} already has a subnet ${request.name}.`, {
        where: 'name',
      });
    const body = {
      Name: `${vpc}.${request.name}`,
      CheckDuplicate: true,
      Driver: 'bridge',
      IPAM: { Config: [{ Subnet: request.cidr }] },
      Labels: { [label.vpc]: vpc, [label.subnet]: request.name, [label.token]: token },
    };
    await engine.ask(call, 'POST', '/networks/create', { resource: 'subnet', name: request.name }, body);
    return { id: cloudId(body.Name), name: request.name, cidr: request.cidr, zone: '' };
  }

  async function requireUnused(call: Call, vpc: string): Promise<void> {
    const [user] = await usersOf(engine, call, 'vpc', vpc);
    if (user)
      throw new BaristaError(
        'failed_precondition',
        `The VPC ${vpc} is used by the container ${user.Id.slice(0, 12)}.`,
        { next: 'Terminate that VM first.' },
      );
  }
  const removeNetwork = (call: Call, name: string) =>
    engine
      .ask(call, 'DELETE', `/networks/${encodeURIComponent(name)}`, { resource: 'subnet', name })
      .catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });

  return {
    async create(call, { name, cidr, subnets }) {
      const mark = await makeMark(engine, call, 'vpc', { name, token: call.token, data: { cidr } });
      const standing = call.again ? await networks(call, name) : [];
      for (const subnet of subnets) await ensureSubnet(call, name, call.token, subnet, standing);
      return shown(mark, await networks(call, name));
    },
    async list(call) {
      const [marks, all] = await Promise.all([listMarks(engine, call, 'vpc'), networks(call)]);
      return cut(
        marks.map(mark => shown(mark, all)),
        vpc => vpc.id,
        call,
      );
    },
    async get(call, id) {
      return shown(await readMark(engine, call, 'vpc', id), await networks(call, id));
    },
    async delete(call, id) {
      await requireUnused(call, id);
      for (const network of await networks(call, id)) await removeNetwork(call, network.Name);
      await removeMark(engine, call, 'vpc', id);
    },
    async addSubnet(call, vpc, request) {
      await readMark(engine, call, 'vpc', vpc);
      return ensureSubnet(call, vpc, call.token, request, await networks(call, vpc));
    },
    async removeSubnet(call, vpc, subnet) {
      const there = (await networks(call, vpc)).find(network => network.Name === subnet);
      if (!there) return;
      const users = await usersOf(engine, call, 'vpc', vpc);
      if (users.some(({ Labels }) => Labels[label.subnet] === subnet))
        throw new BaristaError('failed_precondition', `The subnet ${subnet} is used by a container.`, {
          next: 'Terminate that VM first.',
        });
      await removeNetwork(call, subnet);
    },
  };
}
