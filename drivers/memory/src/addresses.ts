/** Pools of addresses: handed out upwards, given back ones first. */
import { formatAddress, type Cidr, cidrSize } from '@cloud-barista/model/cidr';

export interface AddressPool {
  /** Undefined when it is empty. */
  take(): string | undefined;
  give(address: string): void;
}

/** `first` and `last`: how many addresses at the block's ends are not handed out. */
export function createPool(block: Cidr, first: number, last: number): AddressPool {
  const free: string[] = [];
  let next = block.base + first;
  const end = block.base + cidrSize(block) - last;
  return {
    take: () => free.pop() ?? (next < end ? formatAddress(next++) : undefined),
    give: address => free.push(address),
  };
}
