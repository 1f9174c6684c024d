/**
 * What Compute Engine asks in us-central1, in US dollars as published in 2024 ("VM instance pricing", "GPU pricing", "Disk and image
 * pricing"); other regions' are these times the region's factor (regions.ts), and Spot's a share of them, which in truth changes from
 * month to month. Plausible prices to reckon with, no quotation.
 */
export interface Family {
  /** As SKUs name it: `<words> Core running in Americas`. */
  readonly words: string;
  /** As commitments name it: `Commitment v1: <short> Cpu in Americas for 1 Year`. */
  readonly short: string;
  /** Of a vCPU and of a GiB of memory, an hour. */
  readonly core: number;
  readonly ram: number;
  /** `N1Standard` of both, where they aren't CPU and RAM. */
  readonly group?: string;
  /** Whether it has custom machine types; their premium is 5 %. */
  readonly custom?: string;
  /** A machine type of it, by whose zones the regions go that have it. */
  readonly like: string;
}

export const families: readonly Family[] = [
  {
    words: 'E2 Instance',
    short: 'E2',
    core: 0.02181159,
    ram: 0.00292353,
    custom: 'E2 Custom Instance',
    like: 'e2-medium',
  },
  {
    words: 'N1 Predefined Instance',
    short: 'N1',
    core: 0.031611,
    ram: 0.004237,
    group: 'N1Standard',
    custom: 'Custom Instance',
    like: 'n1-standard-1',
  },
  {
    words: 'N2 Instance',
    short: 'N2',
    core: 0.031611,
    ram: 0.004237,
    custom: 'N2 Custom Instance',
    like: 'n2-standard-2',
  },
  {
    words: 'N2D AMD Instance',
    short: 'N2D AMD',
    core: 0.027502,
    ram: 0.003686,
    custom: 'N2D AMD Custom Instance',
    like: 'n2d-standard-2',
  },
  {
    words: 'Compute optimized',
    short: 'Compute optimized',
    core: 0.03398,
    ram: 0.00455,
    like: 'c2-standard-4',
  },
  { words: 'C2D AMD Instance', short: 'C2D AMD', core: 0.029563, ram: 0.003959, like: 'c2d-standard-2' },
  { words: 'C3 Instance', short: 'C3', core: 0.03398, ram: 0.00456, like: 'c3-standard-4' },
  { words: 'C3D Instance', short: 'C3D', core: 0.029563, ram: 0.003959, like: 'c3d-standard-4' },
  { words: 'T2D AMD Instance', short: 'T2D AMD', core: 0.027502, ram: 0.003686, like: 't2d-standard-1' },
  { words: 'T2A Arm Instance', short: 'T2A Arm', core: 0.02516, ram: 0.003335, like: 't2a-standard-1' },
  {
    words: 'Memory-optimized Instance',
    short: 'Memory-optimized',
    core: 0.0348,
    ram: 0.0051,
    like: 'm1-ultramem-40',
  },
  {
    words: 'M3 Memory-optimized Instance',
    short: 'M3 Memory-optimized',
    core: 0.0348,
    ram: 0.0051,
    like: 'm3-ultramem-32',
  },
  { words: 'A2 Instance', short: 'A2', core: 0.031611, ram: 0.004237, like: 'a2-highgpu-1g' },
  { words: 'A3 Instance', short: 'A3', core: 0.02929, ram: 0.00255, like: 'a3-highgpu-8g' },
  { words: 'G2 Instance', short: 'G2', core: 0.024988, ram: 0.002927, like: 'g2-standard-4' },
];

/** The types of a shared core that have a price of their own; E2's are a part of E2's cores. */
export const sharedCores = [
  { words: 'Micro Instance with burstable CPU', group: 'F1Micro', price: 0.0076, spot: 0.46 },
  { words: 'Small Instance with 1 VCPU', group: 'G1Small', price: 0.0257, spot: 0.27 },
] as const;

/** By accelerator type: its words, and its price an hour. */
export const gpus: Readonly<Record<string, { words: string; price: number }>> = {
  'nvidia-tesla-t4': { words: 'Nvidia Tesla T4 GPU', price: 0.35 },
  'nvidia-tesla-p4': { words: 'Nvidia Tesla P4 GPU', price: 0.6 },
  'nvidia-tesla-p100': { words: 'Nvidia Tesla P100 GPU', price: 1.46 },
  'nvidia-tesla-v100': { words: 'Nvidia Tesla V100 GPU', price: 2.48 },
  'nvidia-l4': { words: 'Nvidia L4 GPU', price: 0.56004 },
  'nvidia-tesla-a100': { words: 'Nvidia Tesla A100 GPU', price: 2.933908 },
  'nvidia-a100-80gb': { words: 'Nvidia Tesla A100 80GB GPU', price: 3.92808 },
  'nvidia-h100-80gb': { words: 'Nvidia H100 80GB GPU', price: 9.796558 },
};

/** GiB a month. */
export const storage = [
  { words: 'Storage PD Capacity', group: 'PDStandard', price: 0.04 },
  { words: 'Balanced PD Capacity', group: 'SSD', price: 0.1 },
  { words: 'SSD backed PD Capacity', group: 'SSD', price: 0.17 },
  { words: 'Extreme PD Capacity', group: 'SSD', price: 0.125 },
  { words: 'Storage PD Snapshot', group: 'PDSnapshot', price: 0.05 },
  { words: 'Storage Image', group: 'StorageImage', price: 0.05 },
] as const;

/** Of the price on demand. */
export const spotShare = 0.3;
export const commitments = {
  Commit1Yr: { share: 0.63, words: '1 Year' },
  Commit3Yr: { share: 0.45, words: '3 Years' },
} as const;
export const customShare = 1.05;

/** Units of each currency for a US dollar; the billing account's currency is converted at a rate of the month. */
export const currencies: Readonly<Record<string, number>> = {
  USD: 1,
  AUD: 1.52,
  BRL: 5.1,
  CAD: 1.36,
  CHF: 0.9,
  CNY: 7.2,
  EUR: 0.92,
  GBP: 0.79,
  HKD: 7.8,
  IDR: 16_000,
  INR: 83.4,
  JPY: 155,
  KRW: 1360,
  MXN: 17,
  NZD: 1.66,
  SEK: 10.8,
  SGD: 1.35,
  TWD: 32.3,
};
