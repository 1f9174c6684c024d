/** Address blocks as Microsoft.Network reads and refuses them. */
import { formatAddress, parseAddress, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import { badRequest } from '../errors.ts';

/** A bare address is a block of its own; bits behind the prefix don't matter. */
export function looseCidr(text: string): Cidr | undefined {
  const [address = '', length = '32', rest] = text.split('/');
  const base = parseAddress(address);
  const prefix = Number(length);
  if (rest !== undefined || base === undefined || !/^\d{1,2}$/.test(length) || prefix > 32) return undefined;
  return { base: base - (base % 2 ** (32 - prefix)), prefix };
}

export function readBlock(text: string, id: string): Cidr {
  const block = tryCidr(text);
  if (block) return block;
  const loose = text.includes('/') ? looseCidr(text) : undefined;
  throw loose
    ? badRequest(
        'InvalidCIDRNotation',
        `The address prefix ${text} in resource ${id} has an invalid CIDR notation. For the given prefix length, the address prefix should be ${formatAddress(loose.base)}/${loose.prefix}.`,
      )
    : badRequest(
        'InvalidAddressPrefixFormat',
        `Address prefix ${text.slice(0, 64)} of resource ${id} is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24.`,
      );
}
