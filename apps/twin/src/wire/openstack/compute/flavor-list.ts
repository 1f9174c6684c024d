/** The flavors that the cloud comes with: the names and sizes that most OpenStack clouds have, and some with GPUs. */
import { stableUuid } from '../text.ts';

export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  /** MiB. */
  readonly ram: number;
  /** GiB. */
  readonly disk: number;
  readonly extraSpecs: Readonly<Record<string, string>>;
}

const flavor = (
  id: string,
  name: string,
  vcpus: number,
  ram: number,
  disk: number,
  extraSpecs: Flavor['extraSpecs'] = {},
): Flavor => ({ id: id === '' ? stableUuid(`flavor/${name}`) : id, name, vcpus, ram, disk, extraSpecs });

/** The five m1 have the ids 1 to 5 since Nova's first releases. */
export const flavors: readonly Flavor[] = [
  flavor('1', 'm1.tiny', 1, 512, 1),
  flavor('2', 'm1.small', 1, 2048, 20),
  flavor('3', 'm1.medium', 2, 4096, 40),
  flavor('4', 'm1.large', 4, 8192, 80),
  flavor('5', 'm1.xlarge', 8, 16_384, 160),
  flavor('', 'c1.small', 2, 2048, 20, { 'hw:cpu_policy': 'shared' }),
  flavor('', 'c1.medium', 4, 4096, 40, { 'hw:cpu_policy': 'shared' }),
  flavor('', 'c1.large', 8, 8192, 80, { 'hw:cpu_policy': 'dedicated' }),
  flavor('', 'c1.xlarge', 16, 16_384, 160, { 'hw:cpu_policy': 'dedicated' }),
  flavor('', 'r1.medium', 2, 16_384, 40),
  flavor('', 'r1.large', 4, 32_768, 80),
  // A whole card by its alias (nova.conf [pci] alias), or a slice of one (Nova admin guide, "Attaching virtual GPU devices to guests").
  flavor('', 'g1.gpu', 8, 65_536, 160, { 'pci_passthrough:alias': 'a100:1', 'hw:cpu_policy': 'dedicated' }),
  flavor('', 'g1.gpu.2', 16, 131_072, 160, {
    'pci_passthrough:alias': 'a100:2',
    'hw:cpu_policy': 'dedicated',
    'hw:pci_numa_affinity_policy': 'preferred',
  }),
  flavor('', 'g2.gpu', 8, 32_768, 80, { 'pci_passthrough:alias': 't4:1' }),
  flavor('', 'v1.vgpu', 4, 16_384, 80, { 'resources:VGPU': '1', 'trait:CUSTOM_NVIDIA_A40_8Q': 'required' }),
  flavor('', 'v1.vgpu.large', 8, 32_768, 80, {
    'resources:VGPU': '1',
    'trait:CUSTOM_NVIDIA_A40_24Q': 'required',
  }),
];

export const flavorById: ReadonlyMap<string, Flavor> = new Map(flavors.map(each => [each.id, each]));
