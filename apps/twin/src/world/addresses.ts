/**
 * The Twin's public internet: addresses out of 127.64.0.0/10, so that every VM has one of its own on this very machine.
 * A released address rests behind all others before it is given out again, as in real clouds.
 */
import { formatAddress, parseAddress } from '@cloud-barista/model/cidr';

const first = (127 * 256 + 64) * 65536 + 1;
const size = 2 ** 22 - 2;

export interface Addresses {
  /** Undefined when all are taken. */
  allocate(): string | undefined;
  release(address: string): void;
  readonly taken: number;
}

export function createAddresses(): Addresses {
  let unused = 0;
  let taken = 0;
  let resting: number[] = [];
  let head = 0;
  return {
    allocate() {
      let value: number | undefined;
      if (unused < size) value = first + unused++;
      else if (head < resting.length) {
        value = resting[head++];
        if (head > 1024 && head * 2 > resting.length) {
          resting = resting.slice(head);
          head = 0;
        }
      }
      if (value === undefined) return undefined;
      taken++;
      return formatAddress(value);
    },
    release(address) {
      const value = parseAddress(address);
      if (value === undefined) return;
      taken--;
      resting.push(value);
    },
    get taken() {
      return taken;
    },
  };
}
