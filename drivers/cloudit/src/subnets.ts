/** Subnets: blocks of /22 that Cloudit offers, in the tenant's one network. Deleted by address, so first looked up by id. */
import type { Call } from '@cloud-barista/driver/call';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { CloudSubnet, SubnetRequest } from '@cloud-barista/driver/vpcs';
import { overlaps, tryCidr } from '@cloud-barista/model/cidr';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import type { Api } from './api.ts';
import type { SubnetRecord } from './fields.ts';
import { describeMark, forgotten, markOf } from './marks.ts';

type Block = Pick<SubnetRecord, 'addr' | 'prefix'>;
const cidrOf = ({ addr, prefix }: Block): string => `${addr}/${prefix}`;

export const subnetOf = (record: SubnetRecord): CloudSubnet => ({
  id: cloudId(record.id),
  name: record.name,
  cidr: cidrOf(record),
  zone: '',
});

export const readSubnets = (api: Api, call: Call): Promise<SubnetRecord[]> =>
  api.list<SubnetRecord>(call, 'dna', 'subnets', 'subnet');

export const vpcOf = (record: SubnetRecord): string | undefined => markOf('subnet', record)?.rest[0];

/** A free block that lies in the one asked for, or holds it; else any: the last, for others begin at the first. */
export function chooseBlock<B extends Block>(free: readonly B[], asked: string): B | undefined {
  const wanted = tryCidr(asked);
  const near = (block: B) => {
    const cidr = tryCidr(cidrOf(block));
    return wanted !== undefined && cidr !== undefined && overlaps(wanted, cidr);
  };
  return free.find(near) ?? free.at(-1);
}

/** Others may take the same block in the same moment. */
const tries = 20;

export async function makeSubnet(
  api: Api,
  call: Call,
  vpc: string,
  token: Token,
  { name, cidr }: SubnetRequest,
): Promise<SubnetRecord> {
  for (let attempt = 1; ; attempt++) {
    const free = await api.list<Block>(call, 'dna', 'subnets/creatable', 'subnet');
    const block = chooseBlock(free, cidr);
    if (!block)
      throw new BaristaError('resource_exhausted', 'Cloudit has no free block left for a subnet.', {
        next: 'Delete subnets that are not used.',
        where: 'subnets',
      });
    const description = describeMark('subnet', token, vpc);
    const { addr, prefix } = block;
    const body = { name, addr, prefix: String(prefix), gateway: '', protection: 0, description };
    try {
      const made = await api.ask<SubnetRecord>(call, 'POST', 'dna', 'subnets', {
        resource: 'subnet',
        name,
        body,
      });
      if (made.description === description) return made;
      await deleteSubnet(api, call, made);
      throw forgotten();
    } catch (error) {
      if (attempt >= tries || !hasCode(error, 'already_exists')) throw error;
    }
  }
}

export async function deleteSubnet(
  api: Api,
  call: Call,
  { addr, name }: Pick<SubnetRecord, 'addr' | 'name'>,
): Promise<void> {
  const about = { resource: 'subnet', name, path: { addr } } as const;
  await orAbsent(api.ask(call, 'DELETE', 'dna', 'subnets/{addr}', about));
}
